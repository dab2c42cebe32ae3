"""The guide's table of scikit-learn's tools and forms of y: every entry is run."""

import re
from pathlib import Path

import pytest
import scipy.sparse as sp
from libraries import pd
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    permutation_test_score,
    train_test_split,
    validation_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skmultitext import MultilabelLogisticRegression, TfidfLogRegTagger
from skmultitext.metrics import get_scorer
from skmultitext.model_selection import MultilabelStratifiedKFold

PAGE = Path(__file__).parents[1] / "docs" / "user_guide" / "searching.rst"
TAGGER, LINEAR = TfidfLogRegTagger(loss="log_loss"), MultilabelLogisticRegression()
CV = MultilabelStratifiedKFold(3)
OURS = {"cv": CV, "scoring": get_scorer("f1_micro")}
STRICT = OURS | {"error_score": "raise"}
PLAIN = {"cv": 3, "scoring": "f1_micro", "error_score": "raise"}
GRID = {"C": [1.0, 10.0]}
HALVING = STRICT | {"random_state": 0}


def features(texts):
    return TfidfVectorizer().fit_transform(texts)


# a row of the table -> what it does; a row of two tools runs both
TOOLS = {
    "``train_test_split``": [train_test_split],
    "``make_pipeline``": [lambda X, y: make_pipeline(FunctionTransformer(), TAGGER).fit(X, y)],
    "``cross_validate``, ``cross_val_score``": [
        lambda X, y: cross_validate(TAGGER, X, y, **STRICT),
        lambda X, y: cross_val_score(TAGGER, X, y, **STRICT),
    ],
    '``cross_validate(cv=3, scoring="f1_micro")``': [
        lambda X, y: cross_validate(TAGGER, X, y, **PLAIN)
    ],
    "``cross_val_predict``": [lambda X, y: cross_val_predict(TAGGER, X, y, cv=CV)],
    "``cross_val_predict(cv=3)``": [lambda X, y: cross_val_predict(TAGGER, X, y, cv=3)],
    "``cross_val_predict`` of probabilities": [
        lambda X, y: cross_val_predict(TAGGER, X, y, cv=CV, method="predict_proba")
    ],
    "``GridSearchCV``, ``RandomizedSearchCV``": [
        lambda X, y: GridSearchCV(TAGGER, GRID, **STRICT).fit(X, y),
        lambda X, y: RandomizedSearchCV(TAGGER, GRID, n_iter=2, **STRICT).fit(X, y),
    ],
    '``GridSearchCV(cv=3, scoring="f1_micro")``': [
        lambda X, y: GridSearchCV(TAGGER, GRID, **PLAIN).fit(X, y)
    ],
    "``HalvingGridSearchCV(min_resources=40)``": [
        lambda X, y: HalvingGridSearchCV(TAGGER, GRID, min_resources=40, **HALVING).fit(X, y)
    ],
    "``HalvingGridSearchCV``": [
        lambda X, y: HalvingGridSearchCV(TAGGER, GRID, **HALVING).fit(X, y)
    ],
    "``learning_curve``, ``validation_curve``": [
        lambda X, y: learning_curve(TAGGER, X, y, train_sizes=[0.5, 1.0], **STRICT),
        lambda X, y: validation_curve(
            TAGGER, X, y, param_name="C", param_range=[1.0, 10.0], **STRICT
        ),
    ],
    "``permutation_test_score``": [
        lambda X, y: permutation_test_score(TAGGER, X, y, n_permutations=2, **OURS)
    ],
    "``StackingClassifier``": [
        lambda X, y: StackingClassifier([("tagger", TAGGER)], LINEAR, cv=CV).fit(X, y)
    ],
    "``MultiOutputClassifier``": [lambda X, y: MultiOutputClassifier(TAGGER).fit(X, y)],
    "``OneVsRestClassifier``": [lambda X, y: OneVsRestClassifier(TAGGER).fit(X, y)],
    "``ClassifierChain``, on features": [lambda X, y: ClassifierChain(LINEAR).fit(features(X), y)],
    "``VotingClassifier``, ``BaggingClassifier``": [
        lambda X, y: VotingClassifier([("tagger", TAGGER)]).fit(X, y),
        lambda X, y: BaggingClassifier(LINEAR, 2).fit(features(X), y),
    ],
}
ERRORS = (ValueError, TypeError, IndexError, NotImplementedError)  # scikit-learn raises all four


def rows():
    """Tools of the table, each with what it does with label sets, an array and a sparse matrix."""
    table = PAGE.read_text(encoding="utf-8").partition("runs every entry")[2]
    found = re.findall(r"^(``.*?)\s{2,}(\w+)\s{2,}(\w+.*?)\s{2,}(\w+)$", table, re.M)
    return {tool: entries for tool, *entries in found}


@pytest.fixture(scope="module")
def forms(tickets):
    y = tickets.target[:120]
    return {
        "sets": [tickets.label_sets[:120]],
        "array": [y, lambda: pd.DataFrame(y, columns=tickets.target_names)],
        "sparse": [sp.csr_array(y)],
    }


def test_the_table_lists_these_tools():
    assert list(rows()) == list(TOOLS)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::skmultitext.exceptions.AbsentLabelWarning")
@pytest.mark.filterwarnings("ignore::skmultitext.exceptions.RareLabelWarning")
@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_does_what_the_table_says(tool, tickets, forms):
    texts = list(tickets.data[:120])
    for entry, form in zip(rows()[tool], forms, strict=True):
        for y in forms[form]:
            y = y() if callable(y) else y
            works = entry == "works" or (entry == "works: an array" and not hasattr(y, "columns"))
            for run in TOOLS[tool]:
                if works:
                    run(texts, y)
                else:
                    with pytest.raises(ERRORS):
                        run(texts, y)
