"""Which labels a fitted estimator knows; later labels are read by their names."""

import numpy as np
import pytest
import scipy.sparse as sp
from libraries import pd
from sklearn.ensemble import StackingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skmultitext import (
    CalibratedTaggerCV,
    FixedThresholdTagger,
    MultilabelLogisticRegression,
    TfidfLogRegTagger,
    TunedThresholdTaggerCV,
)
from skmultitext._meta.known_labels import (
    encode_for,
    find_label_names,
    known_labels,
    one_label_space,
    order_of_columns,
    prefit_estimator,
)
from skmultitext.exceptions import LabelError

LOGISTIC = LogisticRegression()


class Named:
    label_names_ = ["a", "b"]


class Holder:
    def __init__(self, **inner):
        vars(self).update(inner)


def test_label_names_are_found_behind_wrappers():
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    pipeline.steps[-1] = ("tagger", Named())
    for estimator in (
        Named(),
        pipeline,
        Holder(best_estimator_=pipeline),
        Holder(estimator_=Holder(best_estimator_=Named())),
        Holder(final_estimator_=Named()),
        FrozenEstimator(Named()),
        FrozenEstimator(FrozenEstimator(pipeline)),
    ):
        assert find_label_names(estimator).tolist() == ["a", "b"]
    assert find_label_names(LOGISTIC) is None
    assert find_label_names(make_pipeline(LOGISTIC)) is None


def test_positions_are_no_names(four_labels):
    X, y = four_labels
    tagger = MultilabelLogisticRegression().fit(X, y)
    assert tagger.label_names_.tolist() == ["0", "1", "2", "3"]
    assert find_label_names(tagger) is None
    assert find_label_names(Holder(label_names_=["0", "1"])) is None
    frame = pd.DataFrame(y, columns=list("dcba"))
    assert find_label_names(MultilabelLogisticRegression().fit(X, frame)).tolist() == list("dcba")
    codes = np.array(["ham", "spam"])[y[:, 0]]
    assert find_label_names(MultilabelLogisticRegression().fit(X, codes)).tolist() == ["spam"]
    assert find_label_names(MultilabelLogisticRegression().fit(X, y[:, 0])) is None


def test_a_stack_has_no_names_but_the_codes_of_a_1d_y(four_labels):
    X, y = four_labels
    base = [("tagger", MultilabelLogisticRegression())]
    stack = StackingClassifier(base, KNeighborsClassifier(), cv=2).fit(X, y)
    assert known_labels(stack).label_names.tolist() == ["0", "1", "2", "3"]
    assert find_label_names(stack) is None
    stack = StackingClassifier(base, MultilabelLogisticRegression(), cv=2)
    stack.fit(X, np.array(["ham", "spam"])[y[:, 0]])
    assert known_labels(stack).codes.tolist() == [["ham", "spam"]]


def test_one_label_space_reads_classes():
    assert one_label_space(np.array(["no", "yes"])).encode(["yes", "yes"]).tolist() == [[1], [1]]
    assert one_label_space(np.array([1, 0])).codes.tolist() == [[0, 1]]
    for classes in (np.array([0]), None, [np.array([0, 1]), np.array([0])]):
        assert one_label_space(classes) is None


def test_what_a_fit_keeps():
    tagger = TfidfLogRegTagger()
    frozen = FrozenEstimator(tagger)
    for estimator in (
        frozen,
        make_pipeline(FunctionTransformer(), frozen),
        GridSearchCV(frozen, {}),
        FixedThresholdTagger(make_pipeline(FunctionTransformer(), frozen)),
        TunedThresholdTaggerCV(tagger, cv="prefit"),
        FixedThresholdTagger(CalibratedTaggerCV(tagger, cv="prefit")),
        StackingClassifier([("tagger", tagger)], frozen),
    ):
        assert prefit_estimator(estimator) is tagger
    for estimator in (
        tagger,
        make_pipeline(FunctionTransformer(), tagger),
        FixedThresholdTagger(tagger),
        OneVsRestClassifier(frozen),
        StackingClassifier([("tagger", frozen)], cv="prefit"),
        None,
    ):
        assert prefit_estimator(estimator) is None


