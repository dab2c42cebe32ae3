"""Taggers fitted on lists of DataFrames and on Dask collections."""

import re

import numpy as np
import pytest

pd = pytest.importorskip("pandas", reason="partitions are DataFrames")

from partitions import NAMES, parts_of, table  # noqa: E402

from skmultitext import MultilabelLogisticRegression, TfidfLogRegTagger  # noqa: E402
from skmultitext.distributed import fit_partitions  # noqa: E402
from skmultitext.exceptions import LabelError, PartitionError  # noqa: E402

FRAME = table()
TEXTS, WEIGHT = FRAME["text"].tolist(), FRAME["weight"].to_numpy()


def fit(data=None, tagger=None, labels=NAMES, **options):
    data = parts_of(FRAME) if data is None else data
    tagger = TfidfLogRegTagger(loss="log_loss", C=2.0) if tagger is None else tagger
    return fit_partitions(tagger, data, text="text", labels=labels, **options)


def test_columns_give_what_fit_gives():
    ours = fit(sample_weight="weight", tol=1e-10)
    whole = TfidfLogRegTagger(loss="log_loss", C=2.0, tol=1e-10).fit(
        TEXTS, FRAME[NAMES], sample_weight=WEIGHT
    )
    assert ours.label_names_.tolist() == NAMES
    assert ours.classes_.tolist() == whole.classes_.tolist()
    np.testing.assert_allclose(ours.predict_proba(TEXTS), whole.predict_proba(TEXTS), atol=1e-5)


def test_lists_give_what_fit_gives():
    known = FRAME[FRAME["lists"].notna()]
    ours = fit(labels="lists", tol=1e-10)
    whole = TfidfLogRegTagger(loss="log_loss", C=2.0, tol=1e-10).fit(
        known["text"], known["lists"].tolist()
    )
    assert ours.label_names_.tolist() == whole.label_names_.tolist() == sorted(NAMES)
    np.testing.assert_allclose(ours.predict_proba(TEXTS), whole.predict_proba(TEXTS), atol=1e-5)
    assert ours.predict_labels(TEXTS) == whole.predict_labels(TEXTS)


ARRAYS = FRAME.assign(arrays=pd.Series(FRAME[NAMES].to_numpy().tolist(), dtype=object))


@pytest.mark.parametrize("named", [False, True])
def test_arrays_give_what_fit_gives(named):
    tagger = TfidfLogRegTagger(loss="log_loss", C=2.0, labels=NAMES if named else None)
    ours = fit(parts_of(ARRAYS), tagger, labels="arrays", tol=1e-10)
    columns = fit(tol=1e-10)
    np.testing.assert_array_equal(ours.coef_, columns.coef_)
    whole = TfidfLogRegTagger(loss="log_loss", C=2.0, labels=tagger.labels).fit(
        TEXTS, FRAME[NAMES].to_numpy()
    )
    assert ours.label_names_.tolist() == whole.label_names_.tolist()
    assert ours.label_names_.tolist() == (NAMES if named else ["0", "1", "2"])
    # names that were made up are not matched with columns
    assert ours.score(TEXTS, FRAME[NAMES]) == columns.score(TEXTS, FRAME[NAMES])


@pytest.mark.parametrize(
    ("row", "cell", "message"),
    [
        (41, [1, 0], "partition 3, row 1: the labels are an array of 2 numbers, but those of "
         "partition 0, row 0 are an array of 3 numbers; pass the same in every row"),
        (41, ["a"], "partition 3, row 1: the labels are a list of names, but those of row 0 are"),
        (41, [1, 0, 2], "partition 3, row 1: the labels hold 2; an array of labels holds 0, 1, or"),
    ],
)  # fmt: skip
def test_arrays_that_differ_are_refused(row, cell, message):
    frame = ARRAYS.copy()
    frame.at[row, "arrays"] = cell
    parts = [frame[:7], frame[7:7], frame[7:40], frame[40:]]
    if len(cell) == 2:  # the only row of its partition
        parts[3] = frame[40:].assign(arrays=[None, cell, *[None] * 18])
    with pytest.raises(PartitionError, match="^" + re.escape(message)):
        fit(parts, labels="arrays")


