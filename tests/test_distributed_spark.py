"""Spark DataFrames, in a session of two threads, give what lists of DataFrames give."""

import gc
import operator
import re
from functools import partial

import numpy as np
import pytest

pd = pytest.importorskip("pandas", reason="partitions are DataFrames")
pytest.importorskip("pyspark", reason="needs Spark (extra 'spark')")

import partitions_spark  # noqa: E402
from partitions import NAMES, fitted, parts_of, table  # noqa: E402

from skmultitext import TfidfLogRegTagger  # noqa: E402
from skmultitext.distributed import _engines as engines  # noqa: E402
from skmultitext.distributed import _spark as module  # noqa: E402
from skmultitext.distributed import _versions as versions  # noqa: E402
from skmultitext.distributed import evaluate_partitions, fit_partitions, tag_partitions  # noqa: E402
from skmultitext.exceptions import PartitionError  # noqa: E402
from skmultitext.linear import _in_parts as fit_module  # noqa: E402

pytestmark = [
    pytest.mark.skipif(not partitions_spark.has_java(), reason=partitions_spark.NO_JAVA),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
]

FRAME = table()
TOL = 0.1  # a few rounds, each of which takes Spark a part of a second
TYPES = {"text": "string", "weight": "double", **dict.fromkeys(NAMES, "double")}
SCHEMA = ", ".join(f"`{name}` {kind}" for name, kind in {**TYPES, "lists": "array<string>"}.items())


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    session = partitions_spark.start_session(tmp_path_factory.mktemp("spark"))
    yield session
    session.stop()


@pytest.fixture(scope="module")
def tagger():
    return fitted()


def rows_of(part):
    """Rows of a DataFrame, with None for NaN."""
    return [
        tuple(None if isinstance(cell, float) and np.isnan(cell) else cell for cell in row)
        for row in part.itertuples(index=False)
    ]


def frame_of(spark, parts, schema=SCHEMA):
    """A Spark DataFrame of these partitions."""
    rows = spark.sparkContext.parallelize(list(map(rows_of, parts)), len(parts))
    return spark.createDataFrame(rows.flatMap(list), schema)


@pytest.fixture(scope="module")
def data(spark):
    return frame_of(spark, parts_of(FRAME))


@pytest.mark.parametrize("labels", [NAMES, "lists"], ids=["columns", "lists"])
def test_fit_and_scores_are_those_of_a_list(data, labels):
    options = {"text": "text", "labels": labels, "sample_weight": "weight"}
    found = fit_partitions(TfidfLogRegTagger(), data, **options, tol=TOL)
    expected = fit_partitions(TfidfLogRegTagger(), parts_of(FRAME), **options, tol=TOL)
    np.testing.assert_array_equal(found.coef_, expected.coef_)
    np.testing.assert_array_equal(found.intercept_, expected.intercept_)
    assert {**found.rounds_, "seconds": 0} == {**expected.rounds_, "seconds": 0}
    scores = evaluate_partitions(found, data, **options)
    for name, value in evaluate_partitions(expected, parts_of(FRAME), **options).items():
        np.testing.assert_array_equal(scores[name], value, err_msg=name)


