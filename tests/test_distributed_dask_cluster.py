"""Dask's own cluster of two processes: lost workers, bad rows, large weights, little memory."""

import gc
import os
import re
import warnings

import numpy as np
import pytest
import scipy

pd = pytest.importorskip("pandas", reason="partitions are DataFrames")
dask = pytest.importorskip("dask", reason="needs Dask (extra 'dask')")
dd = pytest.importorskip("dask.dataframe", reason="needs Dask (extra 'dask')")
distributed = pytest.importorskip("distributed", reason="needs Dask (extra 'dask')")

import killed_workers  # noqa: E402
from partitions import NAMES, fitted, parts_of, table  # noqa: E402

from skmultitext import TfidfLogRegTagger  # noqa: E402
from skmultitext.distributed import _dask as module  # noqa: E402
from skmultitext.distributed import _versions as versions  # noqa: E402
from skmultitext.distributed import evaluate_partitions, fit_partitions, tag_partitions  # noqa: E402
from skmultitext.exceptions import PartitionError  # noqa: E402
from skmultitext.linear import _in_parts  # noqa: E402

pytestmark = pytest.mark.slow

FRAME = table()
LABELS = {"text": "text", "labels": NAMES}


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """The file that a worker writes before it ends."""
    path = tmp_path_factory.mktemp("killed") / "process"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(killed_workers.KILLED, str(path))
        yield path


@pytest.fixture(scope="module")
def client(killed, tmp_path_factory):
    """Two worker processes of 1 GB on loopback, which hold 50 kB of values in memory."""
    settings = {
        "distributed.worker.memory.target": 0.00005,
        "dataframe.convert-string": False,
        # a task that is thought to be short is sent where its values are
        "distributed.scheduler.default-task-durations": {"apply": "1us"},
    }
    with (
        dask.config.set(settings),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            memory_limit="1GB",
            local_directory=str(tmp_path_factory.mktemp("spilled")),
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def frame_of(frame=FRAME):
    """A Dask DataFrame with an empty partition."""
    parts = parts_of(frame)
    return dd.from_delayed([dask.delayed(part) for part in parts], meta=parts[0][:0])


def same_fit(found, expected):
    np.testing.assert_array_equal(found.coef_, expected.coef_)
    np.testing.assert_array_equal(found.intercept_, expected.intercept_)
    assert {**found.rounds_, "seconds": 0} == {**expected.rounds_, "seconds": 0}


def held(client):
    """Names of the values on the workers, and of the tasks that the scheduler knows."""
    gc.collect()
    on_workers = client.run(lambda dask_worker: list(map(str, dask_worker.data)))
    on_scheduler = client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))
    return [name for names in on_workers.values() for name in names], on_scheduler


def emptied(client):
    """Wait until nothing is held: Dask gives back values some time after the last reference."""
    for _ in range(600):
        if held(client) == ([], 0):
            return True
        client.run(gc.collect)
    return False


@pytest.fixture
def no_stealing(client):
    """Tasks stay where they are sent, even if a worker is slow to begin."""
    client.run_on_scheduler(stop_stealing)
    yield
    client.run_on_scheduler(start_stealing)


async def stop_stealing(dask_scheduler):
    await dask_scheduler.extensions["stealing"].stop()


async def start_stealing(dask_scheduler):
    await dask_scheduler.extensions["stealing"].start()


def test_a_worker_killed_in_a_round_costs_a_retry(client, killed, monkeypatch):
    undisturbed = fit_partitions(TfidfLogRegTagger(), parts_of(FRAME), **LABELS)
    monkeypatch.setattr(_in_parts, "evaluate_part", killed_workers.evaluate_or_die)
    monkeypatch.setattr(module, "PIECE", 500)  # weights travel in pieces
    before = set(client.run(os.getpid).values())
    found = fit_partitions(TfidfLogRegTagger(), frame_of(), **LABELS)
    assert int(killed.read_text()) in before
    same_fit(found, undisturbed)


def test_large_weights_travel_without_a_warning_of_their_size(client, monkeypatch):
    engine, weights = module.DaskEngine(), np.ones(2**18)
    parts = [dask.delayed(module.same)(np.ones(3)) for _ in range(3)]
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1MB"}):
        monkeypatch.setattr(module, "PIECE", 2**18)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            total = engine.reduce(engine.map(parts, scaled, weights), np.add)
        np.testing.assert_array_equal(total, np.full(3, 3.0 * 2**18))
        monkeypatch.setattr(module, "PIECE", 2**30)
        with pytest.warns(UserWarning, match="Sending large graph of size"):
            engine.reduce(engine.map(parts, scaled, weights), np.add)


@pytest.mark.usefixtures("no_stealing")
def test_partitions_are_spread_over_the_workers(client, monkeypatch):
    monkeypatch.setattr(module, "PIECE", 2**18)
    engine = module.DaskEngine()
    parts = [dask.delayed(module.same)(np.ones(3)) for _ in range(6)]
    kept = engine.keep(engine.map(parts, scaled, np.ones(2**20)))  # which is on one worker
    places = [client.who_has(distributed.futures_of(part)) for part in kept]
    workers = [worker for place in places for held_by in place.values() for worker in held_by]
    assert sorted(map(workers.count, set(workers))) == [3, 3]


def scaled(part, number, weights):
    return part * weights.sum()


def test_what_a_fit_held_is_given_back(client):
    assert emptied(client), held(client)
    fit_partitions(TfidfLogRegTagger(), frame_of(), **LABELS)
    assert emptied(client), held(client)


def test_partitions_are_spilled_and_the_fit_is_the_same(client):
    frame = pd.concat([table(400, seed) for seed in range(5)], ignore_index=True)
    parts = [frame[i : i + 250] for i in range(0, 2000, 250)]
    data = dd.from_delayed([dask.delayed(part) for part in parts], meta=parts[0][:0]).persist()
    distributed.wait(data)
    found = fit_partitions(TfidfLogRegTagger(), data, **LABELS)
    client.wait_for_workers(2, timeout=120)
    spilled = client.run(lambda dask_worker: dask_worker.data.spilled_total.disk)
    assert max(spilled.values()) > 0
    same_fit(found, fit_partitions(TfidfLogRegTagger(), parts, **LABELS))


def test_a_bad_row_is_named_and_its_task_not_repeated(client):
    bad = FRAME.assign(text=FRAME["text"].where(FRAME.index != 42))
    message = r"^partition 3, row 2: the text is missing"
    with pytest.raises(PartitionError, match=message):
        fit_partitions(TfidfLogRegTagger(), frame_of(bad), **LABELS)
    with pytest.raises(PartitionError, match=message):
        tag_partitions(fitted(), frame_of(bad), text="text").compute()
    failed = client.run_on_scheduler(
        lambda dask_scheduler: [error.erred_on for error in dask_scheduler.erred_tasks]
    )
    assert [len(workers) for workers in failed] == [1, 1]


def test_workers_of_another_version_are_refused(client, monkeypatch):
    other = {**versions.installed_versions(), "scipy": "0.1"}
    monkeypatch.setattr(versions, "installed_versions", lambda: other)
    message = (
        f"has scipy {scipy.__version__} (driver: 0.1). Install the same versions on the driver"
    )
    with pytest.raises(PartitionError, match=re.escape(message)):
        evaluate_partitions(fitted(), frame_of(), **LABELS)
