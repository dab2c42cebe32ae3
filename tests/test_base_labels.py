"""The parameter `labels` on the taggers, and on tools of scikit-learn around them."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.ensemble import StackingClassifier
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    cross_val_predict,
    cross_val_score,
    learning_curve,
)
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MultiLabelBinarizer

import skmultitext
from skmultitext import (
    CalibratedTaggerCV,
    FixedThresholdTagger,
    HierarchicalTagger,
    MultilabelLogisticRegression,
    TfidfLogRegTagger,
    TfidfLogRegTaggerCV,
    TunedThresholdTaggerCV,
)
from skmultitext.exceptions import LabelError
from skmultitext.feature_extraction import TfidfVectorizer
from skmultitext.metrics import get_scorer
from skmultitext.model_selection import MultilabelStratifiedKFold

pd = pytest.importorskip("pandas", reason="y may be a DataFrame")

TEXTS = ["refund my lamp", "my parcel is late", "late lamp, refund please", "hello there"] * 6
SETS = [["refund"], ["delivery"], ["delivery", "refund"], []] * 6
LABELS = ["refund", "spam", "delivery"]
Y = np.array([[1, 0, 0], [0, 0, 1], [1, 0, 1], [0, 0, 0]] * 6)

# each label occurs in one fold of three, so that the model of every fold learns two labels
BY_TURNS = [["a"], []] * 4 + [["b"], []] * 4 + [["c"], []] * 4
TURNS = ["c", "b", "a"]


@pytest.mark.parametrize("y", [SETS, Y, sp.csr_matrix(Y), pd.DataFrame(Y, columns=LABELS)])
@pytest.mark.parametrize(
    "tagger", [TfidfLogRegTagger(labels=LABELS), TfidfLogRegTaggerCV([10.0], labels=LABELS, cv=2)]
)
def test_every_form_of_y_gives_the_same_model(tagger, y):
    tagger = clone(tagger).fit(TEXTS, y)
    assert tagger.label_names_.tolist() == LABELS
    expected = clone(tagger).set_params(labels=None).fit(TEXTS, SETS)  # delivery, refund
    proba = tagger.predict_proba(TEXTS)
    np.testing.assert_array_equal(proba[:, [2, 0]], expected.predict_proba(TEXTS))
    np.testing.assert_array_equal(tagger.decision_function(TEXTS)[:, 1], -16.0)
    assert tagger.n_iter_[1] == 0
    assert tagger.predict_labels(TEXTS[:3]) == [("refund",), ("delivery",), ("refund", "delivery")]
    assert tagger.score(TEXTS, SETS) == 1.0


def test_the_order_of_y_gives_the_model_without_names():
    X = TfidfVectorizer().fit_transform(TEXTS)
    named = MultilabelLogisticRegression(labels=["delivery", "refund"]).fit(X, SETS)
    unnamed = MultilabelLogisticRegression().fit(X, SETS)
    np.testing.assert_array_equal(named.coef_, unnamed.coef_)
    np.testing.assert_array_equal(named.intercept_, unnamed.intercept_)


def test_an_error_leaves_the_fitted_tagger_as_it_was():
    tagger = TfidfLogRegTagger(labels=LABELS).fit(TEXTS, SETS)
    expected = tagger.predict_proba(TEXTS)
    for labels, message in [("spam", "labels is 'spam'; pass a list"), (["spam"], r"y\[0\] holds")]:
        with pytest.raises(LabelError, match=message):
            tagger.set_params(labels=labels).fit(TEXTS, SETS)
        np.testing.assert_array_equal(tagger.predict_proba(TEXTS), expected)


def test_thresholds_and_class_weights_are_by_these_names():
    tagger = TfidfLogRegTagger(
        labels=LABELS, threshold={"spam": 0.1}, class_weight={"delivery": 2.0}
    ).fit(TEXTS, SETS)
    assert tagger.thresholds_.tolist() == [0.5, 0.1, 0.5]
    other = TfidfLogRegTagger(class_weight={"delivery": 2.0}).fit(TEXTS, SETS)
    np.testing.assert_array_equal(tagger.coef_[2], other.coef_[0])


def test_the_names_survive_clones_pickles_and_files(tmp_path):
    tagger = TfidfLogRegTagger(labels=np.array(LABELS)).fit(TEXTS, SETS)
    assert clone(tagger).fit(TEXTS, SETS).label_names_.tolist() == LABELS
    skmultitext.save(tagger, tmp_path / "model")
    for copied in (pickle.loads(pickle.dumps(tagger)), skmultitext.load(tmp_path / "model")):
        assert list(copied.labels) == LABELS
        np.testing.assert_array_equal(copied.predict(TEXTS), tagger.predict(TEXTS))


def test_partial_fit_takes_the_names_as_classes():
    X = TfidfVectorizer().fit_transform(TEXTS)
    tagger = MultilabelLogisticRegression(labels=LABELS)
    other = MultilabelLogisticRegression()
    for part in (slice(0, 2), slice(2, 24)):
        tagger.partial_fit(X[part], SETS[part])
        other.partial_fit(X[part], SETS[part], classes=LABELS)
    assert tagger.label_names_.tolist() == LABELS
    np.testing.assert_array_equal(tagger.predict_proba(X), other.predict_proba(X))
    with pytest.raises(LabelError, match=r"classes is \['refund'\], but the parameter labels is"):
        MultilabelLogisticRegression(labels=LABELS).partial_fit(X, SETS, classes=["refund"])


@pytest.mark.filterwarnings("ignore::skmultitext.exceptions.RareLabelWarning")  # no "spam"
@pytest.mark.parametrize(
    "wrap",
    [
        lambda tagger: TunedThresholdTaggerCV(tagger, cv=2),
        lambda tagger: CalibratedTaggerCV(tagger, cv=2),
        lambda tagger: FixedThresholdTagger(tagger, threshold=0.5),
        lambda tagger: HierarchicalTagger(tagger, {}),
        lambda tagger: FixedThresholdTagger(make_pipeline(tagger), threshold=0.5),
        lambda tagger: FixedThresholdTagger(CalibratedTaggerCV(tagger, cv=2), threshold=0.5),
    ],
)
@pytest.mark.parametrize("y", [SETS, Y, pd.DataFrame(Y[:, ::-1], columns=LABELS[::-1])])
def test_taggers_around_others_take_over_their_names(wrap, y):
    outer = wrap(TfidfLogRegTagger(labels=LABELS)).fit(TEXTS, y)
    assert outer.label_names_.tolist() == LABELS
    proba = outer.predict_proba(TEXTS)
    assert (proba[:, 1] < 0.1).all()
    assert (proba[0::4, 0] > 0.5).all()
    assert (proba[1::4, 2] > 0.5).all()


def test_one_label_is_passed_on_as_a_column():
    y = [["refund"], [], ["refund"], []] * 6
    for outer in (
        TunedThresholdTaggerCV(TfidfLogRegTagger(labels=["refund"]), cv=2),
        CalibratedTaggerCV(TfidfLogRegTagger(labels=["refund"]), cv=2),
    ):
        assert outer.fit(TEXTS, y).predict_labels(TEXTS[:2]) == [("refund",), ()]


def test_one_label_at_a_time_is_refused():
    X = TfidfVectorizer().fit_transform(TEXTS)
    outer = MultiOutputClassifier(MultilabelLogisticRegression(labels=LABELS))
    with pytest.raises(
        LabelError, match="labels names the columns of y, but this y is a plain bin"
    ):
        outer.fit(X, Y)


def test_folds_that_lack_labels_have_the_same_columns():
    # without `labels` the columns are b, c, then a, c, then a, b, and scikit-learn joins them
    folds = {"cv": KFold(3), "method": "predict"}
    joined = cross_val_predict(TfidfLogRegTagger(), TEXTS, BY_TURNS, **folds)
    assert joined.shape == (24, 2)
    tagger = TfidfLogRegTagger(labels=TURNS)
    predicted = cross_val_predict(tagger, TEXTS, BY_TURNS, **folds)
    expected = np.zeros((24, 3), dtype=np.int64)
    for train, test in KFold(3).split(TEXTS):
        texts, sets = [TEXTS[i] for i in train], [BY_TURNS[i] for i in train]
        fold = TfidfLogRegTagger().fit(texts, sets)
        columns = [TURNS.index(name) for name in fold.label_names_]
        expected[np.ix_(test, columns)] = fold.predict([TEXTS[i] for i in test])
    np.testing.assert_array_equal(predicted, expected)


INDICATOR = MultiLabelBinarizer(classes=TURNS).fit_transform(BY_TURNS)
FORMS = {
    "label sets": BY_TURNS,
    "array": INDICATOR,
    "DataFrame": pd.DataFrame(INDICATOR, columns=TURNS),
}
FOLDS, OURS = KFold(3), MultilabelStratifiedKFold(3)


def _stack(tagger):
    final = MultilabelLogisticRegression(labels=tagger.labels)
    return StackingClassifier([("tagger", tagger)], final, cv=FOLDS)


TOOLS = {
    "cross_val_predict": lambda t, y: cross_val_predict(t, TEXTS, y, cv=FOLDS),
    "predict_proba": lambda t, y: cross_val_predict(t, TEXTS, y, cv=FOLDS, method="predict_proba"),
    "cross_val_score": lambda t, y: cross_val_score(
        t, TEXTS, y, cv=OURS, scoring=get_scorer("f1_micro")
    ),
    "GridSearchCV": lambda t, y: GridSearchCV(t, {"C": [1, 10]}, cv=OURS).fit(TEXTS, y),
    "learning_curve": lambda t, y: learning_curve(
        t, TEXTS, y, cv=FOLDS, train_sizes=[4, 8], scoring=get_scorer("f1_micro")
    ),
    "StackingClassifier": lambda t, y: _stack(t).fit(TEXTS, y).predict(TEXTS),
    "cv=3": lambda t, y: cross_val_score(t, TEXTS, y, cv=3),
}
# the table of docs/user_guide/labels.rst
REFUSED = {
    ("predict_proba", "label sets"): "inhomogeneous",
    ("cv=3", "label sets"): "legacy multi-label data representation",
    ("StackingClassifier", "label sets"): "legacy multi-label data representation",
    ("StackingClassifier", "DataFrame"): "y should be a 1d array",
}


@pytest.mark.filterwarnings("ignore::skmultitext.exceptions.RareLabelWarning")
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("tool", TOOLS)
def test_which_forms_of_y_the_tools_of_scikit_learn_take(tool, form):
    tagger = TfidfLogRegTagger(labels=TURNS)
    if (tool, form) in REFUSED:
        with pytest.raises(ValueError, match=REFUSED[tool, form]):
            TOOLS[tool](tagger, FORMS[form])
        return
    found = TOOLS[tool](tagger, FORMS[form])
    if isinstance(found, np.ndarray) and found.ndim == 2:
        assert found.shape == (24, 3)
    elif isinstance(found, GridSearchCV):
        assert found.best_estimator_.label_names_.tolist() == TURNS


def test_numbers_as_labels_can_have_the_order_of_numbers():
    y = [[10, 2], [2], [], [1]] * 6
    with pytest.raises(LabelError, match="look like label indices") as error:
        TfidfLogRegTagger().fit(TEXTS, y)
    remedy = str(error.value).split("labels=")[1].rstrip(".")
    labels = eval(remedy, {"y": y})
    tagger = TfidfLogRegTagger(labels=labels).fit(TEXTS, [[str(i) for i in row] for row in y])
    assert tagger.label_names_.tolist() == ["1", "2", "10"]
    with pytest.raises(
        LabelError,
        match=r"y\[1\] holds 2 of type int; label names must be str\. .*"
        r"unless the tagger gets labels=\[str\(i\) for i in sorted\(\.\.\.\)\]",
    ):
        TfidfLogRegTagger().fit(TEXTS[:2], [["a"], [2]])


def test_with_a_hierarchy_the_names_include_ancestors():
    y = [["mail/late"], ["mail/lost"], []] * 8
    labels = ["mail/lost", "mail", "mail/late"]
    outer = HierarchicalTagger(TfidfLogRegTagger(labels=labels), "/").fit(TEXTS, y)
    assert outer.label_names_.tolist() == labels
    with pytest.raises(LabelError, match="y has the column 'mail', which is not in labels"):
        HierarchicalTagger(TfidfLogRegTagger(labels=labels[::2]), "/").fit(TEXTS, y)


def test_a_tagger_in_a_search_gives_its_names():
    search = GridSearchCV(TfidfLogRegTagger(labels=LABELS), {"C": [1, 10]}, cv=FOLDS)
    outer = FixedThresholdTagger(search, threshold=0.5).fit(TEXTS, SETS)
    assert outer.label_names_.tolist() == LABELS
