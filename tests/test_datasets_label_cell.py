"""Tests of cells that hold all labels of a text, as programs write them."""

import json

import numpy as np
import pytest
from datasets_files import raises_at, writer_in
from hypothesis import given, settings
from hypothesis import strategies as st
from libraries import pd

from skmultitext.datasets import read_label_column_csv, read_libmultilabel
from skmultitext.datasets._label_cell import LabelCell
from skmultitext.datasets._rows import BadRowError

SETS = [("delivery", "refund"), ("it's",), (), ('say "no"', "x\\y", "zum Gl\xfcck"), ("a, b", "c")]
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
    lambda name: name.strip()
)


@pytest.fixture
def write(tmp_path):
    return writer_in(tmp_path)


def split(cell, label_names=None, **parameters):
    return LabelCell(",", label_names, **parameters).split(1, cell)


class TestLists:
    @pytest.mark.parametrize(
        "kind",
        [
            list,
            tuple,
            set,
            frozenset,
            lambda names: np.array(names, dtype=object),
            lambda names: list(np.array(names)),  # numpy 2 prints np.str_('...')
            json.dumps,
            lambda names: json.dumps(names, indent=1),
            lambda names: json.dumps(names, ensure_ascii=False),
        ],
    )
    @pytest.mark.parametrize("sep", [",", "\t"])
    def test_what_pandas_writes(self, tmp_path, kind, sep):
        labels = pd.Series([None] * len(SETS), dtype=object)
        for k, names in enumerate(SETS):
            labels[k] = kind(list(names))
        path = tmp_path / "t.csv"
        frame = pd.DataFrame({"text": [f"text {k}" for k in range(len(SETS))], "labels": labels})
        frame.to_csv(path, index=False, sep=sep)
        bunch = read_label_column_csv(path, delimiter=sep, quoting=True)
        assert bunch.label_sets == [tuple(sorted(names)) for names in SETS]
        again = read_label_column_csv(
            path, delimiter=sep, quoting=True, label_names=bunch.target_names
        )
        assert again.label_sets == bunch.label_sets

    def test_long_arrays_of_numpy_are_wrapped(self):
        names = [f"label number {k}" for k in range(50)]
        assert "\n" in str(np.array(names))
        assert split(str(np.array(names))) == tuple(names)
        with pytest.raises(BadRowError, match=r'but "\.\.\..* cannot be read as names in quotes'):
            split(str(np.array([f"label number {k}" for k in range(2000)])))

    @given(names=st.lists(NAMES, max_size=4))
    @settings(deadline=None, max_examples=200)
    def test_round_trip(self, names):
        for printed in (repr(names), repr(tuple(names)), json.dumps(names), repr(np.array(names))):
            if printed.startswith("array("):
                continue
            assert split(printed) == tuple(names)
        if names:
            assert set(split(repr(set(names)))) == set(names)

    @given(cell=st.text(st.sampled_from("[](){}'\"\\,;| \nab0unset."), max_size=12))
    @settings(deadline=None, max_examples=500)
    def test_any_cell_is_read_or_refused(self, cell):
        try:
            labels = split(cell)
        except BadRowError:
            return
        assert all(isinstance(label, str) and label.strip() for label in labels)

    @pytest.mark.parametrize("cell", ["[0, 2]", "[0 2]", "(0, 2)", "{0, 2}", "[np.int64(0), 2]"])
    def test_indices(self, cell):
        assert split(cell, ["a", "b", "c"], indices=True) == ("a", "c")
        with pytest.raises(
            BadRowError, match=r"are numbers, not names; .* pass label_indices=True"
        ):
            split(cell)
        assert split(cell, ["0", "1", "2"]) == ("0", "2")

    @pytest.mark.parametrize("cell", ["[1 0 1]", "[0, 1, 0]"])
    def test_a_row_of_0_and_1_is_no_list_of_indices(self, cell):
        with pytest.raises(
            BadRowError, match="contain an index twice; if they are a row of 0 and 1"
        ):
            split(cell, ["a", "b", "c"], indices=True)

    @pytest.mark.parametrize(
        "cell",
        [
            "['a', nan]",
            "[None]",
            "[a, b]",
            "{a,b}",
            "(a, b)",
            "[misc]",
            "[['a'], ['b']]",
            "{'a': 1}",
            "['a',, 'b']",
            "['a''b']",
            "('a' 'b')",
            "['a'",
            '["a", "b',
            '["\\ud83d"]',
            "['\\q']",
            "[1.0, 0.0]",
            "Index(['a'], dtype='str')",
            "array(['a'], dtype=object)",
            "dict_keys(['a'])",
            "Series([], dtype: object)",
            'c("a", "b")',
        ],
    )
    def test_what_cannot_be_read(self, write, cell):
        with pytest.raises(BadRowError, match=r"look like a list, but .* write the names as in \["):
            split(cell)
        quoted = cell.replace('"', '""')
        path = write("t.csv", f'text,labels\none,a\ntwo,"{quoted}"\n')
        with raises_at(path, 3, "look like a list"):
            read_label_column_csv(path)

    @pytest.mark.parametrize("cell", ["['']", '["a", " "]'])
    def test_empty_names(self, cell):
        with pytest.raises(BadRowError, match=r"contain an empty name; write \[\] for none"):
            split(cell)

    def test_names_in_brackets(self):
        assert split("(other)") == ("(other)",)
        assert split("f(x), a") == ("f(x)", "a")
        assert split("[misc], a") == ("[misc]", "a")
        assert split("[misc]", ["[misc]"]) == ("[misc]",)
        with pytest.raises(BadRowError, match="label 'b' is not in label_names"):
            split("['b']", ["a"])

    def test_a_cell_of_many_characters_takes_no_long(self):
        for cell in (
            "[" + "'a' " * 10**5 + "!]",
            "['a'" + " " * 10**6 + "!]",
            "['" + "\\" * 10**6 + "!]",
            "[" * 10**6 + "]",
        ):
            with pytest.raises(BadRowError) as caught:
                split(cell)
            assert len(str(caught.value)) < 500