def test_a_tree_of_many_partitions_has_the_order_of_a_list(spark, tagger, monkeypatch):
    monkeypatch.setattr(engines, "FAN_IN", 3)
    monkeypatch.setattr(module, "FAN_IN", 3)
    parts = [FRAME[i : i + 6] for i in range(0, 60, 6)]
    data = frame_of(spark, parts)
    engine = engines.engine_of(data)
    numbers = engine.map(engine.frames(data, ["text"]), partitions_spark.number_of)
    assert engine.reduce(numbers, operator.add) == list(range(10))
    options = {"text": "text", "labels": NAMES, "sample_weight": "weight"}
    found = evaluate_partitions(tagger, data, **options)
    for name, value in evaluate_partitions(tagger, parts, **options).items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def test_flags_may_be_of_other_types_and_names_what_spark_reads_otherwise(spark, tagger):
    whole = FRAME.fillna(dict.fromkeys(NAMES, 0.0))
    expected = evaluate_partitions(tagger, [whole], text="text", labels=NAMES)
    spark_frame = frame_of(spark, [whole]).selectExpr(
        "text as `a.text`",
        "delivery = 1 as delivery",
        "cast(refund as tinyint) as refund",
        "cast(account as decimal(3, 1)) as account",
        "weight as Account",
    )
    found = evaluate_partitions(tagger, spark_frame, text="a.text", labels=NAMES)
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def test_a_frame_is_tagged_lazily_and_written(data, tagger, tmp_path, spark):
    tagged = tag_partitions(tagger, data, text="text", proba_column="proba")
    assert tagged.columns == [*data.columns, "labels", "proba"]
    tagged.write.parquet(str(tmp_path / "tagged"))
    written = spark.read.parquet(str(tmp_path / "tagged"))
    found = written.select("text", "labels", "proba").collect()
    expected = pd.concat(tag_partitions(tagger, parts_of(FRAME), text="text", proba_column="proba"))
    new = zip(expected["labels"], expected["proba"], strict=True)
    by_text = dict(zip(expected["text"], new, strict=True))
    assert len(found) == 60
    for text, labels, proba in found:
        assert (labels, proba) == tuple(map(list, by_text[text]))
    scores = evaluate_partitions(tagger, tagged, text="text", labels="labels", undefined="zero")
    assert (scores["exact_match"], scores["n_samples"]) == (1.0, 60)


def test_a_bad_row_is_named_after_one_attempt(spark, tagger, tmp_path, capfd):
    bad = frame_of(
        spark, parts_of(FRAME.assign(weight=FRAME["weight"].where(FRAME.index != 42, -1)))
    )
    options = {"text": "text", "labels": NAMES, "sample_weight": "weight"}
    with pytest.raises(PartitionError, match=r"^partition 3, row 2: the weight is -1\.0") as raised:
        evaluate_partitions(tagger, bad, **options)
    assert "Traceback" not in str(raised.value)
    with pytest.raises(PartitionError, match=r"^partition 3, row 2: the weight is -1\.0"):
        fit_partitions(TfidfLogRegTagger(), bad, **options)
    engine = engines.engine_of(bad)
    frames = engine.frames(bad, ["text"])
    noted = engine.map(frames, partitions_spark.attempts, str(tmp_path))
    failing = engine.map(noted, fail_in_two)
    with pytest.raises(PartitionError, match=r"^partition 1, row 0: no"):
        engine.reduce(failing, max)  # the first in the order of partitions
    with pytest.raises(PartitionError, match=r"^partition 1, row 0: no"):
        engine.keep(failing)
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {
        f"partition-{number}": ".." for number in range(4)
    }


def fail_in_two(value, number):
    if number in (1, 2):
        raise PartitionError(f"partition {number}, row 0: no.")
    return value


def test_a_bad_text_in_a_lazy_result_is_in_the_message_of_spark(spark, tagger):
    from pyspark.errors import PythonException

    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "2")
    try:
        bad = frame_of(spark, parts_of(FRAME.assign(text=FRAME["text"].where(FRAME.index != 12))))
        tagged = tag_partitions(tagger, bad, text="text")
        with pytest.raises(PythonException, match="partition 2, row 5: the text is missing"):
            tagged.collect()
    finally:
        spark.conf.unset("spark.sql.execution.arrow.maxRecordsPerBatch")


def test_a_worker_killed_in_a_round_costs_a_retry(data, tmp_path, monkeypatch):
    options = {"text": "text", "labels": NAMES, "tol": TOL}
    expected = fit_partitions(TfidfLogRegTagger(), parts_of(FRAME), **options)
    mark = tmp_path / "killed"
    monkeypatch.setattr(
        fit_module, "evaluate_part", partial(partitions_spark.killed_once, str(mark))
    )
    found = fit_partitions(TfidfLogRegTagger(), data, **options)
    assert mark.exists()
    np.testing.assert_array_equal(found.coef_, expected.coef_)
    assert found.rounds_["n_rounds"] == expected.rounds_["n_rounds"]


