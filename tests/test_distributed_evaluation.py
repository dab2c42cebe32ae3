"""`evaluate_partitions` against `StreamingMetrics` and the metrics on all documents at once."""

import re

import numpy as np
import pytest

pd = pytest.importorskip("pandas", reason="partitions are DataFrames")

from partitions import NAMES, fitted, parts_of, table  # noqa: E402
from sklearn.metrics import f1_score  # noqa: E402
from sklearn.multiclass import OneVsRestClassifier  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import FunctionTransformer  # noqa: E402
from sklearn.svm import LinearSVC  # noqa: E402

from skmultitext import FixedThresholdTagger, HierarchicalTagger, TfidfLogRegTagger  # noqa: E402
from skmultitext.distributed import evaluate_partitions  # noqa: E402
from skmultitext.distributed._evaluation import merged  # noqa: E402
from skmultitext.exceptions import LabelError, PartitionError  # noqa: E402
from skmultitext.feature_extraction import TfidfVectorizer  # noqa: E402
from skmultitext.metrics import StreamingMetrics  # noqa: E402

FRAME = table()
KNOWN = FRAME.dropna(subset=NAMES)


@pytest.fixture(scope="module")
def tagger():
    return fitted()


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-12, atol=1e-14, err_msg=name)


def test_columns_with_unknown_entries_and_weights(tagger):
    found = evaluate_partitions(
        tagger, parts_of(FRAME), text="text", labels=NAMES[::-1], sample_weight="weight"
    )
    names = list(tagger.label_names_)
    proba = tagger.predict_proba(FRAME["text"])
    metrics = StreamingMetrics(3, label_names=names, threshold=tagger.thresholds_)
    metrics.update(FRAME[names].to_numpy(), proba, FRAME["weight"])
    assert_same(found, metrics.compute())


def test_equals_scikit_learn_on_the_whole(tagger):
    found = evaluate_partitions(tagger, parts_of(KNOWN), text="text", labels=NAMES)
    names = list(tagger.label_names_)
    given = tagger.predict(KNOWN["text"])
    for average in ("micro", "macro"):
        expected = f1_score(KNOWN[names], given, average=average)
        assert found[f"f1_{average}"] == pytest.approx(expected, rel=1e-12)
    assert found["n_samples"] == len(KNOWN)


def test_lists_of_names_without_the_rows_of_which_nothing_is_known(tagger):
    found = evaluate_partitions(tagger, parts_of(FRAME), text="text", labels="lists")
    known = FRAME.dropna(subset=["lists"])
    metrics = StreamingMetrics(3, label_names=list(tagger.label_names_))
    metrics.update(known["lists"].tolist(), tagger.predict_proba(known["text"]))
    assert_same(found, metrics.compute())
    assert 0 < found["n_samples"] < 60


def test_thresholds_and_a_label_without_a_positive_in_one_partition(tagger):
    tuned = FixedThresholdTagger(tagger, threshold=[0.2, 0.4, 0.3])
    tuned.fit(KNOWN["text"], KNOWN[NAMES])
    parts = [KNOWN[KNOWN["refund"] == 0], KNOWN[KNOWN["refund"] == 1]]
    found = evaluate_partitions(tuned, parts, text="text", labels=NAMES)
    expected = f1_score(KNOWN[NAMES], tuned.predict(KNOWN["text"]), average="macro")
    assert found["f1_macro"] == pytest.approx(expected, rel=1e-12)


def test_one_label_without_a_name():
    y = KNOWN["refund"].to_numpy().astype(int)
    one = TfidfLogRegTagger().fit(KNOWN["text"], y)
    found = evaluate_partitions(one, parts_of(KNOWN), text="text", labels=["refund"])
    assert found["f1_micro"] == pytest.approx(f1_score(y, one.predict(KNOWN["text"])), rel=1e-12)


def test_columns_without_names_are_in_order():
    y = KNOWN[NAMES].to_numpy().astype(int)
    unnamed = TfidfLogRegTagger().fit(KNOWN["text"], y)
    found = evaluate_partitions(unnamed, parts_of(KNOWN), text="text", labels=NAMES)
    expected = f1_score(y, unnamed.predict(KNOWN["text"]), average="macro")
    assert found["f1_macro"] == pytest.approx(expected, rel=1e-12)
    with pytest.raises(LabelError, match="labels names the columns 'refund'"):
        evaluate_partitions(unnamed, parts_of(KNOWN), text="text", labels=["refund"])