class TestMissing:
    @pytest.mark.parametrize("cell", ["nan", "NaN", "None", "<NA>", "NA", "null", "#N/A", "a,nan"])
    def test_missing_values(self, write, cell):
        path = write("t.tsv", f"text\tlabels\none\ta\ntwo\t{cell}\n")
        with raises_at(
            path, 3, "is what programs write for a missing value; leave the cell empty if"
        ):
            read_label_column_csv(path)
        names = ["a", *{cell.split(",")[-1]}]
        assert read_label_column_csv(path, label_names=names).label_sets[1][-1] == names[1]

    def test_missing_indices(self):
        with pytest.raises(
            BadRowError, match=r"label 'nan' is what programs write .* has no labels"
        ):
            split("nan", ["a"], indices=True)

    def test_a_name_among_others_that_are_not_known(self):
        with pytest.raises(BadRowError, match="label 'b' is not in label_names"):
            split("None,b", ["None", "a"])

    def test_what_pandas_writes_of_texts_of_missing_values(self, tmp_path):
        labels = pd.Series([["a"], np.nan], dtype=object)
        frame = pd.DataFrame({"text": ["one", "two"], "labels": labels})
        frame.to_csv(tmp_path / "t.csv", index=False)
        assert read_label_column_csv(tmp_path / "t.csv").label_sets == [("a",), ()]
        frame.assign(labels=labels.map(str)).to_csv(tmp_path / "t.csv", index=False)
        with raises_at(tmp_path / "t.csv", 3, "label 'nan' is what programs write"):
            read_label_column_csv(tmp_path / "t.csv")


class TestSeparators:
    @pytest.mark.parametrize("found", [";", "|"])
    def test_another_one_is_told(self, write, found):
        path = write("t.csv", f"text,labels\none,a\ntwo,b{found}a\nthree,\n")
        message = (
            rf"every row has one label, but 'b\{found}a' contains '\{found}'; .*pass label_sep"
        )
        with raises_at(path, 3, message):
            read_label_column_csv(path)
        with raises_at(path, 3, message):
            read_label_column_csv(path, on_bad_row="skip")
        right = read_label_column_csv(path, label_separator=found)
        assert right.label_sets == [("a",), ("a", "b"), ()]
        names = ["a", f"b{found}a"]  # these may be label names nevertheless
        assert read_label_column_csv(path, label_names=names).label_sets[1] == (names[1],)

    @pytest.mark.parametrize("separator", [";", " "])
    def test_a_comma_is_told(self, write, separator):
        path = write("t.csv", 'text,labels\none,"b,a"\n')
        with raises_at(path, 2, "every row has one label, but 'b,a' contains ','"):
            read_label_column_csv(path, label_separator=separator)

    def test_a_comma_before_a_blank_is_told(self, write):
        path = write("t.csv", 'text,labels\none,"b, a"\n')
        with raises_at(path, 2, "label 'b,' ends with ','; pass label_separator=','"):
            read_label_column_csv(path, label_separator=" ")

    def test_names_that_hold_one(self, write):
        path = write("t.csv", 'text,labels\none,"a;b"\ntwo,"c, d"\n')
        assert read_label_column_csv(path).label_sets == [("a;b",), ("c", "d")]

    def test_libmultilabel(self, write):
        path = write("t.txt", "a,b\tone\nb\ttwo\n")
        with raises_at(
            path, 1, "every row has one label, but 'a,b' contains ','; .*write blanks for"
        ):
            read_libmultilabel(path)
        path = write("t.txt", "['a', 'b']\tone\nb\ttwo\n")
        assert read_libmultilabel(path).label_sets == [("a", "b"), ("b",)]


class TestPlainCells:
    @pytest.mark.parametrize("cell", ["'a', 'b'", "'a'", '"a,b"', 'a,"b"'])
    def test_names_in_quotes(self, write, cell):
        path = write("t.tsv", f"text\tlabels\none\t{cell}\n")
        with raises_at(path, 2, "are in quotes; pass quoting=True if fields are quoted, or"):
            read_label_column_csv(path)

    def test_printed_tables(self):
        with pytest.raises(BadRowError, match="contain a line end, as a printed table does"):
            split(str(pd.Series(["a", "b"])))

    def test_no_separator(self):
        with pytest.raises(
            ValueError, match="label_separator must be a str that is not empty, got ''"
        ):
            LabelCell("", None)