def test_arrays_need_a_number_for_each_label_of_the_tagger():
    message = "the labels are an array of 3 numbers; pass one for each of the 2 labels: 'a', 'b'."
    with pytest.raises(PartitionError, match=re.escape(message)):
        fit(parts_of(ARRAYS), TfidfLogRegTagger(labels=["a", "b"]), labels="arrays")


@pytest.mark.parametrize("labels", ["lists", ["refund", "delivery"]], ids=["lists", "columns"])
def test_the_parameter_labels_names_the_columns_of_the_result(labels):
    names = ["refund", "never", "account", "delivery"]
    ours = fit(labels=labels, tagger=TfidfLogRegTagger(labels=names))
    assert ours.label_names_.tolist() == names
    assert not ours.predict(TEXTS)[:, 1].any()
    assert ours.predict(TEXTS)[:, [0, 3]].any(axis=0).all()


def test_what_the_fit_took_is_told():
    ours = fit()
    assert list(ours.rounds_) == ["n_rounds", "n_bytes_sent", "n_bytes_received", "gap", "seconds"]
    n_weights = (len(ours.get_feature_names_out()) + 1) * 3
    assert 4 * n_weights < ours.rounds_["n_bytes_sent"] <= 4 * n_weights * ours.rounds_["n_rounds"]
    assert ours.rounds_["n_rounds"] == ours.n_iter_.max()
    assert ours.rounds_["gap"] <= 1e-3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tol": 0}, "tol is 0; pass a number in (0, 1), such as 1e-3."),
        ({"tol": True}, "tol is True; pass a number in (0, 1)"),
        ({"max_rounds": 0}, "max_rounds is 0; pass an int of at least 1."),
        ({"labels": "label"}, "labels names 'label', of which data has 0 columns."),
        ({"labels": ["delivery", "refnd"]}, "labels names 'refnd', of which data has 0 columns."),
        ({"labels": []}, "labels is empty; pass a list of at least one label name."),
        ({"sample_weight": "w"}, "sample_weight names 'w', of which data has 0 columns."),
        ({"tagger": MultilabelLogisticRegression()}, "tagger is a MultilabelLogisticRegression;"),
    ],
)
def test_what_is_not_legal_is_named(options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        fit(**options)


def test_a_column_outside_the_parameter_labels_is_named():
    tagger = TfidfLogRegTagger(labels=["delivery", "refunds", "account"])
    message = "labels names the column 'refund', which is not in the parameter labels of the tagger"
    with pytest.raises(LabelError, match=message):
        fit(tagger=tagger)
    message = r"row \d+: the label 'refund' is unknown to the tagger\. Did you mean 'refunds'\?"
    with pytest.raises(PartitionError, match=message + r" Correct it, or add it to the parameter"):
        fit(tagger=tagger, labels="lists")
    assert not hasattr(tagger, "label_names_")


@pytest.mark.parametrize(
    ("column", "row", "cell", "labels", "message"),
    [
        ("text", 41, None, NAMES, "partition 3, row 1: the text is missing"),
        ("refund", 8, 2, NAMES, "partition 2, row 1: column 'refund' is 2; pass 0, 1, or null"),
        ("lists", 1, [7], "lists", "partition 0, row 1: the labels hold 7; an array of labels hol"),
        ("lists", 1, [""], "lists", "partition 0, row 1: the labels hold ''; each label name must"),
        (
            "lists",
            9,
            [1, 0],
            "lists",
            "partition 2, row 2: the labels are an array of 2 numbers, b",
        ),
        ("lists", 1, "refund", "lists", "partition 0, row 1: the labels are 'refund'; pass a list"),
        ("weight", 2, -1, NAMES, "partition 0, row 2: the weight is -1"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_fitted(column, row, cell, labels, message):
    frame = FRAME.astype(object)
    frame.at[row, column] = cell
    tagger = TfidfLogRegTagger()
    with pytest.raises(PartitionError, match="^" + re.escape(message)):
        fit(parts_of(frame), tagger, labels, sample_weight="weight")
    assert not hasattr(tagger, "label_names_")


def test_no_label_at_all():
    nothing = [FRAME.assign(lists=[[]] * len(FRAME))]
    with pytest.raises(LabelError, match=r"^No document of column 'lists' has a label\."):
        fit(nothing, labels="lists")
    with pytest.raises(LabelError, match="No document of any partition has a weight above 0"):
        fit([FRAME.assign(weight=0.0)], sample_weight="weight")
