"""Pipelines that tag text with scikit-learn alone."""

from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline


def one_vs_rest():
    return make_pipeline(
        TfidfVectorizer(), OneVsRestClassifier(LogisticRegression(solver="liblinear"))
    )


def forest():
    return make_pipeline(TfidfVectorizer(), RandomForestClassifier(20))
