"""The guide's table of scikit-learn's tools and unknown labels: every row is run."""

import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import RFE, SelectFromModel, SequentialFeatureSelector
from sklearn.inspection import permutation_importance
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_validate,
    learning_curve,
    permutation_test_score,
    train_test_split,
    validation_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmultitext import MultilabelLogisticRegression
from skmultitext.metrics import get_scorer
from skmultitext.model_selection import MultilabelStratifiedKFold

PAGE = Path(__file__).parents[1] / "docs" / "user_guide" / "labels.rst"
TAGGER = MultilabelLogisticRegression()
OURS = {"cv": MultilabelStratifiedKFold(3), "scoring": get_scorer("f1_micro")}
STRICT = OURS | {"error_score": "raise"}
GRID = {"C": [0.1, 1.0]}

TOOLS = {
    "``train_test_split``": lambda X, y: train_test_split(X, y),
    "``make_pipeline``": lambda X, y: make_pipeline(StandardScaler(), TAGGER).fit(X, y),
    "``cross_validate``": lambda X, y: cross_validate(TAGGER, X, y, **STRICT),
    "``cross_validate(cv=5)``": lambda X, y: cross_validate(TAGGER, X, y, **STRICT | {"cv": 5}),
    '``cross_validate(scoring="f1_micro")``': lambda X, y: cross_validate(
        TAGGER, X, y, **STRICT | {"scoring": "f1_micro"}
    ),
    "``cross_val_predict``": lambda X, y: cross_val_predict(TAGGER, X, y, cv=OURS["cv"]),
    "``cross_val_predict`` of probabilities": lambda X, y: cross_val_predict(
        TAGGER, X, y, cv=OURS["cv"], method="predict_proba"
    ),
    "``GridSearchCV``": lambda X, y: GridSearchCV(TAGGER, GRID, **STRICT).fit(X, y),
    "``RandomizedSearchCV``": lambda X, y: RandomizedSearchCV(TAGGER, GRID, n_iter=2, **STRICT).fit(
        X, y
    ),
    "``HalvingGridSearchCV``": lambda X, y: HalvingGridSearchCV(TAGGER, GRID, **STRICT).fit(X, y),
    "``learning_curve``": lambda X, y: learning_curve(TAGGER, X, y, **STRICT),
    "``validation_curve``": lambda X, y: validation_curve(
        TAGGER, X, y, param_name="C", param_range=[0.1, 1.0], **STRICT
    ),
    "``permutation_test_score``": lambda X, y: permutation_test_score(
        TAGGER, X, y, n_permutations=2, **OURS
    ),
    "``permutation_importance``": lambda X, y: permutation_importance(
        MultilabelLogisticRegression().fit(X, y), X, y, scoring=OURS["scoring"], n_repeats=2
    ),
    "``SelectFromModel``": lambda X, y: SelectFromModel(TAGGER).fit(X, y),
    "``SequentialFeatureSelector``": lambda X, y: SequentialFeatureSelector(
        TAGGER, n_features_to_select=1, **OURS
    ).fit(X[:, :3], y),
    "``RFE``": lambda X, y: RFE(TAGGER).fit(X, y),
    "``StackingClassifier``": lambda X, y: StackingClassifier(
        [("tagger", TAGGER)], TAGGER, cv=OURS["cv"]
    ).fit(X, y),
    "``VotingClassifier``": lambda X, y: VotingClassifier([("tagger", TAGGER)]).fit(X, y),
    "``BaggingClassifier``": lambda X, y: BaggingClassifier(TAGGER, 2).fit(X, y),
    "``MultiOutputClassifier``": lambda X, y: MultiOutputClassifier(TAGGER).fit(X, y),
    "``OneVsRestClassifier``": lambda X, y: OneVsRestClassifier(TAGGER).fit(X, y),
    "``ClassifierChain``": lambda X, y: ClassifierChain(TAGGER).fit(X, y),
}


def rows():
    """Tools of the table, each with what the table says."""
    table = PAGE.read_text(encoding="utf-8").partition("runs every row")[2]
    return dict(re.findall(r"^(``.*?)\s{2,}((?:works|error).*)$", table, re.M))


@pytest.fixture(scope="module")
def partly():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 6))
    y = (X[:, :3] + rng.normal(size=(90, 3)) > 0).astype(float)
    unknown = rng.random(y.shape) < 0.3
    unknown[np.arange(90), rng.integers(0, 3, 90)] = False
    y[unknown] = np.nan
    return X, y


def test_the_table_lists_these_tools():
    assert list(rows()) == list(TOOLS)


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::skmultitext.exceptions.AbsentLabelWarning")
@pytest.mark.filterwarnings("ignore::skmultitext.exceptions.RareLabelWarning")
def test_a_tool_does_what_the_table_says(tool, partly):
    if rows()[tool].startswith("works"):
        TOOLS[tool](*partly)
    else:
        with pytest.raises(ValueError, match=r"NaN|1d array|holds 2"):
            TOOLS[tool](*partly)
