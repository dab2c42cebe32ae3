"""Tests of what the readers of CSV and TSV files share."""

import csv
import gzip
import threading

import pytest
from datasets_files import DOCUMENTS, NO_HEADER, assert_round_trip, raises_at, writer_in
from hypothesis import given, settings
from hypothesis import strategies as st

from skmultitext.datasets import read_indicator_csv, read_label_column_csv
from skmultitext.exceptions import SkippedRowsWarning


@pytest.fixture
def write(tmp_path):
    return writer_in(tmp_path)


class TestHeaderAndQuoting:
    def test_delimiter_and_quoting(self, write):
        path = write("t.tsv", 'text;a\n"one; two";1\n')
        assert read_indicator_csv(path, delimiter=";").data == ["one; two"]
        path = write("t.csv", 'text,a\n"one" she said,1\n')
        assert read_indicator_csv(path, quoting=False).data == ['"one" she said']

    @pytest.mark.parametrize(
        ("content", "line", "message"),
        [
            ('text,a\n"one\ntwo",1\n"three\nx",1,2\n', 4, "3 fields found, 2 expected; quote a"),
            ("text,a\none\n", 2, "1 fields found, 2 expected; .* fill in the missing"),
            ('text,a\n"one" two,1\n', 2, "not valid CSV: .*quote inside a quoted field twice"),
            ('text,a\none,1\n"x\ny" two,1\n', 3, r"not valid CSV \(read up to line 4\)"),
        ],
    )
    def test_bad_row(self, write, content, line, message):
        path = write("t.csv", content + "last,1\n")
        with raises_at(path, line, message):
            read_indicator_csv(path)
        with pytest.warns(SkippedRowsWarning, match=f"skipped 1 row .*:{line}: {message}"):
            bunch = read_indicator_csv(path, on_bad_row="skip")
        assert bunch.data[-1] == "last"

    def test_quote_that_is_never_closed_stops_even_when_skipping(self, write):
        path = write("t.csv", 'text,a\none,1\n"two,1\nthree,1\n')
        with raises_at(path, 3, "a quoted field is never closed; close it, or pass quoting=False"):
            read_indicator_csv(path, on_bad_row="skip")

    def test_bad_header_stops_even_when_skipping(self, write):
        path = write("t.csv", b"t\xffxt,a\none,1\n")
        with raises_at(path, 1, "byte 0xff at position 2 of line 1 is not UTF-8"):
            read_indicator_csv(path, on_bad_row="skip")

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"text_column": "body"}, r"no column 'body' \(text_column\); .*: 'text', 'a', 'a'"),
            ({"id_column": "id"}, r"no column 'id' \(id_column\); columns found"),
            ({"label_columns": ["b"]}, r"no column 'b' \(label_columns\); columns found"),
            ({}, r"column 'a' \(label_columns\) occurs 2 times in the header"),
        ],
    )
    def test_bad_columns_in_the_file(self, write, parameters, message):
        path = write("t.csv", "text,a,a\none,1,1\n")
        with raises_at(path, 1, message):
            read_indicator_csv(path, **parameters)

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"delimiter": ", "}, "delimiter must be one character .*, got ', '"),
            ({"delimiter": '"'}, "delimiter must be one character other than a quote"),
            ({"quoting": csv.QUOTE_NONE}, "quoting must be True, False or None, got 3"),
            ({"quoting": csv.QUOTE_MINIMAL}, "quoting must be True, False or None, got 0"),
        ],
    )
    def test_bad_parameters(self, write, parameters, message):
        with pytest.raises(ValueError, match=message):
            read_indicator_csv(write("t.csv", "text,a\none,1\n"), **parameters)

    def test_fields_larger_than_the_limit_of_the_csv_module(self, write):
        data = ["word " * 300] * 500
        path = write("t.csv", "text,a\n" + "".join(f'"{text}",1\n' for text in data))
        bunches = []
        threads = [
            threading.Thread(target=lambda: bunches.append(read_indicator_csv(path)))
            for _ in range(4)
        ]
        users_limit = csv.field_size_limit(1000)
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert [bunch.data for bunch in bunches] == [data] * 4
            assert csv.field_size_limit() == 1000
        finally:
            csv.field_size_limit(users_limit)