def test_collections_after_tasks_pass_over_the_libraries(data):
    engine = engines.engine_of(data)
    for _ in range(2):  # the first imports the libraries
        n_spared = engine.reduce(
            engine.map(engine.frames(data, ["text"]), partitions_spark.spared), max
        )
    assert n_spared > 10_000


def test_large_values_are_kept_in_pieces(data):
    engine = engines.engine_of(data)
    kept = engine.keep(engine.map(engine.frames(data, ["text"]), partitions_spark.large))
    sizes = kept.source.map(len).collect()
    assert max(sizes) == module.PIECE
    assert sum(sizes) > 4 * 10**7
    totals = engine.reduce(engine.map(kept, partitions_spark.total), operator.add)
    shape = (1_250_000,)
    assert totals == [(0, shape, 0.07), (1, shape, 1.0), (2, shape, 2.33), (3, shape, 3.2)]
    engine.release(kept)


def test_nothing_stays_in_the_session(data, spark, monkeypatch):
    from pyspark import Broadcast

    sent, destroy = [], Broadcast.destroy
    monkeypatch.setattr(
        Broadcast, "destroy", lambda self, *a: (sent.append(self), destroy(self, *a))
    )
    tagger = TfidfLogRegTagger(loss="log_loss")
    fit_partitions(tagger, data, text="text", labels=NAMES, tol=TOL)
    # one for each round, and those that read documents, count them and make features
    assert len(sent) == len(set(map(id, sent))) == tagger.rounds_["n_rounds"] + 3
    assert spark.sparkContext._jsc.getPersistentRDDs().isEmpty()


def test_a_worker_of_another_version_is_refused(data, tagger, monkeypatch):
    own = versions.installed_versions()
    monkeypatch.setattr(versions, "installed_versions", lambda: {**own, "numpy": "1.0"})
    message = f"has numpy {own['numpy']} (driver: 1.0). Install the same versions"
    with pytest.raises(PartitionError, match=re.escape(message)):
        evaluate_partitions(tagger, data, text="text", labels=NAMES)


def test_other_frames_are_refused(data, spark, tagger):
    with pytest.raises(ValueError, match="text names 'txt', of which data has 0 columns"):
        tag_partitions(tagger, data, text="txt")
    with pytest.raises(ValueError, match="column names 'text', a column that data"):
        tag_partitions(tagger, data, text="text", column="TEXT")
    stream = spark.readStream.format("rate").load().selectExpr("'a' as text", "array('b') as c")
    assert tag_partitions(tagger, stream, text="text").isStreaming
    with pytest.raises(ValueError, match=r"^data is a stream, which has no last row; pass a Data"):
        evaluate_partitions(tagger, stream, text="text", labels="c")
    nothing = spark.createDataFrame(spark.sparkContext.emptyRDD(), SCHEMA)
    with pytest.raises(ValueError, match=r"^data has no partition; pass a DataFrame with rows\.$"):
        evaluate_partitions(tagger, nothing, text="text", labels=NAMES)


@pytest.mark.parametrize(
    ("defined_in", "message"),
    [
        ("pyspark.sql.connect.dataframe", "data is a DataFrame of Spark Connect, which has no"),
        ("pyspark.pandas.frame", "data is a DataFrame of pandas on Spark; pass data.to_spark()."),
    ],
)
def test_frames_of_other_interfaces_of_spark_are_refused(defined_in, message):
    other = type("DataFrame", (), {"__module__": defined_in})
    with pytest.raises(ValueError, match=re.escape(message)):
        engines.engine_of(other())


def test_objects_of_libraries_are_spared_by_the_collections_of_workers():
    module.spare_libraries.cache_clear()
    before = gc.get_freeze_count()
    try:
        assert module.computed([], "value", 0) == "value"
        frozen = gc.get_freeze_count()
        assert frozen > before + 10_000
        garbage = [[] for _ in range(1_000)]
        module.computed([], garbage, 0)  # no further libraries: what tasks make is collected
        assert gc.get_freeze_count() <= frozen
    finally:
        gc.unfreeze()
        module.spare_libraries.cache_clear()
