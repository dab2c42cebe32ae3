"""The old model or the new one, never a half: kills, full disks, two savers at a time."""

import errno
import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import skmultitext
from skmultitext import TfidfLogRegTagger
from skmultitext.exceptions import ModelFileError
from skmultitext.persistence import _replacing, _store
from skmultitext.persistence._replacing import find_model, replacing_directory, replacing_file

pytest.importorskip("fcntl", reason="these tests kill processes and fill disks as POSIX has it")

TEXTS = ["refund my lamp", "my parcel is late", "late lamp, refund please", "hello there"]
SETS = [["refund"], ["delivery"], ["delivery", "refund"], []]

# children that are killed while they save, 50 in each way, by their parent, which then loads
KILLS = f"""
import os, random, signal, sys, time
import numpy as np
import skmultitext
from skmultitext.persistence import _replacing
texts, sets = {TEXTS!r}, {SETS!r}
taggers = [skmultitext.TfidfLogRegTagger(C=c).fit(texts, sets) for c in (1.0, 100.0)]
expected = [tagger.predict_proba(texts) for tagger in taggers]
rng = random.Random(0)
for way in ("exchange", "aside", "file"):
    if way == "aside":
        _replacing._exchange = lambda one, other: False
    folder = os.path.join(sys.argv[1], way)
    os.mkdir(folder)
    path = os.path.join(folder, "model.zip" if way == "file" else "model")
    start = time.perf_counter()
    for k in range(10):
        taggers[k % 2].save(path)
    seconds = (time.perf_counter() - start) / 10
    seen = []
    for i in range(50):
        saved, tell = os.pipe()
        child = os.fork()
        if not child:
            k = i
            while True:
                taggers[k % 2].save(path)
                k += 1
                os.write(tell, b"1")
        os.read(saved, 1)  # on a busy machine too, each child has changed the model once
        time.sleep(rng.uniform(0, 2) * seconds)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(saved)
        os.close(tell)
        proba = skmultitext.load(path).predict_proba(texts)
        seen.append([np.array_equal(proba, e) for e in expected].index(True))
    taggers[1].save(path)
    print(way, sorted(set(seen)), os.listdir(folder))
"""


@pytest.fixture(scope="module")
def taggers():
    """Two models that the same path may hold."""
    return [TfidfLogRegTagger(C=c).fit(TEXTS, SETS) for c in (1.0, 100.0)]


@pytest.fixture(params=["exchange", "aside"])
def way(request, monkeypatch):
    """Both ways to put a directory in the place of another."""
    if request.param == "aside":
        monkeypatch.setattr(_replacing, "_exchange", lambda one, other: False)
    elif not hasattr(_replacing.ctypes.CDLL(None), "renameat2"):
        pytest.skip("needs a system that can exchange two names")
    return request.param


def which(path, taggers):
    """Which of the two models a path holds; it fails where it holds none of them."""
    proba = skmultitext.load(path).predict_proba(TEXTS)
    return [np.array_equal(proba, tagger.predict_proba(TEXTS)) for tagger in taggers].index(True)


@pytest.fixture
def memory():
    """A directory in memory where there is such a place: each save waits for the disk often."""
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place) as folder:
        yield Path(folder)


@contextmanager
def leaving():
    """End a forked child at an error: it must not go on as a second runner of the tests."""
    try:
        yield
    finally:
        os._exit(1)


@pytest.mark.slow
def test_50_kills_leave_a_model_whole(memory):
    done = subprocess.run(
        [sys.executable, "-c", KILLS, memory], capture_output=True, text=True, timeout=200
    )
    assert done.stdout.splitlines() == [
        "exchange [0, 1] ['model']",
        "aside [0, 1] ['model']",
        "file [0, 1] ['model.zip']",
    ], done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", ["model", "model.zip"])
def test_load_while_another_process_saves(memory, taggers, way, name):
    taggers[0].save(memory / name)
    child = os.fork()
    if not child:
        with leaving():
            end = time.monotonic() + 2
            for k in itertools.count(1):
                if time.monotonic() > end:
                    os._exit(0)
                taggers[k % 2].save(memory / name)
    seen = set()
    while not (ended := os.waitpid(child, os.WNOHANG))[0]:
        seen.add(which(memory / name, taggers))
    assert ended[1] == 0
    assert seen == {0, 1}


@pytest.mark.parametrize("n_replaced", [1, 2, 1000])
def test_a_model_that_is_replaced_while_it_is_read(tmp_path, taggers, monkeypatch, n_replaced):
    taggers[0].save(tmp_path / "model")
    turns = itertools.count(1)
    read = _store.DirectoryReader.read_entry

    def read_late(self, name, entry):
        if name == "state.json" and (k := next(turns)) <= n_replaced:
            taggers[k % 2].save(tmp_path / "model")
        return read(self, name, entry)

    monkeypatch.setattr(_store.DirectoryReader, "read_entry", read_late)
    if n_replaced < 1000:
        assert which(tmp_path / "model", taggers) == n_replaced % 2
        assert next(turns) == n_replaced + 2
    else:
        with pytest.raises(ModelFileError, match=r"state\.json (has|is damaged)"):
            which(tmp_path / "model", taggers)
        assert next(turns) == 21