class Fitted:
    """Stands for a fitted estimator of the labels a, b and c."""

    label_names_ = ["a", "b", "c"]


Y = np.array([[1, 0, 0], [0, 1, 1], [1, 1, 0]])


@pytest.mark.parametrize(
    ("y", "form", "wanted"),
    [
        (Y, "indicator", Y),
        (sp.csr_array(Y), "sparse", Y),
        (pd.DataFrame(Y[:, ::-1], columns=list("cba")), "indicator", Y),
        (pd.DataFrame(Y[:, [1]], columns=["b"]), "indicator", Y * [0, 1, 0]),
        ([["a"], ["c", "b"], ("b", "a")], "label_sets", Y),
        ([["c"], []], "label_sets", [[0, 0, 1], [0, 0, 0]]),
        ([[], []], "label_sets", [[0, 0, 0], [0, 0, 0]]),
    ],
)
def test_later_labels_are_read_by_name(y, form, wanted):
    space, indicator = encode_for(Fitted(), y)
    assert space.form == form
    assert space.label_names.tolist() == ["a", "b", "c"]
    dense = indicator.toarray() if sp.issparse(indicator) else indicator
    np.testing.assert_array_equal(dense, wanted)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (Y[:, :2], r"y has 2 column\(s\), but the fitted estimator has 3 labels: 'a', 'b', 'c'\."),
        (Y[:, 0], r"y has 1 column\(s\), but the fitted estimator has 3"),
        (sp.csr_array(Y[:, :2]), r"y has 2 column\(s\)"),
        ([["a"], ["d"]], "unknown labels 'd'; known are 'a', 'b', 'c'"),
        (
            pd.DataFrame(Y, columns=list("abd")),
            "y has the columns 'd', which are not labels of the fitted estimator; known are 'a'",
        ),
    ],
)
def test_labels_that_are_not_known_are_named(y, message):
    with pytest.raises(LabelError, match=message):
        encode_for(Fitted(), y)


def test_made_up_names_go_by_position(four_labels):
    X, y = four_labels
    frame = pd.DataFrame(y, columns=list("dcba"))
    nameless = OneVsRestClassifier(LogisticRegression()).fit(X, y)
    for estimator in (nameless, MultilabelLogisticRegression().fit(X, y)):
        space, indicator = encode_for(estimator, frame)
        assert space.label_names.tolist() == list("dcba")
        np.testing.assert_array_equal(indicator, y)
    with pytest.raises(LabelError, match="this fitted OneVsRestClassifier has no label names"):
        encode_for(nameless, [["a"], ["b"]])
    with pytest.raises(LabelError, match=r"the 4 known label\(s\) have no names, only positions"):
        encode_for(estimator, [["a"], ["b"]])


def test_the_codes_of_one_label(four_labels):
    X, y = four_labels
    codes = np.array(["ham", "spam"])
    for estimator in (MultilabelLogisticRegression(), LogisticRegression()):
        estimator.fit(X, codes[y[:, 0]])
        space, indicator = encode_for(estimator, ["spam", "spam"])
        assert indicator.ravel().tolist() == [1, 1]
        assert space.codes.tolist() == [["ham", "spam"]]
    sets = [["spam"], []]
    space, indicator = encode_for(MultilabelLogisticRegression().fit(X, codes[y[:, 0]]), sets)
    assert indicator.ravel().tolist() == [1, 0]
    assert space.form == "label_sets"


def test_order_of_columns():
    assert order_of_columns(Fitted(), ["c", "a", "b"]) == [2, 0, 1]
    for names in (["a", "b", "c"], ["x", "y", "z"]):
        assert order_of_columns(Fitted(), names) is None
    assert order_of_columns(LOGISTIC, ["a"]) is None
    with pytest.raises(LabelError, match="Fitted has the labels 'a', 'b', 'c', but label_names"):
        order_of_columns(Fitted(), ["a", "b", "d"])
