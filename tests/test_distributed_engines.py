"""The engine of a collection, and the checks of column names."""

import re

import pytest

pd = pytest.importorskip("pandas", reason="partitions are DataFrames")

from skmultitext.distributed._engines import LocalEngine, engine_of  # noqa: E402

PARTS = [pd.DataFrame({"text": ["a", "b"], "n": [1, 2]}), pd.DataFrame({"text": ["c"], "n": [3]})]


def total(part, number, factor):
    return [(number, factor * part["n"].sum(), list(part.columns))]


def test_a_list_is_reduced_in_order():
    engine = LocalEngine()
    totals = engine.map(engine.frames(PARTS, ["n"]), total, 10)
    found = engine.reduce(totals, lambda a, b: a + b)
    assert found == [(0, 30, ["n"]), (1, 30, ["n"])]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            [],
            "data is of type list; pass a Dask DataFrame, a Dask Bag of dicts, a Spark",
        ),
        ([{"text": "a"}], "data is of type list; pass a Dask DataFrame"),
        (PARTS[0], "at least one. Put it in a list, as one partition."),
        (PARTS[0]["text"], "data is of type Series; pass"),
    ],
    ids=["empty", "dicts", "frame", "series"],
)
def test_other_collections_are_refused(data, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        engine_of(data)


def test_a_column_must_be_there_once():
    engine = engine_of(PARTS)
    engine.check_columns(PARTS, text="text")
    message = "text names 'txt', of which data has 0 columns. Its columns are 'text', 'n'. Did you"
    with pytest.raises(ValueError, match=re.escape(message)):
        engine.check_columns(PARTS, text="txt")
    with pytest.raises(ValueError, match="labels is 3; pass the name of a column, a str"):
        engine.check_columns(PARTS, labels=3)
    twice = [pd.DataFrame([["a", "b"]], columns=["text", "text"])]
    with pytest.raises(ValueError, match="of which data has 2 columns"):
        engine.check_columns(twice, text="text")
    unlike = [PARTS[0], pd.DataFrame({"text": ["d"]})]
    with pytest.raises(ValueError, match="labels names 'n', of which data has 0 columns"):
        engine.check_columns(unlike, labels="n")


def test_a_new_column_must_be_new():
    engine = engine_of(PARTS)
    engine.check_new_column(PARTS, "column", "labels")
    message = "column names 'n', a column that data already has; pass another name."
    with pytest.raises(ValueError, match=re.escape(message)):
        engine.check_new_column(PARTS, "column", "n")
    with pytest.raises(ValueError, match="column is None; pass the name of a column, a str"):
        engine.check_new_column(PARTS, "column", None)
