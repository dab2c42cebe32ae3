"""Whatever Python and other libraries keep rows in is read as rows, for texts and labels alike."""

from array import array
from collections import UserDict, UserList, UserString, deque

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext import TfidfLogRegTagger, metrics
from skmultitext._gate.containers import column_names, has_no_order, plain_rows, table_values
from skmultitext._gate.documents import check_documents
from skmultitext._gate.label_forms import has_one_column, read_labels
from skmultitext.exceptions import DocumentError, LabelError
from skmultitext.model_selection import MultilabelStratifiedKFold, multilabel_train_test_split
from skmultitext.report import multilabel_report

pd = pytest.importorskip("pandas", reason="rows may stand in a Series")
pa = pytest.importorskip("pyarrow", reason="rows may stand in a column of pyarrow")
try:
    import polars as pl
except ModuleNotFoundError:  # part of the extra "test"; the other libraries are tested without it
    pl = None
with_polars = pytest.mark.skipif(pl is None, reason="rows may stand in a column of polars")

TEXTS = ["late parcel", "refund me", "late refund", "hello"]
SETS = [["delivery"], ["refund"], ["delivery", "refund"], []]
Y = np.array([[1, 0], [0, 1], [1, 1], [0, 0]])
CODES = [0, 1, 1, 0]


class Column:
    """The protocol of `datasets.Column`: a sequence, no array, and slices are lists."""

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, key):
        return self.rows[key]

    def __iter__(self):
        return iter(self.rows)