def test_a_damaged_model_is_read_once(tmp_path, taggers, monkeypatch):
    taggers[0].save(tmp_path / "model")
    (tmp_path / "model" / "state.json").write_text("{}")
    reads = []
    read = _store.DirectoryReader.read
    monkeypatch.setattr(
        _store.DirectoryReader, "read", lambda *args: reads.append(args) or read(*args)
    )
    with pytest.raises(ModelFileError, match=r"state\.json has 2 bytes"):
        skmultitext.load(tmp_path / "model")
    assert [name for _, name, _ in reads] == ["manifest.json"]


@pytest.mark.parametrize("step", range(3))
def test_a_death_between_two_renames(tmp_path, taggers, monkeypatch, step):
    monkeypatch.setattr(_replacing, "_exchange", lambda one, other: False)
    taggers[0].save(tmp_path / "model")
    renames = []
    rename = type(tmp_path).rename

    def dying(self, target):
        if len(renames) == step:
            os._exit(0)
        renames.append(target)
        return rename(self, target)

    child = os.fork()
    if not child:
        with leaving():
            monkeypatch.setattr(type(tmp_path), "rename", dying)
            taggers[1].save(tmp_path / "model")
    assert os.waitpid(child, 0)[1] == 0
    assert (tmp_path / "model").exists() == (step != 1)
    assert which(tmp_path / "model", taggers) == (step == 2)
    # the next save clears up, and an error in it still leaves the model that there was
    monkeypatch.setattr(_store.DirectoryWriter, "_write", fail_with(errno.ENOSPC))
    with pytest.raises(OSError, match="No space left"):
        taggers[0].save(tmp_path / "model")
    assert os.listdir(tmp_path) == ["model"]
    assert which(tmp_path / "model", taggers) == (step == 2)


def fail_with(code):
    """A method that raises an OSError."""

    def fail(self, *args):
        raise OSError(code, os.strerror(code))

    return fail


def test_replacing_a_model(tmp_path, taggers, way):
    for k in (0, 1, 0):
        taggers[k].save(tmp_path / "model")
        assert which(tmp_path / "model", taggers) == k
        assert os.listdir(tmp_path) == ["model"]


@pytest.mark.parametrize("name", ["model", "model.zip"])
def test_a_full_disk_leaves_the_old_model(tmp_path, taggers, name):
    taggers[0].save(tmp_path / name)
    before = os.stat(tmp_path / name).st_ino
    code = (
        "import resource, signal, sys, skmultitext\n"
        "tagger = skmultitext.load(sys.argv[1])\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))\n"
        "try:\n    tagger.save(sys.argv[1])\n"
        "except OSError as error:\n    print(error.strerror)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / name)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.strip() == "File too large", done.stderr
    assert os.listdir(tmp_path) == [name]
    assert os.stat(tmp_path / name).st_ino == before
    assert which(tmp_path / name, taggers) == 0


def test_what_is_no_model_is_not_overwritten(tmp_path, taggers):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "thesis.txt").write_text("years of work")
    with pytest.raises(FileExistsError, match="holds no saved model; it is not overwritten"):
        taggers[0].save(tmp_path / "folder")
    (tmp_path / "file").write_text("more of it")
    with pytest.raises(FileExistsError, match="is a file; pass the path of a directory"):
        taggers[0].save(tmp_path / "file")
    (tmp_path / "folder.zip").mkdir()
    with pytest.raises(FileExistsError, match="is a directory; pass a path that does not end with"):
        taggers[0].save(tmp_path / "folder.zip")
    assert sorted(os.listdir(tmp_path)) == ["file", "folder", "folder.zip"]
    (tmp_path / "empty").mkdir()
    taggers[0].save(tmp_path / "empty")
    assert which(tmp_path / "empty", taggers) == 0


def test_a_link_to_the_model_stays_one(tmp_path, taggers):
    taggers[0].save(tmp_path / "version_1")
    (tmp_path / "model").symlink_to("version_1")
    taggers[1].save(tmp_path / "model")
    assert (tmp_path / "model").is_symlink()
    assert which(tmp_path / "version_1", taggers) == 1


def test_two_threads_save_to_the_same_place(tmp_path, taggers):
    threads = [
        threading.Thread(target=lambda k=k: [taggers[k].save(tmp_path / "model") for _ in range(5)])
        for k in (0, 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert which(tmp_path / "model", taggers) in (0, 1)
    assert os.listdir(tmp_path) == ["model"]


def test_an_error_of_the_block_leaves_nothing(tmp_path):
    for name, replacing in (
        ("a", lambda target: replacing_directory(target, lambda path: True)),
        ("b", replacing_file),
    ):
        with pytest.raises(ZeroDivisionError), replacing(tmp_path / name):
            raise ZeroDivisionError
    assert os.listdir(tmp_path) == []
    with pytest.raises(FileNotFoundError, match="There is no saved model at"):
        find_model(tmp_path / "a")


def test_another_error_of_the_exchange_is_not_hidden(tmp_path):
    if not hasattr(_replacing.ctypes.CDLL(None), "renameat2"):
        pytest.skip("needs a system that can exchange two names")
    with pytest.raises(FileNotFoundError):
        _replacing._exchange(tmp_path / "a", tmp_path / "b")
