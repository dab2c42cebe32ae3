"""The old model or the new one, never a half: kills, full disks, two savers at a time."""

import errno
import os
import subprocess
import sys
import tempfile
import threading

import numpy as np
import pytest

import skmultitext
from skmultitext import TfidfLogRegTagger
from skmultitext.persistence import _replacing, _store
from skmultitext.persistence._replacing import find_model, replacing_directory, replacing_file

pytest.importorskip("fcntl", reason="these tests kill processes and fill disks as POSIX has it")

TEXTS = ["refund my lamp", "my parcel is late", "late lamp, refund please", "hello there"]
SETS = [["refund"], ["delivery"], ["delivery", "refund"], []]

# a process that is killed while it saves, 50 times, by its parent, which then loads
KILLS = f"""
import os, random, signal, sys, time
import numpy as np
import skmultitext
from skmultitext.persistence import _replacing
path, way = sys.argv[1:]
if way == "aside":
    _replacing._exchange = lambda one, other: False
texts, sets = {TEXTS!r}, {SETS!r}
taggers = [skmultitext.TfidfLogRegTagger(C=c).fit(texts, sets) for c in (1.0, 100.0)]
expected = [tagger.predict_proba(texts) for tagger in taggers]
start = time.perf_counter()
for k in range(10):
    taggers[k % 2].save(path)
seconds = (time.perf_counter() - start) / 10
rng, seen = random.Random(0), []
for _ in range(50):
    child = os.fork()
    if not child:
        k = 0
        while True:
            taggers[k % 2].save(path)
            k += 1
    time.sleep(rng.uniform(0.2, 3) * seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    proba = skmultitext.load(path).predict_proba(texts)
    seen.append([np.array_equal(proba, e) for e in expected].index(True))
taggers[1].save(path)
print(sorted(set(seen)), os.listdir(os.path.dirname(path)))
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
        pytest.skip("this system cannot exchange two names")
    return request.param


def which(path, taggers):
    """Which of the two models a path holds; it fails where it holds none of them."""
    proba = skmultitext.load(path).predict_proba(TEXTS)
    return [np.array_equal(proba, tagger.predict_proba(TEXTS)) for tagger in taggers].index(True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "how"), [("model", "exchange"), ("model", "aside"), ("model.zip", "file")]
)
def test_50_kills_leave_a_model_whole(name, how):
    # in memory where there is such a place: each save waits for the disk several times
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        done = subprocess.run(
            [sys.executable, "-c", KILLS, os.path.join(folder, name), how],
            capture_output=True,
            text=True,
            timeout=200,
        )
    assert done.stdout.strip() == f"[0, 1] ['{name}']", done.stderr


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
        monkeypatch.setattr(type(tmp_path), "rename", dying)
        taggers[1].save(tmp_path / "model")
        os._exit(1)
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
        pytest.skip("this system cannot exchange two names")
    with pytest.raises(FileNotFoundError):
        _replacing._exchange(tmp_path / "a", tmp_path / "b")