class Dataset(Column):
    """The protocol of `datasets.Dataset`: rows are dicts, a column is asked for by its name."""

    def __init__(self, columns):
        self.column_names = list(columns)
        self.shape = (len(next(iter(columns.values()))), len(columns))
        self.columns_by_name = columns
        super().__init__(
            [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        )

    def __getitem__(self, key):
        return Column(self.columns_by_name[key]) if isinstance(key, str) else super()[key]


COLLECTIONS = {
    "list": list,
    "tuple": tuple,
    "deque": deque,
    "UserList": UserList,
    "values of a dict": lambda rows: dict(enumerate(rows)).values(),
    "Column": Column,
    "generator": lambda rows: (row for row in rows),
    "Series of pandas": pd.Series,
    "Series of pandas, rows named": lambda rows: pd.Series(rows, index=range(9, 9 - len(rows), -1)),
    "Array of pyarrow": pa.array,
    "ChunkedArray": lambda rows: pa.chunked_array([rows[:1], rows[1:]]),
    "scalars of pyarrow": lambda rows: list(pa.array(rows)),
    "Series of polars": pytest.param(lambda rows: pl.Series(rows), marks=with_polars),
}
ROWS = {
    "tuple": tuple,
    "set": set,
    "deque": deque,
    "UserList": UserList,
    "keys of a dict": lambda row: dict.fromkeys(row).keys(),
    "values of a dict": lambda row: dict(enumerate(row)).values(),
    "ndarray": lambda row: np.array(row, dtype=str),
    "array of objects": lambda row: np.array(row, dtype=object),
    "Index": lambda row: pd.Index(row, dtype=object),
    "Series of pandas": lambda row: pd.Series(row, dtype=object),
    "Series of polars": pytest.param(
        lambda row: pl.Series(row, dtype=pl.String), marks=with_polars
    ),
    "Array of pyarrow": lambda row: pa.array(row, pa.string()),
    "Column": Column,
}
TABLES = {
    "pandas": pd.DataFrame,
    "polars": pytest.param(lambda columns: pl.DataFrame(columns), marks=with_polars),
    "pyarrow": pa.table,
    "record batch": pa.record_batch,
    "Dataset": Dataset,
}
every_collection = pytest.mark.parametrize("make", COLLECTIONS.values(), ids=COLLECTIONS)
every_row = pytest.mark.parametrize("make_row", ROWS.values(), ids=ROWS)
every_table = pytest.mark.parametrize("make", TABLES.values(), ids=TABLES)


def named(columns):
    return {name: [row[j] for row in columns] for j, name in enumerate(("delivery", "refund"))}


@every_collection
def test_texts(make):
    assert check_documents(make(TEXTS)) == TEXTS


@every_collection
def test_gate_label_sets(make):
    found = read_labels(make(SETS))
    assert (found.form, found.label_names) == ("label_sets", ["delivery", "refund"])
    np.testing.assert_array_equal(found.indicator, Y)


@every_collection
def test_an_indicator(make):
    found = read_labels(make(Y.tolist()))
    assert (found.form, found.label_names) == ("indicator", ["0", "1"])
    np.testing.assert_array_equal(found.indicator, Y)


@every_collection
@pytest.mark.parametrize("codes", [CODES, ["no", "yes", "yes", "no"], [False, True, True, False]])
def test_two_classes(make, codes):
    found = read_labels(make(codes))
    assert found.form == "binary"
    assert found.codes.tolist() == [sorted(set(codes))]
    np.testing.assert_array_equal(found.indicator[:, 0], CODES)


@every_row
@pytest.mark.parametrize("make", [list, deque, Column], ids=["list", "deque", "Column"])
def test_rows_of_label_sets(make, make_row):
    found = read_labels(make([make_row(row) for row in SETS]))
    assert found.form == "label_sets"
    np.testing.assert_array_equal(found.indicator, Y)


@pytest.mark.parametrize("make_row", [deque, pd.Series, pa.array, Column, np.array])
def test_rows_of_an_indicator(make_row):
    found = read_labels([make_row(row) for row in Y.tolist()])
    assert found.form == "indicator"
    np.testing.assert_array_equal(found.indicator, Y)


def test_the_type_of_codes_is_kept():
    for y in (pa.array(CODES, pa.int8()), pd.Series(CODES, dtype="int8"), array("b", CODES)):
        assert read_labels(y).codes.dtype == np.int8


@every_table
@pytest.mark.parametrize("kind", [int, bool, float])
def test_tables(make, kind):
    table = make(named(Y.astype(kind).tolist()))
    assert column_names(table) == ["delivery", "refund"]
    found = read_labels(table)
    assert (found.form, found.label_names) == ("indicator", ["delivery", "refund"])
    assert found.named
    np.testing.assert_array_equal(found.indicator, Y)


@every_table
def test_a_table_of_lists_is_told_to_pass_the_column(make):
    with pytest.raises(LabelError, match=r"row 0, column 'y' holds the list .*alone: y\['y'\]\."):
        read_labels(make({"y": SETS}))
    read_labels(make({"y": SETS})["y"])


@every_table
def test_a_table_is_no_texts(make):
    table = make({"text": TEXTS * 100})
    message = rf"X is a {type(table).__name__} with the columns 'text'\. .*X\['text'\]\.$"
    with pytest.raises(DocumentError, match=message):
        check_documents(table)
    assert check_documents(table["text"]) == TEXTS * 100


@every_table
def test_what_is_missing_in_a_table_is_named(make):
    with pytest.raises(LabelError, match=r"found (nan|None) in row 2, column 'refund'"):
        read_labels(make({"delivery": [1, 0, 1], "refund": [0, 1, None]}))


@with_polars
def test_a_table_that_is_not_read_yet():
    frame = pl.DataFrame({"text": TEXTS, "y": CODES}).lazy()
    with pytest.raises(LabelError, match=r"y is a LazyFrame.*Pass y\.collect\(\)\."):
        read_labels(frame)
    with pytest.raises(DocumentError, match=r"instance X\.collect\(\)\['text'\]\."):
        check_documents(frame)


def test_numbers_and_objects_in_one_table():
    values = table_values(Dataset({"a": [1, 0], "b": ["x", "y"]}))
    assert values.tolist() == [[1, "x"], [0, "y"]]


@pytest.mark.parametrize("make", [pa.array, Column, deque], ids=["pyarrow", "Column", "deque"])
def test_a_missing_row_is_named(make):
    with pytest.raises(LabelError, match=r"y\[1\] is None, while other rows are sets of labels"):
        read_labels(make([["a"], None, []]))
    with pytest.raises(DocumentError, match=r"X\[1\] is missing \(None\)"):
        check_documents(make(["a", None]))


def test_rows_that_can_be_read_only_once():
    with pytest.raises(LabelError, match=r"y\[0\] is a generator, which can be read only once"):
        read_labels([(name for name in row) for row in SETS])


@pytest.mark.parametrize("values", [{"a"}, frozenset("a"), {"a": 1}, UserDict(a=1), {1: 2}.items()])
def test_what_has_no_order(values):
    assert has_no_order(values)
    with pytest.raises(DocumentError, match="whose rows cannot be matched"):
        check_documents(values)
    with pytest.raises(LabelError, match="which has no rows in order"):
        read_labels(values)


def test_the_keys_of_a_dict_have_an_order():
    by_text = dict(zip(TEXTS, SETS, strict=True))
    tagger = TfidfLogRegTagger().fit(by_text.keys(), by_text.values())
    np.testing.assert_array_equal(tagger.fit(TEXTS, SETS).predict(TEXTS), Y)


def test_what_is_no_collection_stays():
    sparse = sp.csr_matrix(Y)
    for value in ("text", b"text", UserString("text"), 3, None, sparse, {"a"}, {"a": 1}, Y):
        assert plain_rows(value) is value
    rows = [["a"], ("b",), {"c"}, "d", 1, None]
    assert plain_rows(rows) is rows


@every_collection
def test_one_column_is_told_by_its_rows(make):
    assert has_one_column(make(CODES))
    assert has_one_column(make([[1], [0]]))
    assert not has_one_column(make(SETS))
    assert not has_one_column(make(Y.tolist()))


@every_table
def test_one_column_of_a_table(make):
    assert has_one_column(make({"a": CODES}))
    assert not has_one_column(make({"a": CODES, "b": CODES}))


@every_collection
def test_through_fit_and_score(make):
    plain = TfidfLogRegTagger().fit(TEXTS, SETS)
    tagger = TfidfLogRegTagger().fit(make(TEXTS), make(SETS))
    np.testing.assert_array_equal(tagger.predict_proba(make(TEXTS)), plain.predict_proba(TEXTS))
    assert tagger.score(make(TEXTS), make(SETS)) == 1.0
    assert metrics.get_scorer("f1_micro")(tagger, TEXTS, make(SETS)) == 1.0
    assert metrics.f1_score(make(SETS), make(SETS), average="micro") == 1.0
    assert metrics.log_loss(make(Y.tolist()), Y * 0.8 + 0.1) > 0


@every_collection
def test_through_splitters(make):
    folds = MultilabelStratifiedKFold(2)
    expected = [test.tolist() for _, test in folds.split(TEXTS * 2, SETS * 2)]
    assert [test.tolist() for _, test in folds.split(make(TEXTS * 2), make(SETS * 2))] == expected
    texts, _, labels, _ = multilabel_train_test_split(
        make(TEXTS * 2), make(SETS * 2), test_size=4, random_state=0
    )
    assert sorted(check_documents(texts)) == sorted(TEXTS)
    assert read_labels(labels).indicator.sum() == 4


@every_table
def test_a_table_through_scores(make):
    truth = make(named(Y.tolist()))
    assert metrics.f1_score(truth, truth, average="micro") == 1.0
    report = multilabel_report(truth, make(named((Y * 0.8 + 0.1).tolist())))
    assert report.exact_match == 1.0
