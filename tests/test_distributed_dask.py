"""Dask collections, on the scheduler of threads, give what lists of DataFrames give."""

import re

import numpy as np
import pytest

pd = pytest.importorskip("pandas", reason="partitions are DataFrames")
dask = pytest.importorskip("dask", reason="needs Dask (extra 'dask')")
dd = pytest.importorskip("dask.dataframe", reason="needs Dask (extra 'dask')")

import dask.bag as db  # noqa: E402
from partitions import NAMES, fitted, parts_of, table  # noqa: E402
from sklearn.base import clone  # noqa: E402

from skmultitext import TfidfLogRegTagger, TunedThresholdTaggerCV  # noqa: E402
from skmultitext.distributed import _engines as engines  # noqa: E402
from skmultitext.distributed import _versions as versions  # noqa: E402
from skmultitext.distributed import evaluate_partitions, fit_partitions, tag_partitions  # noqa: E402
from skmultitext.exceptions import PartitionError  # noqa: E402

FRAME = table()


@pytest.fixture(scope="module")
def tagger():
    return fitted()


@pytest.fixture(autouse=True)
def threads():
    with dask.config.set({"scheduler": "threads", "dataframe.convert-string": False}):
        yield


def frame_of(frame):
    """A Dask DataFrame with an empty partition."""
    parts = parts_of(frame)
    return dd.from_delayed([dask.delayed(part) for part in parts], meta=parts[0][:0])


def bag_of(frame):
    """A Dask Bag of dicts with an empty partition."""
    return db.from_delayed([dask.delayed(part.to_dict("records")) for part in parts_of(frame)])


COLLECTIONS = pytest.mark.parametrize("collection", [frame_of, bag_of], ids=["DataFrame", "Bag"])


@COLLECTIONS
@pytest.mark.parametrize("labels", [NAMES, "lists"], ids=["columns", "lists"])
def test_scores_are_those_of_a_list(tagger, collection, labels):
    options = {"text": "text", "labels": labels, "sample_weight": "weight"}
    found = evaluate_partitions(tagger, collection(FRAME), **options)
    expected = evaluate_partitions(tagger, parts_of(FRAME), **options)
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def test_a_tree_of_many_partitions(tagger, monkeypatch):
    monkeypatch.setattr(engines, "FAN_IN", 2)
    many = dd.from_pandas(FRAME, npartitions=11)
    found = evaluate_partitions(tagger, many, text="text", labels=NAMES)
    expected = evaluate_partitions(tagger, [FRAME], text="text", labels=NAMES)
    assert found["n_samples"] == expected["n_samples"]
    np.testing.assert_array_equal(found["true_positives"], expected["true_positives"])
    assert found["log_loss"] == pytest.approx(expected["log_loss"], rel=1e-12)


def test_a_frame_is_tagged_lazily(tagger):
    data = frame_of(FRAME)
    tagged = tag_partitions(tagger, data, text="text", proba_column="proba")
    assert isinstance(tagged, dd.DataFrame)
    assert (tagged.npartitions, tagged.divisions) == (4, data.divisions)
    expected = pd.concat(tag_partitions(tagger, parts_of(FRAME), text="text", proba_column="proba"))
    found = tagged.compute()
    pd.testing.assert_frame_equal(found, expected)
    pd.testing.assert_series_equal(found.dtypes, tagged.dtypes)
    some = tagged[tagged["weight"] > 0]["labels"].compute()
    assert some.tolist() == expected[expected["weight"] > 0]["labels"].tolist()


@pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame")  # Dask's own call
def test_lists_of_labels_are_written_to_parquet_and_scored_from_there(tagger, tmp_path):
    tagged = tag_partitions(tagger, frame_of(FRAME[["text"]]), text="text")
    tagged.to_parquet(tmp_path, write_index=False)
    again = dd.read_parquet(tmp_path, dtype_backend="pyarrow")
    expected = list(map(list, tagger.predict_labels(FRAME["text"])))
    assert [list(labels) for labels in again["labels"].compute()] == expected
    scores = evaluate_partitions(tagger, again, text="text", labels="labels", undefined="zero")
    assert (scores["exact_match"], scores["n_samples"]) == (1.0, 60)


