"""Small files in every format that `skmultitext.datasets` reads, and checks of what was read."""

import gzip
import pickle
import re
from functools import partial

import numpy as np
import pytest
from hypothesis import strategies as st

from skmultitext.datasets import (
    read_fasttext,
    read_indicator_csv,
    read_jsonl,
    read_label_column_csv,
    read_libmultilabel,
    read_text_and_onehot,
)
from skmultitext.exceptions import DataFileError

# one small file in every format: name, content, and reader, which is no function of this module
# because warnings must point at its caller
FORMATS = {
    "indicator": (
        "t.csv",
        "id,text,b,a\n1,one,1,1\n2,two,0,0\n3,three,0,1\n",
        partial(read_indicator_csv, id_column="id"),
    ),
    "label_column": (
        "t.csv",
        'id,text,labels\n1,one,"b,a"\n2,two,\n3,three,a\n',
        partial(read_label_column_csv, id_column="id"),
    ),
    "fasttext": ("t.txt", "__label__b __label__a one\ntwo\n__label__a three\n", read_fasttext),
    "libmultilabel": ("t.txt", "1\tb a\tone\n2\t\ttwo\n3\ta\tthree\n", read_libmultilabel),
    "jsonl": (
        "t.jsonl",
        '{"id": 1, "text": "one", "labels": ["b", "a"]}\n'
        '{"id": "2", "text": "two", "labels": []}\n'
        '{"id": 3, "text": "three", "labels": ["a"]}\n',
        partial(read_jsonl, id_field="id"),
    ),
    "onehot": (
        "t.txt",
        "one\ntwo\nthree\n",
        partial(read_text_and_onehot, label_names=["b", "a"]),
    ),
}

# parameters for a file without column names
NO_HEADER = {"header": False, "text_column": 0, "labels_column": 1}

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
LABELS = st.sets(st.sampled_from("abc"))
DOCUMENTS = st.lists(st.tuples(TEXT, LABELS), min_size=1, max_size=8)


def writer_in(folder):
    """Return a function that writes a file of str or bytes, and returns its path."""

    def write_file(name, content):
        content = content.encode() if isinstance(content, str) else content
        path = folder / name
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write_file


def small_file_in(folder, kind):
    """Return (kind, content, writer of a changed content, reader) of a format."""
    name, content, reader = FORMATS[kind]
    write = writer_in(folder)
    if kind == "onehot":
        reader = partial(reader, onehot_path=write("onehot.txt", "1, 1\n0,0\n0 1\n"))
    return kind, content, lambda text, suffix="": write(name + suffix, text), reader


def assert_small_file(kind, bunch):
    """Check a Bunch read from the content of a small file."""
    names = ["b", "a"] if kind in ("indicator", "onehot") else ["a", "b"]
    ids = None if kind in ("fasttext", "onehot") else ["1", "2", "3"]
    assert_bunch(bunch, ["one", "two", "three"], [tuple(names), (), ("a",)], names, ids)


def assert_bunch(bunch, data, label_sets, target_names, ids=None):
    """Check all that a Bunch holds."""
    assert bunch.data == data
    assert bunch.label_sets == label_sets
    assert bunch.target_names == target_names
    target = [[int(name in labels) for name in target_names] for labels in label_sets]
    np.testing.assert_array_equal(bunch.target, target)
    assert bunch.target.dtype == np.int64
    assert bunch.get("ids") == ids
    assert bunch.frame is None
    assert isinstance(bunch.DESCR, str)
    pickle.loads(pickle.dumps(bunch))


def assert_round_trip(bunch, documents):
    """Check a Bunch against the (text, labels) pairs that were written."""
    assert bunch.data == [text for text, _ in documents]
    assert bunch.label_sets == [tuple(sorted(labels)) for _, labels in documents]


def raises_at(path, line, message):
    """Expect a DataFileError for a line of a file."""
    return pytest.raises(DataFileError, match=f"^{re.escape(f'{path}:{line}: ')}.*{message}")
