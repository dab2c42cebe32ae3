"""The old model or the new one, never a half: kills, full disks, two savers at a time."""

import errno
import itertools
import json
import os
import stat
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
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
        skmultitext.save(taggers[k % 2], path)
    seconds = (time.perf_counter() - start) / 10
    seen = []
    for i in range(50):
        saved, tell = os.pipe()
        child = os.fork()
        if not child:
            k = i
            while True:
                skmultitext.save(taggers[k % 2], path)
                k += 1
                os.write(tell, b"1")
        os.close(tell)
        if not os.read(saved, 1):  # on a busy machine too, each child changes the model once
            sys.exit(f"child {{i}} could not save")
        time.sleep(rng.uniform(0, 2) * seconds)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(saved)
        proba = skmultitext.load(path).predict_proba(texts)
        seen.append([np.array_equal(proba, e) for e in expected].index(True))
    skmultitext.save(taggers[1], path)
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
        [sys.executable, "-c", KILLS, memory], capture_output=True, text=True, timeout=600
    )
    assert done.stdout.splitlines() == [
        "exchange [0, 1] ['model']",
        "aside [0, 1] ['model']",
        "file [0, 1] ['model.zip']",
    ], done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", ["model", "model.zip"])
def test_load_while_another_process_saves(memory, taggers, way, name):
    path, enough = memory / name, memory / "enough"
    skmultitext.save(taggers[0], path)
    child = os.fork()
    if not child:
        with leaving():
            for k in itertools.count(1):
                if enough.exists():
                    os._exit(0)
                skmultitext.save(taggers[k % 2], path)
    try:
        # at least a hundred, and until both were seen: on a busy machine one of the two may rest
        seen, deadline = [], time.monotonic() + 120
        while len(seen) < 100 or (set(seen) != {0, 1} and time.monotonic() < deadline):
            seen.append(which(path, taggers))
            assert not os.waitpid(child, os.WNOHANG)[0], "the process that saves has ended"
    finally:
        enough.touch()
    assert os.waitpid(child, 0)[1] == 0
    assert set(seen) == {0, 1}


@pytest.mark.parametrize("n_replaced", [1, 2, 1000])
def test_a_model_that_is_replaced_while_it_is_read(tmp_path, taggers, monkeypatch, n_replaced):
    skmultitext.save(taggers[0], tmp_path / "model")
    turns = itertools.count(1)
    read = _store.DirectoryReader.read_entry

    def read_late(self, name, entry):
        if name == "state.json" and (k := next(turns)) <= n_replaced:
            skmultitext.save(taggers[k % 2], tmp_path / "model")
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
    skmultitext.save(taggers[0], tmp_path / "model")
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
    skmultitext.save(taggers[0], tmp_path / "model")
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
            skmultitext.save(taggers[1], tmp_path / "model")
    assert os.waitpid(child, 0)[1] == 0
    assert (tmp_path / "model").exists() == (step != 1)
    assert which(tmp_path / "model", taggers) == (step == 2)
    # the next save clears up, and an error in it still leaves the model that there was
    monkeypatch.setattr(_store.DirectoryWriter, "_write", fail_with(errno.ENOSPC))
    with pytest.raises(OSError, match="No space left"):
        skmultitext.save(taggers[0], tmp_path / "model")
    assert os.listdir(tmp_path) == ["model"]
    assert which(tmp_path / "model", taggers) == (step == 2)


@pytest.mark.slow
def test_a_death_in_the_middle_of_any_file(tmp_path, taggers, monkeypatch):
    folder = tmp_path / "models"
    folder.mkdir()
    skmultitext.save(taggers[0], folder / "model")

    def save_and_die(step):
        """Save in a child that dies at its `step`-th flush, with half of that file written."""
        turns = itertools.count()

        def dying(descriptor):
            if next(turns) == step:
                if stat.S_ISREG(os.fstat(descriptor).st_mode):
                    os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
                os._exit(0)

        child = os.fork()
        if not child:
            with leaving():
                monkeypatch.setattr(os, "fsync", dying)
                skmultitext.save(taggers[1], folder / "model")
                os._exit(3)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    for step in itertools.count():
        code = save_and_die(step)
        which(folder / "model", taggers)
        skmultitext.save(taggers[0], folder / "model")
        assert which(folder / "model", taggers) == 0
        assert os.listdir(folder) == ["model"]
        if code:
            break
    assert code == 3
    assert step > 10


