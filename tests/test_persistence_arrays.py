"""Arrays and lists of str as files, and files that are none."""

import io
import mmap

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skmultitext.exceptions import ModelFileError
from skmultitext.persistence._arrays import (
    array_bytes,
    is_mapped,
    is_plain,
    lines_of,
    mapped_array,
    parse_array,
    parse_lines,
)

DTYPES = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(endianness="?"),
    hnp.unsigned_integer_dtypes(),
    hnp.floating_dtypes(),
    hnp.unicode_string_dtypes(min_len=1, max_len=5),
)


@given(hnp.arrays(DTYPES, hnp.array_shapes(min_dims=0, min_side=0)), st.booleans())
def test_arrays_come_back(array, transpose):
    array = array.T if transpose else array
    found = parse_array(array_bytes(array), "a.npy")
    assert found.dtype == array.dtype
    assert found.shape == array.shape
    assert found.tobytes() == array.tobytes()
    assert found.flags.writeable
    assert found.flags.f_contiguous == array.flags.f_contiguous
    assert found.flags.c_contiguous == array.flags.c_contiguous


def header(text):
    """A file of 64 bytes of data behind a header."""
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + bytes(64)


def described(descr="'<f8'", shape="(8,)", order="False"):
    return header(f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}}}\n")


def test_the_header_of_these_tests_is_one():
    np.testing.assert_array_equal(parse_array(described(), "a.npy"), np.zeros(8))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not an array that save wrote"),
        (b"\x80\x04N.", "is not an array that save wrote"),
        (b"\x93NUMPY\x02\x00" + bytes(80), r"its version is \(2, 0\)"),
        (header("__import__('os').system('true')\n"), "is not an array that save wrote"),
        (header("[" * 60000), "is not an array that save wrote"),
        (described(shape="(1250000000,)"), r"declares 10000000000 bytes of float64"),
        (described(shape="(7,)"), "declares 56 bytes .* but contains 64"),
        (described(shape="(2**62, 4)"), "is not an array that save wrote"),
        (described(shape=f"({2**62}, {2**62})"), "declares"),
        (described(shape="(-8, -1)"), r"declares 64 bytes"),
        (described(shape=f"({'1, ' * 70} 8)"), "has the shape"),
        (described(descr="'|O'"), "contains object; only numbers and str"),
        (described(descr="[('a', '<f8')]"), r"contains \[\('a', '<f8'\)\]; only"),
        (described(descr="'|V8'"), r"only numbers and str"),
        (described(descr="'<U0'", shape="(1000000000000,)"), r"only numbers and str"),
        (described(descr="'<M8[s]'"), "only numbers and str"),
    ],
)
def test_what_is_no_array(content, message):
    with pytest.raises(ModelFileError, match=message):
        parse_array(content, "a.npy")


def test_an_empty_array_claims_no_memory():
    content = described(shape=f"(0, {2**40})")[:-64]
    try:
        assert parse_array(content, "a.npy").nbytes == 0
    except ModelFileError as error:
        assert "has the shape" in str(error)  # noqa: PT017 (numpy may refuse it)


def test_what_is_plain():
    for dtype in ("?", "i1", ">u4", "f2", "f8", "c16", "U3", "S3"):
        assert is_plain(np.dtype(dtype))
    for dtype in ("O", "V3", "U0", "M8[s]", "m8[s]", "f8,i4", "(2,)f8"):
        assert not is_plain(np.dtype(dtype))


@given(st.lists(st.text(st.characters() | st.sampled_from("\\\n\r\ud800\udc00u"), max_size=9)))
def test_lines_come_back(strings):
    content = lines_of(strings)
    assert parse_lines(content, "a.txt") == strings
    assert content.count(b"\n") == len(strings)


def test_what_is_no_text():
    with pytest.raises(ModelFileError, match=r"a\.txt is not UTF-8"):
        parse_lines(b"\xff\n", "a.txt")
    with pytest.raises(ModelFileError, match=r"a\.txt is truncated: its last line has no line end"):
        parse_lines(b"late\nparc", "a.txt")


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ("(8,)", None),
        ("(2, 4)", None),
        ("(1250000000,)", "declares 10000000000 bytes"),
        (f"({10**17}, {10**17})", "declares"),
        (f"(0, {10**17})", "declares 0 bytes"),
        ("()", "declares 8 bytes"),
        ("(8)", "is not an array that save wrote"),
        ("(2 4)", "is not an array that save wrote"),
        ("(-8,)", "declares -64 bytes"),
    ],
)
@pytest.mark.parametrize("descr", ["<f8", ">f8"])
def test_headers_as_numpy_writes_them(shape, message, descr):
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"
    content = header(text + " " * 20 + "\n")
    if message is None:
        assert parse_array(content, "a.npy").tobytes() == bytes(64)
        found = np.load(io.BytesIO(content))
        assert parse_array(content, "a.npy").shape == found.shape
        assert parse_array(content, "a.npy").dtype == found.dtype
    else:
        with pytest.raises(ModelFileError, match=message):
            parse_array(content, "a.npy")
    with pytest.raises(ModelFileError, match=r"a\.npy"):
        parse_array(content[:40], "a.npy")


def mapping(content, tmp_path):
    """Map a file read-only."""
    file = tmp_path / "a.npy"
    file.write_bytes(content)
    with file.open("rb") as stream:
        return mmap.mmap(stream.fileno(), len(content), access=mmap.ACCESS_READ)


@pytest.mark.parametrize("array", [np.arange(5.0), np.arange(3, dtype=np.uint16), np.empty(0)])
def test_a_mapped_array_is_read_only_and_knows_its_file(array, tmp_path):
    found = mapped_array(mapping(array_bytes(array), tmp_path), "a.npy")
    np.testing.assert_array_equal(found, array)
    assert found.dtype == array.dtype
    assert is_mapped(found) == is_mapped(found[1:]) == (len(array) > 0)
    assert not is_mapped(found.copy())
    assert len(array) == 0 or not found.flags.writeable


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"x", "is not an array that save wrote"),
        (described(shape="(9,)"), "declares 72 bytes"),
        (described(shape="(2, 4)"), "cannot be mapped"),
        (described(descr="'|O'"), "only numbers and str are read"),
        (
            header("{'descr': '<f8', 'fortran_order': False, 'shape': (8,), }   \n"),
            "cannot be mapped",
        ),
    ],
)
def test_files_that_are_not_mapped(content, message, tmp_path):
    with pytest.raises(ModelFileError, match=message):
        mapped_array(mapping(content, tmp_path), "a.npy")
