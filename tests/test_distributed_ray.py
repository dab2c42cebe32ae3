"""Ray Datasets, on two processes of this machine, give what lists of DataFrames give."""

import os
import re

import numpy as np
import pytest

pd = pytest.importorskip("pandas", reason="partitions are DataFrames")
ray = pytest.importorskip("ray", reason="needs Ray (extra 'ray')")
pytest.importorskip("ray.data", reason="needs Ray (extra 'ray')")

import killed_workers  # noqa: E402
from partitions import NAMES, fitted, parts_of, table  # noqa: E402

from skmultitext import TfidfLogRegTagger  # noqa: E402
from skmultitext.distributed import _engines as engines  # noqa: E402
from skmultitext.distributed import _versions as versions  # noqa: E402
from skmultitext.distributed import evaluate_partitions, fit_partitions, tag_partitions  # noqa: E402
from skmultitext.exceptions import PartitionError  # noqa: E402
from skmultitext.linear import _in_parts  # noqa: E402

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # files and sockets of Ray
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of Ray by Ray
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

FRAME = table()
OPTIONS = {"text": "text", "labels": NAMES, "sample_weight": "weight"}


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """The file that a worker writes before it ends."""
    return tmp_path_factory.mktemp("killed") / "process"


@pytest.fixture(scope="module", autouse=True)
def cluster(killed):
    """Two worker processes, which find the modules of the tests."""
    paths = [os.path.dirname(killed_workers.__file__), os.environ.get("PYTHONPATH", "")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(killed_workers.KILLED, str(killed))
        patch.setenv("PYTHONPATH", os.pathsep.join(paths))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(
            num_cpus=2,
            object_store_memory=100 * 2**20,
            include_dashboard=False,
            log_to_driver=False,
            _node_ip_address="127.0.0.1",
        )
        ray.data.DataContext.get_current().enable_progress_bars = False
        yield
        ray.shutdown()


@pytest.fixture(scope="module")
def tagger():
    return fitted()


def in_pandas(frame):
    """A Dataset of pandas blocks, one of them empty."""
    return ray.data.from_pandas(parts_of(frame))


def in_arrow(frame):
    """The same in Arrow."""
    import pyarrow

    schema = pyarrow.Schema.from_pandas(frame)
    blocks = [pyarrow.Table.from_pandas(part, schema) for part in parts_of(frame)]
    return ray.data.from_arrow(blocks)


def kept_parts(frame):
    """The partitions, without the empty block, which Ray drops."""
    return [part for part in parts_of(frame) if len(part)]


BLOCKS = pytest.mark.parametrize("dataset", [in_pandas, in_arrow], ids=["pandas", "Arrow"])


def same_fit(found, expected):
    np.testing.assert_array_equal(found.coef_, expected.coef_)
    np.testing.assert_array_equal(found.intercept_, expected.intercept_)
    assert {**found.rounds_, "seconds": 0} == {**expected.rounds_, "seconds": 0}


@BLOCKS
@pytest.mark.parametrize("labels", [NAMES, "lists"], ids=["columns", "lists"])
def test_fits_and_scores_are_those_of_a_list(dataset, labels, tagger):
    options = {**OPTIONS, "labels": labels}
    found = fit_partitions(TfidfLogRegTagger(), dataset(FRAME), **options)
    same_fit(found, fit_partitions(TfidfLogRegTagger(), kept_parts(FRAME), **options))
    scores = evaluate_partitions(tagger, dataset(FRAME), **options)
    expected = evaluate_partitions(tagger, parts_of(FRAME), **options)
    for name, value in expected.items():
        np.testing.assert_array_equal(scores[name], value, err_msg=name)


def test_arrays_of_labels_which_ray_makes_tensors(tagger):
    frame = FRAME[["text"]].assign(arrays=list(FRAME[NAMES].to_numpy()))
    options = {"text": "text", "labels": "arrays"}
    in_pandas = ray.data.from_pandas(frame)
    in_arrow = ray.data.from_items(frame.to_dict("records"))
    for data in (in_pandas, in_arrow):
        found = fit_partitions(TfidfLogRegTagger(labels=NAMES), data, **options)
        assert found.label_names_.tolist() == NAMES
        scores = evaluate_partitions(tagger, data, **options)
        assert scores["n_samples"] == 60


@BLOCKS
def test_a_dataset_is_tagged_lazily(dataset, tagger):
    data = dataset(FRAME)
    tagged = tag_partitions(tagger, data, text="text", proba_column="proba")
    assert isinstance(tagged, ray.data.Dataset)
    rows = tagged.take_all()
    assert [row["text"] for row in rows] == FRAME["text"].tolist()
    expected = list(map(list, tagger.predict_labels(FRAME["text"])))
    assert [list(row["labels"]) for row in rows] == expected
    np.testing.assert_allclose([row["proba"] for row in rows], tagger.predict_proba(FRAME["text"]))
    assert list(rows[0]) == [*FRAME.columns, "labels", "proba"]
    assert "labels" not in data.columns()


def test_files_are_read_tagged_written_and_scored(tagger, tmp_path):
    for i, part in enumerate(parts_of(FRAME.drop(columns="lists"))):
        part.to_parquet(tmp_path / f"{i}.parquet")
    data = ray.data.read_parquet(str(tmp_path), override_num_blocks=3)
    assert not data.context.execution_options.preserve_order
    found = fit_partitions(TfidfLogRegTagger(), data, **OPTIONS)
    assert not data.context.execution_options.preserve_order  # as it was
    data.context.execution_options.preserve_order = True
    bundles = data.iter_internal_ref_bundles()
    blocks = [ray.get(block).to_pandas() for bundle in bundles for block in bundle.block_refs]
    assert pd.concat(blocks)["text"].tolist() == FRAME["text"].tolist()
    same_fit(found, fit_partitions(TfidfLogRegTagger(), blocks, **OPTIONS))
    tagged = tag_partitions(tagger, data, text="text")
    tagged.write_parquet(str(tmp_path / "tagged"))
    again = ray.data.read_parquet(str(tmp_path / "tagged"))
    scores = evaluate_partitions(tagger, again, text="text", labels="labels", undefined="zero")
    assert (scores["exact_match"], scores["n_samples"]) == (1.0, 60)


def test_a_tree_of_many_blocks(monkeypatch):
    monkeypatch.setattr(engines, "FAN_IN", 2)
    parts = [FRAME[i : i + 6] for i in range(0, 60, 6)]
    found = fit_partitions(TfidfLogRegTagger(), ray.data.from_pandas(parts), **OPTIONS)
    same_fit(found, fit_partitions(TfidfLogRegTagger(), parts, **OPTIONS))


def test_a_killed_worker_costs_a_retry(killed, monkeypatch):
    undisturbed = fit_partitions(TfidfLogRegTagger(), kept_parts(FRAME), **OPTIONS)
    monkeypatch.setattr(_in_parts, "evaluate_part", killed_workers.evaluate_or_die)
    found = fit_partitions(TfidfLogRegTagger(), in_pandas(FRAME), **OPTIONS)
    assert int(killed.read_text()) != os.getpid()
    same_fit(found, undisturbed)


@BLOCKS
def test_a_bad_row_is_named(dataset, tagger):
    bad = dataset(FRAME.assign(weight=FRAME["weight"].where(FRAME.index != 42, -1.0)))
    with pytest.raises(PartitionError, match=r"^partition 2, row 2: the weight is -1\.0"):
        fit_partitions(TfidfLogRegTagger(), bad, **OPTIONS)
    tagged = tag_partitions(
        tagger, dataset(FRAME.assign(text=FRAME["text"].where(FRAME.index != 42))), text="text"
    )
    with pytest.raises(ray.exceptions.RayTaskError) as raised:
        tagged.take_all()
    first = FRAME["text"][40]
    message = f"PartitionError: partition of 20 rows whose first text is '{first}', row 2: the text"
    assert message in str(raised.value)


def test_nothing_to_fit_on(tagger):
    empty = ray.data.from_pandas(FRAME).filter(expr="weight > 100")
    with pytest.raises(ValueError, match="No document of any partition has a weight above 0"):
        fit_partitions(TfidfLogRegTagger(), empty, **OPTIONS)
    with pytest.raises(ValueError, match="data has no document with a weight above 0"):
        evaluate_partitions(tagger, empty, **OPTIONS)
    assert tag_partitions(tagger, empty, text="text").count() == 0


def test_a_column_must_be_there(tagger):
    with pytest.raises(ValueError, match="text names 'txt', of which data has 0 columns"):
        tag_partitions(tagger, in_arrow(FRAME), text="txt")
    with pytest.raises(ValueError, match="column names 'weight', a column that data already has"):
        tag_partitions(tagger, in_arrow(FRAME), text="text", column="weight")


def test_a_worker_of_another_version_is_refused(tagger, monkeypatch):
    own = versions.installed_versions()
    monkeypatch.setattr(versions, "installed_versions", lambda: {**own, "numpy": "1.0"})
    message = f"has numpy {own['numpy']} (driver: 1.0). Install the same versions"
    with pytest.raises(PartitionError, match=re.escape(message)):
        evaluate_partitions(tagger, in_arrow(FRAME), **OPTIONS)