@pytest.mark.parametrize("content", [b"", b"{", b"[]"])
def test_an_old_staging_directory_that_cannot_be_read_stays(tmp_path, taggers, content):
    staging = tmp_path / f".model.saving-{'0' * 16}"
    (staging / "new").mkdir(parents=True)
    (staging / "skmultitext-saves-here").touch()
    (staging / "new" / "manifest.json").write_bytes(content)
    skmultitext.save(taggers[0], tmp_path / "model")
    assert which(tmp_path / "model", taggers) == 0
    assert (staging / "new" / "manifest.json").read_bytes() == content


def fail_with(code):
    """A method that raises an OSError."""

    def fail(self, *args):
        raise OSError(code, os.strerror(code))

    return fail


def test_replacing_a_model(tmp_path, taggers, way):
    for k in (0, 1, 0):
        skmultitext.save(taggers[k], tmp_path / "model")
        assert which(tmp_path / "model", taggers) == k
        assert os.listdir(tmp_path) == ["model"]


@pytest.mark.parametrize("name", ["model", "model.zip"])
def test_a_full_disk_leaves_the_old_model(tmp_path, taggers, name):
    skmultitext.save(taggers[0], tmp_path / name)
    before = os.stat(tmp_path / name).st_ino
    code = (
        "import resource, signal, sys, skmultitext\n"
        "tagger = skmultitext.load(sys.argv[1])\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))\n"
        "try:\n    skmultitext.save(tagger, sys.argv[1])\n"
        "except OSError as error:\n    print(error.strerror)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / name)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout.strip() == "File too large", done.stderr
    assert os.listdir(tmp_path) == [name]
    assert os.stat(tmp_path / name).st_ino == before
    assert which(tmp_path / name, taggers) == 0


def test_what_is_no_model_is_not_overwritten(tmp_path, taggers):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "thesis.txt").write_text("years of work")
    with pytest.raises(FileExistsError, match=r"is not a saved model .*it is not overwritten"):
        skmultitext.save(taggers[0], tmp_path / "folder")
    (tmp_path / "file").write_text("more of it")
    with pytest.raises(FileExistsError, match="is a file; pass the path of a directory"):
        skmultitext.save(taggers[0], tmp_path / "file")
    (tmp_path / "folder.zip").mkdir()
    with pytest.raises(FileExistsError, match="is a directory; pass a path that does not end with"):
        skmultitext.save(taggers[0], tmp_path / "folder.zip")
    (tmp_path / "photos.zip").write_bytes(b"PK photos")
    with pytest.raises(FileExistsError, match=r"is not a saved model .*This is not a readable zip"):
        skmultitext.save(taggers[0], tmp_path / "photos.zip")
    with zipfile.ZipFile(tmp_path / "others.zip", "w") as archive:
        archive.writestr("manifest.json", json.dumps({"name": "an extension"}))
    with pytest.raises(FileExistsError, match=r"does not belong to a saved model"):
        skmultitext.save(taggers[0], tmp_path / "others.zip")
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "manifest.json").write_text('{"name": "a web app"}')
    (tmp_path / "web" / "app.js").write_text("run()")
    with pytest.raises(FileExistsError, match=r"does not belong to a saved model"):
        skmultitext.save(taggers[0], tmp_path / "web")
    assert (tmp_path / "folder" / "thesis.txt").read_text() == "years of work"
    assert (tmp_path / "photos.zip").read_bytes() == b"PK photos"
    assert sorted(os.listdir(tmp_path / "web")) == ["app.js", "manifest.json"]
    names = ["file", "folder", "folder.zip", "others.zip", "photos.zip", "web"]
    assert sorted(os.listdir(tmp_path)) == names
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.zip").touch()
    for name in ("empty", "empty.zip"):
        skmultitext.save(taggers[0], tmp_path / name)
        assert which(tmp_path / name, taggers) == 0


def test_paths_that_are_refused(tmp_path, taggers, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="path is empty; pass the path of a directory"):
        skmultitext.save(taggers[0], "")
    with pytest.raises(
        FileExistsError, match="is the current directory; pass the path of a directory"
    ):
        skmultitext.save(taggers[0], ".")
    assert os.listdir(tmp_path) == []


ADDED = ["notes.txt", "data/notes.txt", "README.md", "drafts", "link"]


@pytest.mark.parametrize("name", ADDED)
def test_what_a_user_adds_to_a_model_stays(tmp_path, taggers, way, name):
    path = tmp_path / "model"
    skmultitext.save(taggers[0], path)
    if name == "drafts":
        (path / name).mkdir()
    elif name == "link":
        (path / name).symlink_to(path / "data", target_is_directory=True)
    else:
        (path / name).write_text("mine")
    with pytest.raises(FileExistsError, match=f"that were changed since: '{name}'. It is not"):
        skmultitext.save(taggers[1], path)
    if name not in ("drafts", "link"):
        assert (path / name).read_text() == "mine"
    assert (path / name).exists()
    assert os.listdir(tmp_path) == ["model"]
    assert which(path, taggers) == 0


