"""Names of files, links, sizes, and zips that are not as save writes them."""

import io
import os
import stat
import zipfile

import pytest

from skmultitext.exceptions import ModelFileError
from skmultitext.persistence._store import (
    DirectoryReader,
    DirectoryWriter,
    ZipReader,
    ZipWriter,
    check_name,
    open_regular,
)


@pytest.mark.parametrize("name", ["state.json", "data/0000.npy", "transformer_1/vocab.txt", "_a"])
def test_names_of_files(name):
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "..", "../a", "/etc/passwd", "a/../b", "a/b/c", "a//b", "./a", ".hidden", "a\\b", "C:a",
     "a\0", "a\n", "ä", "a/", "nul", "COM1.txt", "data/aux.npy", "a" * 101, None, 3, ["a"]],
)  # fmt: skip
def test_names_that_lead_elsewhere(name):
    with pytest.raises(ModelFileError, match="is not a legal name of a file in a model"):
        check_name(name)


def entry(content):
    import hashlib

    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def make_zip(*entries, **options):
    """A zip of (name or ZipInfo, content)."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", **options) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return stream


def open_zip(stream):
    return ZipReader(stream, len(stream.getvalue()))


@pytest.fixture(params=["directory", "zip"])
def store(request, tmp_path):
    """A writer, and a function that gives the reader of what it wrote."""
    if request.param == "directory":
        return DirectoryWriter(tmp_path), lambda: DirectoryReader(tmp_path)
    stream = io.BytesIO()
    archive = zipfile.ZipFile(stream, "w")

    def read():
        archive.close()
        return open_zip(stream)

    return ZipWriter(archive), read


def test_what_is_written_is_read(store):
    writer, reader = store
    writer.write("a.txt", b"one")
    writer.write("data/b.npy", memoryview(b"").cast("B"))
    assert writer.entries == {"a.txt": entry(b"one"), "data/b.npy": entry(b"")}
    with pytest.raises(ValueError, match=r"Two files of the model are called 'a\.txt'"):
        writer.write("a.txt", b"two")
    read = reader()
    assert read.read_entry("a.txt", entry(b"one")) == b"one"
    assert read.read_entry("data/b.npy", entry(b"")) == b""
    with pytest.raises(ModelFileError, match=r"a\.txt has 3 bytes; the manifest says 4"):
        read.read_entry("a.txt", entry(b"four"))
    with pytest.raises(ModelFileError, match=r"a\.txt is damaged: its SHA-256"):
        read.read_entry("a.txt", entry(b"two"))
    with pytest.raises(ModelFileError, match=r"a\.txt has 3 bytes; at most 2 are read"):
        read.read("a.txt", 2)
    with pytest.raises(ModelFileError, match=r"c\.txt is missing in"):
        read.read("c.txt", 2)
    with pytest.raises(ModelFileError, match="is not a legal name of a file"):
        read.read("../a.txt", 9)


def test_links_and_devices_are_not_followed(tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "a.txt").write_bytes(b"one")
    model = tmp_path / "model"
    model.mkdir()
    (model / "link.txt").symlink_to(secret / "a.txt")
    (model / "data").symlink_to(secret)
    os.mkfifo(model / "pipe")
    (model / "folder").mkdir()
    reader = DirectoryReader(model)
    for name in ("link.txt", "pipe", "folder"):
        with pytest.raises(ModelFileError, match="is not a regular file; links are not followed"):
            reader.read(name, 9)
    with pytest.raises(
        ModelFileError, match="data is not a regular directory; links are not followed"
    ):
        reader.read("data/a.txt", 9)


def test_zips_that_save_does_not_write():
    link = zipfile.ZipInfo("a.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    cases = [
        (make_zip(("a.txt", b"x" * 999), compression=zipfile.ZIP_DEFLATED), "is compressed or"),
        (make_zip((link, b"/etc/passwd")), "is not a regular file; links are not followed"),
        (make_zip(("../a.txt", b"")), "is not a legal name of a file"),
        (make_zip(("/a.txt", b"")), "is not a legal name of a file"),
        (io.BytesIO(b"PK\5\6" + bytes(3)), "This is not a readable zip"),
        (io.BytesIO(b""), "This is not a readable zip"),
    ]
    for stream, message in cases:
        with pytest.raises(ModelFileError, match=message):
            open_zip(stream)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice():
    with pytest.raises(ModelFileError, match=r"a\.txt occurs twice in the zip"):
        open_zip(make_zip(("a.txt", b"one"), ("a.txt", b"two")))


def test_a_zip_that_claims_more_than_it_has():
    content = make_zip(("a.txt", b"x" * 100)).getvalue()
    length = (100).to_bytes(4, "little")
    forged = content.replace(length * 2, (10**9).to_bytes(4, "little") * 2)
    assert forged != content
    with pytest.raises(ModelFileError, match="declares more content than it has bytes"):
        open_zip(io.BytesIO(forged))


def test_entries_that_lie_over_each_other():
    # two names of one content: the sum of their sizes is more than the file
    content = make_zip(("a.txt", b"x" * 1000), ("b.txt", b"")).getvalue()
    directory = content.index(b"PK\1\2")
    first = content[directory : content.index(b"PK\1\2", directory + 4)]
    second = first.replace(b"a.txt", b"b.txt")
    end = content.index(b"PK\5\6")
    forged = content[:directory] + first + second + content[end:]
    with pytest.raises(ModelFileError, match="declares more content than it has bytes"):
        open_zip(io.BytesIO(forged))


def test_a_zip_with_a_wrong_checksum():
    stream = make_zip(("a.txt", b"x" * 100))
    forged = stream.getvalue().replace(b"x" * 100, b"x" * 99 + b"y")
    with pytest.raises(ModelFileError, match=r"a\.txt cannot be read from the zip"):
        open_zip(io.BytesIO(forged)).read("a.txt", 100)


def test_a_fifo_that_takes_the_place_of_a_file(tmp_path, monkeypatch):
    """It is put there after the look, so that an open for reading would wait for a writer."""
    (tmp_path / "data").mkdir()
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / "data" / "pipe")
    monkeypatch.setattr(DirectoryReader, "_check_kind", lambda self, name: None)
    reader = DirectoryReader(tmp_path)
    for name in ("pipe", "data/pipe"):
        with pytest.raises(
            ModelFileError, match="pipe is not a regular file; links are not followed"
        ):
            reader.read(name, 9)
    with pytest.raises(ModelFileError, match="pipe is not a regular file"):
        open_regular(tmp_path / "pipe", follow=True)


def test_links_that_take_the_place_of_a_file(tmp_path, monkeypatch):
    secret, model = tmp_path / "secret", tmp_path / "model"
    secret.mkdir()
    model.mkdir()
    (secret / "a.txt").write_bytes(b"one")
    (model / "link.txt").symlink_to(secret / "a.txt")
    (model / "data").symlink_to(secret)
    monkeypatch.setattr(DirectoryReader, "_check_kind", lambda self, name: None)
    reader = DirectoryReader(model)
    with pytest.raises(ModelFileError, match=r"link\.txt is not a regular file; links are not"):
        reader.read("link.txt", 9)
    with pytest.raises(ModelFileError, match="data cannot be read"):
        reader.read("data/a.txt", 9)
    with pytest.raises(ModelFileError, match=r"b\.txt is missing in"):
        reader.read("b.txt", 9)


def test_a_file_is_mapped_after_its_size_is_checked(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    store = DirectoryReader(tmp_path)
    with store.map_entry("a", {"size": 5}) as found:
        assert found[:] == b"12345"
        with pytest.raises(TypeError):
            found[0] = 0
    with pytest.raises(ModelFileError, match="a has 5 bytes; the manifest says 4"):
        store.map_entry("a", {"size": 4})
    with pytest.raises(ModelFileError, match="empty is empty"):
        store.map_entry("empty", {"size": 0})
    with pytest.raises(ModelFileError, match="not a regular file"):
        store.map_entry("link", {"size": 5})