class TestRows:
    def test_a_row_over_several_lines_has_a_bound(self, write):
        path = write("t.csv", 'text,a\none,1\n"' + "two\n" * 100 + '",1\n')
        assert len(read_indicator_csv(path, max_line_bytes=500).data) == 2
        with raises_at(path, 3, "the row is longer than max_line_bytes=400; check that this is"):
            read_indicator_csv(path, max_line_bytes=400, on_bad_row="skip")

    def test_no_table_has_so_many_columns(self, write, monkeypatch):
        monkeypatch.setattr("skmultitext.datasets._csv_table.MOST_COLUMNS", 3)
        with raises_at(write("t.csv", "text,a,b,c\n"), 1, "4 columns found, more than 3; check"):
            read_indicator_csv(write("t.csv", "text,a,b,c\n"))

    def test_quoted_fields_of_a_table_with_tabs(self, write):
        path = write("t.tsv", 'text\ta\n"one\ttwo"\t1\n')
        with raises_at(path, 2, "3 fields found, 2 expected; if fields are quoted, pass quot"):
            read_indicator_csv(path)
        assert read_indicator_csv(path, quoting=True).data == ["one\ttwo"]

    def test_numbered_rows_without_a_name(self, write):
        path = write("t.txt", '"text" "a"\n"1" "one" 1\n')  # write.table of R
        with raises_at(
            path, 2, r"\(R's write\.table numbers rows like this: write it with row\.names=FALSE\)"
        ):
            read_indicator_csv(path, delimiter=" ")


class TestColumns:
    def test_rows_of_other_length_without_a_header(self, write):
        path = write("t.tsv", "one\ntwo\ta\nthree\ta\tb\n")
        with raises_at(path, 1, "1 fields found, but labels_column=1, counted from 0; check del"):
            read_label_column_csv(path, **NO_HEADER)
        with pytest.warns(SkippedRowsWarning, match="skipped 2 rows that could not be read"):
            bunch = read_label_column_csv(path, on_bad_row="skip", **NO_HEADER)
        assert bunch.data == ["two"]

    def test_missing_column(self, write):
        path = write("t.csv", "text;tags\none;a\n")
        message = r"no column 'text' \(text_column\); columns found: 'text;tags'. .* or delimiter="
        with raises_at(path, 1, f"{message} if columns are not split correctly, such as ';'$"):
            read_label_column_csv(path)
        path = write("t.tsv", '"text"\t"labels"\n"one"\t"a"\n')
        with raises_at(path, 1, "or quoting=True if names are quoted"):
            read_label_column_csv(path)
        assert read_label_column_csv(path, quoting=True).data == ["one"]

    def test_lone_carriage_returns(self, write):
        path = write("t.csv", "text,labels\rone,a\rtwo,b\r")
        with raises_at(path, 1, "lines end with a lone carriage return; save the file with other"):
            read_label_column_csv(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("round_trip")


@settings(deadline=None, max_examples=150)
@given(
    documents=DOCUMENTS,
    delimiter=st.sampled_from(",;\t"),
    line_end=st.sampled_from(["\n", "\r\n"]),
    gz=st.booleans(),
    bom=st.booleans(),
)
def test_csv_round_trip(folder, documents, delimiter, line_end, gz, bom):
    path = folder / "t.csv"
    with (gzip.open if gz else open)(
        path, "wt", newline="", encoding="utf-8-sig" if bom else "utf-8"
    ) as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator=line_end)
        writer.writerow(["labels", "text", "a", "b", "c"])
        for text, labels in documents:
            writer.writerow([" ".join(labels), text, *(int(name in labels) for name in "abc")])
    parameters = {"delimiter": delimiter, "quoting": True}
    bunch = read_label_column_csv(path, label_separator=" ", **parameters)
    assert_round_trip(bunch, documents)
    assert_round_trip(read_indicator_csv(path, label_columns=list("abc"), **parameters), documents)