def test_what_is_added_during_a_save_is_not_lost(tmp_path, taggers, way, monkeypatch):
    path = tmp_path / "model"
    skmultitext.save(taggers[0], path)
    write = _store.DirectoryWriter._write

    def write_late(self, name, content):
        (path / "notes.txt").write_text("mine")
        return write(self, name, content)

    monkeypatch.setattr(_store.DirectoryWriter, "_write", write_late)
    skmultitext.save(taggers[1], path)
    monkeypatch.undo()
    skmultitext.save(taggers[1], path)
    assert which(path, taggers) == 1
    assert [file.read_text() for file in tmp_path.rglob("notes.txt")] == ["mine"]


def test_an_added_entry_of_a_zip_stays(tmp_path, taggers):
    path = tmp_path / "model.zip"
    skmultitext.save(taggers[0], path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("notes.txt", "mine")
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match=r"manifest\.json does not list 'notes\.txt'"):
        skmultitext.save(taggers[1], path)
    assert path.read_bytes() == before


def test_an_edited_card_in_a_zip_stays(tmp_path, taggers):
    path = tmp_path / "model.zip"
    skmultitext.save(taggers[0], path)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, b"mine" if name == "README.md" else content)
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match=r"that were changed since: 'README\.md'"):
        skmultitext.save(taggers[1], path)
    assert path.read_bytes() == before


def test_a_fifo_is_no_empty_file(tmp_path, taggers):
    os.mkfifo(tmp_path / "model.zip")
    with pytest.raises(FileExistsError, match="neither a directory nor a zip"):
        skmultitext.save(taggers[0], tmp_path / "model.zip")
    assert stat.S_ISFIFO((tmp_path / "model.zip").stat().st_mode)


@pytest.mark.parametrize("suffix", ["", ".zip"])
def test_neighbours_with_like_names_stay(tmp_path, taggers, suffix):
    place = tmp_path / f"model{suffix}"
    names = [f".model{suffix}.{end}" for end in ("saving-1", f"saving-{'0' * 16}", "replaced")]
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "notes.txt").write_text("mine")
    (tmp_path / f".model{suffix}.saving-{'1' * 16}").write_text("mine")
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    for k in (0, 1):
        skmultitext.save(taggers[k], place)
        assert which(place, taggers) == k
    after = {path.relative_to(tmp_path) for path in tmp_path.rglob("*")}
    assert after.issuperset(before)
    assert sorted(path for path in after if path.parts[0] != place.name) == before


@pytest.mark.parametrize("name", ["model", "model.zip"])
def test_permissions_of_a_model_are_kept(tmp_path, taggers, way, name):
    path = tmp_path / name
    skmultitext.save(taggers[0], path)
    modes = {path: 0o700 if name == "model" else 0o600}
    if name == "model":
        modes |= {path / "manifest.json": 0o600, path / "data": 0o710}
        modes |= dict.fromkeys((path / "data").iterdir(), 0o640)
    for file, mode in modes.items():
        file.chmod(mode)
    skmultitext.save(taggers[1], path)
    assert which(path, taggers) == 1
    assert {file: stat.S_IMODE(file.stat().st_mode) for file in modes} == modes


def test_a_model_is_private_while_it_is_written(tmp_path, taggers, monkeypatch):
    seen = []
    write = _store.DirectoryWriter._write

    def look(self, name, content):
        seen.extend(
            stat.S_IMODE(staging.stat().st_mode) for staging in tmp_path.glob(".model.saving-*")
        )
        return write(self, name, content)

    monkeypatch.setattr(_store.DirectoryWriter, "_write", look)
    skmultitext.save(taggers[0], tmp_path / "model")
    assert set(seen) == {0o700}


def test_a_link_to_the_model_stays_one(tmp_path, taggers):
    skmultitext.save(taggers[0], tmp_path / "version_1")
    (tmp_path / "model").symlink_to("version_1")
    skmultitext.save(taggers[1], tmp_path / "model")
    assert (tmp_path / "model").is_symlink()
    assert which(tmp_path / "version_1", taggers) == 1


def test_two_threads_save_to_the_same_place(tmp_path, taggers):
    threads = [
        threading.Thread(
            target=lambda k=k: [skmultitext.save(taggers[k], tmp_path / "model") for _ in range(5)]
        )
        for k in (0, 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert which(tmp_path / "model", taggers) in (0, 1)
    assert os.listdir(tmp_path) == ["model"]


def test_an_error_of_the_block_leaves_nothing(tmp_path):
    for name, replacing in (("a", replacing_directory), ("b", replacing_file)):
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