def test_labels_as_arrays(tagger):
    arrays = pd.Series(FRAME[NAMES].to_numpy().tolist(), dtype=object)
    parts = parts_of(FRAME.assign(arrays=arrays))
    found = evaluate_partitions(tagger, parts, text="text", labels="arrays")
    expected = evaluate_partitions(tagger, parts, text="text", labels=NAMES)
    np.testing.assert_equal(found, expected)
    message = r"^partition 2, row 1: the labels are an array of 2 numbers; pass one for each of the"
    bad = [FRAME[:2].assign(arrays=[None, None])] * 2 + [FRAME[7:9].assign(arrays=[None, [1, 0]])]
    with pytest.raises(PartitionError, match=message):
        evaluate_partitions(tagger, bad, text="text", labels="arrays")


def test_a_hierarchy_closes_the_labels_as_score_does():
    child = {"refund": "account"}
    nested = HierarchicalTagger(TfidfLogRegTagger(), child).fit(KNOWN["text"], KNOWN[NAMES])
    found = evaluate_partitions(nested, parts_of(KNOWN), text="text", labels=NAMES)
    assert found["exact_match"] == pytest.approx(nested.score(KNOWN["text"], KNOWN[NAMES]))
    unequal = FixedThresholdTagger(nested, threshold={"refund": 0.2, "account": 0.6})
    unequal.fit(KNOWN["text"], KNOWN[NAMES])
    with pytest.raises(ValueError, match="has a hierarchy and a label whose threshold is lower"):
        evaluate_partitions(unequal, parts_of(KNOWN), text="text", labels=NAMES)


@pytest.mark.parametrize("rule", [{"max_labels": 1}, {"at_least_one": True}], ids=["max", "one"])
def test_rules_on_the_number_of_labels_are_refused(tagger, rule):
    ruled = FixedThresholdTagger(tagger, **rule).fit(KNOWN["text"], KNOWN[NAMES])
    with pytest.raises(ValueError, match="has max_labels or at_least_one; evaluate_partitions"):
        evaluate_partitions(ruled, [KNOWN], text="text", labels=NAMES)


def test_other_estimators_are_refused(tagger):
    pipeline = make_pipeline(FunctionTransformer(), tagger)
    message = "tagger is a Pipeline; evaluate_partitions needs a tagger of this package."
    with pytest.raises(ValueError, match=re.escape(message)):
        evaluate_partitions(pipeline, [KNOWN], text="text", labels=NAMES)
    svm = make_pipeline(TfidfVectorizer(), OneVsRestClassifier(LinearSVC()))
    scored = FixedThresholdTagger(svm, threshold=0.0, response_method="decision_function")
    scored.fit(KNOWN["text"], KNOWN[NAMES].astype(int))
    with pytest.raises(ValueError, match="has thresholds of decision_function"):
        evaluate_partitions(scored, [KNOWN], text="text", labels=NAMES)


def test_columns_must_be_the_labels_of_the_tagger(tagger):
    message = "labels names the columns 'refund', 'weight', but the labels of the tagger are"
    with pytest.raises(LabelError, match=re.escape(message)):
        evaluate_partitions(tagger, [KNOWN], text="text", labels=["refund", "weight"])
    with pytest.raises(ValueError, match="labels names 'nothing', of which data has 0 columns"):
        evaluate_partitions(tagger, [KNOWN], text="text", labels="nothing")
    with pytest.raises(ValueError, match="sample_weight names 'w', of which data has 0 columns"):
        evaluate_partitions(tagger, [KNOWN], text="text", labels=NAMES, sample_weight="w")


def test_a_bad_row_is_named(tagger):
    parts = parts_of(FRAME.assign(refund=FRAME["refund"].where(FRAME.index != 41, 7)))
    with pytest.raises(PartitionError, match=r"^partition 3, row 1: column 'refund' is 7"):
        evaluate_partitions(tagger, parts, text="text", labels=NAMES)


def test_nothing_to_score_is_an_error(tagger):
    idle = FRAME.assign(weight=0.0)
    with pytest.raises(ValueError, match="no document with a weight above 0 and a known label"):
        evaluate_partitions(
            tagger, parts_of(idle), text="text", labels=NAMES, sample_weight="weight"
        )


def test_combining_changes_neither_value():
    first = StreamingMetrics(1).update([[1]], [[0.9]])
    second = StreamingMetrics(1).update([[0]], [[0.9]])
    for _ in range(2):
        assert merged(first, second).compute()["n_samples"] == 2
    assert merged(None, second) is second
    assert merged(first, None) is first
