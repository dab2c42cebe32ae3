"""Estimators of many kinds, scikit-learn's and ours, to be wrapped."""

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmultitext import MultilabelLogisticRegression

one_vs_rest = OneVsRestClassifier(LogisticRegression())
ESTIMATORS = [
    MultilabelLogisticRegression(),
    MultilabelLogisticRegression(threshold=0.9),
    one_vs_rest,
    RandomForestClassifier(20, random_state=0),
    ExtraTreesClassifier(20, random_state=0),
    KNeighborsClassifier(),
    MLPClassifier((8,), solver="lbfgs", max_iter=50, tol=0.1, random_state=0),
    MultiOutputClassifier(LogisticRegression()),
    ClassifierChain(LogisticRegression()),
    DummyClassifier(),
    make_pipeline(StandardScaler(), one_vs_rest),
    GridSearchCV(MultilabelLogisticRegression(), {"C": [0.1, 1]}, cv=KFold(2)),
]


def name(estimator):
    return type(estimator).__name__


def positive_proba(estimator, X):
    """Probabilities (n, L) of any estimator, read independently of the package."""
    proba = estimator.predict_proba(X)
    return np.column_stack([p[:, 1] for p in proba]) if isinstance(proba, list) else proba