def test_a_bag_is_tagged_lazily(tagger):
    tagged = tag_partitions(tagger, bag_of(FRAME), text="text", proba_column="proba")
    assert isinstance(tagged, db.Bag)
    assert tagged.npartitions == 4
    rows = tagged.compute()
    assert [row["labels"] for row in rows] == list(map(list, tagger.predict_labels(FRAME["text"])))
    np.testing.assert_allclose([row["proba"] for row in rows], tagger.predict_proba(FRAME["text"]))
    assert list(rows[0])[:-2] == list(FRAME.columns)


def test_nothing_is_read_before_the_result_is_computed(tagger):
    data = frame_of(FRAME.assign(text=FRAME["text"].where(FRAME.index != 9)))
    tagged = tag_partitions(tagger, data, text="text")
    with pytest.raises(PartitionError, match=r"^partition 2, row 2: the text is missing"):
        tagged.compute()


@COLLECTIONS
@pytest.mark.parametrize("labels", [NAMES, "lists"], ids=["columns", "lists"])
def test_a_fit_is_that_of_a_list(collection, labels):
    options = {"text": "text", "labels": labels, "sample_weight": "weight"}
    found = fit_partitions(TfidfLogRegTagger(), collection(FRAME), **options)
    expected = fit_partitions(TfidfLogRegTagger(), parts_of(FRAME), **options)
    np.testing.assert_array_equal(found.coef_, expected.coef_)
    assert {**found.rounds_, "seconds": 0} == {**expected.rounds_, "seconds": 0}


def test_thresholds_are_those_of_a_list():
    tuned = TunedThresholdTaggerCV(TfidfLogRegTagger(loss="squared_hinge"), cv=3)
    options = {"text": "text", "labels": NAMES, "sample_weight": "weight"}
    found = fit_partitions(clone(tuned), frame_of(FRAME), **options)
    expected = fit_partitions(clone(tuned), parts_of(FRAME), **options)
    np.testing.assert_array_equal(found.thresholds_, expected.thresholds_)
    assert {**found.rounds_, "seconds": 0} == {**expected.rounds_, "seconds": 0}


@COLLECTIONS
def test_a_bad_row_is_named(tagger, collection):
    bad = collection(FRAME.assign(weight=FRAME["weight"].where(FRAME.index != 42, -1.0)))
    with pytest.raises(PartitionError, match=r"^partition 3, row 2: the weight is -1\.0"):
        evaluate_partitions(tagger, bad, text="text", labels=NAMES, sample_weight="weight")


def test_lists_that_dask_made_text_are_refused(tagger):
    with dask.config.set({"dataframe.convert-string": True}):
        data = dd.from_pandas(FRAME[["text", "lists"]], npartitions=1)
        with pytest.raises(PartitionError, match=r"row 0: .* option dataframe\.convert-string to"):
            evaluate_partitions(tagger, data, text="text", labels="lists")


def test_a_row_of_a_bag_must_be_a_dict_without_the_new_key(tagger):
    rows = db.from_sequence([{"text": "parcel"}, "money"], npartitions=1)
    with pytest.raises(PartitionError, match=r"^partition 0, row 1: 'money' is not a dict; map"):
        tag_partitions(tagger, rows, text="text").compute()
    taken = db.from_sequence([{"text": "parcel", "labels": []}], npartitions=1)
    message = "partition 0, row 0: it already has the key 'labels'; name the new key otherwise."
    with pytest.raises(PartitionError, match=re.escape(message)):
        tag_partitions(tagger, taken, text="text").compute()
    lacking = db.from_sequence([{"text": "parcel"}, {}], npartitions=1)
    with pytest.raises(PartitionError, match=r"^partition 0, row 1: the text is missing"):
        tag_partitions(tagger, lacking, text="text").compute()


def test_a_column_must_be_there(tagger):
    with pytest.raises(ValueError, match="text names 'txt', of which data has 0 columns"):
        tag_partitions(tagger, frame_of(FRAME), text="txt")
    with pytest.raises(ValueError, match="data is of type Series; pass a Dask DataFrame"):
        tag_partitions(tagger, frame_of(FRAME)["text"], text="text")


def test_a_worker_of_another_version_is_refused(tagger, monkeypatch):
    own = versions.installed_versions()
    tagged = tag_partitions(tagger, frame_of(FRAME), text="text")
    monkeypatch.setattr(versions, "installed_versions", lambda: {**own, "numpy": "1.0"})
    message = f"has numpy 1.0 (driver: {own['numpy']}). Install the same versions"
    with pytest.raises(PartitionError, match=re.escape(message)):
        tagged.compute()
