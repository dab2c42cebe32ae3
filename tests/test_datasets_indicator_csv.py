"""Tests of `read_indicator_csv`."""

import numpy as np
import pytest
from datasets_files import assert_bunch, raises_at, writer_in
from libraries import pd

from skmultitext.datasets import read_indicator_csv
from skmultitext.exceptions import SkippedRowsWarning


@pytest.fixture
def write(tmp_path):
    return writer_in(tmp_path)


class TestIndicatorCsv:
    def test_kaggle_layout_with_quoted_newlines(self, write):
        path = write(
            "train.csv",
            "id,comment_text,toxic,insult\r\n"
            '0a,"You, ""fool""!\r\n\r\nGo, now",1,1\r\n0b,Thx,0,0\r\n',
        )
        bunch = read_indicator_csv(path, text_column="comment_text", id_column="id")
        data = ['You, "fool"!\r\n\r\nGo, now', "Thx"]
        sets = [("toxic", "insult"), ()]
        assert_bunch(bunch, data, sets, ["toxic", "insult"], ["0a", "0b"])

    def test_label_columns_give_choice_and_order(self, write):
        path = write("t.tsv", 'x\ta\ttext\tb\n9\t1\t5" pipe\t0\n')
        bunch = read_indicator_csv(path, label_columns=["b", "a"])
        assert_bunch(bunch, ['5" pipe'], [("a",)], ["b", "a"])

    def test_label_columns_may_be_an_array(self, write):
        path = write("t.csv", "text,a,b,c\none,1,0,1\n")
        bunch = read_indicator_csv(path, label_columns=np.array(["c", "b"]))
        assert_bunch(bunch, ["one"], [("c",)], ["c", "b"])
        assert all(type(name) is str for name in bunch.target_names)

    def test_column_without_a_name_is_no_label(self, write):
        path = write("t.csv", ",text,a\n0,one,1\n1,two,0\n")  # as pandas writes its index
        with raises_at(path, 1, "column 1 has no name; if it numbers the rows, pass id_column=''"):
            read_indicator_csv(path)
        bunch = read_indicator_csv(path, id_column="")
        assert_bunch(bunch, ["one", "two"], [("a",), ()], ["a"], ["0", "1"])
        assert read_indicator_csv(path, label_columns=["a"]).target_names == ["a"]

    def test_floats_and_booleans(self, write):
        path = write("t.csv", "text,a,b\none,1.0,True\ntwo,0.0,False\n")
        np.testing.assert_array_equal(read_indicator_csv(path).target, [[1, 1], [0, 0]])

    @pytest.mark.parametrize(
        ("content", "parameters"),
        [
            # Excel in most countries, and in those with a decimal comma
            ("\ufefftext,a,b\r\none,TRUE,1\r\ntwo,FALSE,0\r\n", {}),
            ("\ufefftext;a;b\r\none;TRUE;1\r\ntwo;FALSE;0\r\n", {"delimiter": ";"}),
            # R: write.csv, write.csv2, write.table, data.table's fwrite
            ('"","text","a","b"\n"1","one",TRUE,1\n"2","two",FALSE,0\n', {"id_column": ""}),
            (
                '"";"text";"a";"b"\n"1";"one";TRUE;1\n"2";"two";FALSE;0\n',
                {"id_column": "", "delimiter": ";"},
            ),
            ('"text" "a" "b"\n"one" TRUE 1\n"two" FALSE 0\n', {"delimiter": " "}),
            # polars and pyarrow
            ("text,a,b\none,true,1.0\ntwo,false,0.0\n", {}),
            ('"text","a","b"\n"one",true,1\n"two",false,0\n', {}),
            # numpy's savetxt
            ("text,a,b\none,1.000000000000000000e+00,1.\ntwo,0.000000000000000000e+00,0.\n", {}),
            ("text,a,b\none, 1 ,True\ntwo,0,False\n", {}),
        ],
    )
    def test_what_programs_write(self, write, content, parameters):
        bunch = read_indicator_csv(write("t.csv", content), **parameters)
        assert bunch.data == ["one", "two"]
        np.testing.assert_array_equal(bunch.target, [[1, 1], [0, 0]])

    @pytest.mark.parametrize("kind", ["int64", "float64", "bool", "boolean", "Int8", "Float32"])
    def test_what_pandas_writes(self, tmp_path, kind):
        frame = pd.DataFrame({"text": ["one", "two"], "a": [1, 0], "b": [1, 1]})
        frame = frame.astype({"a": kind, "b": kind})
        frame.to_csv(tmp_path / "t.csv", index=False)
        np.testing.assert_array_equal(
            read_indicator_csv(tmp_path / "t.csv").target, frame[["a", "b"]]
        )

    @pytest.mark.parametrize("cell", ["", "nan", "NA", "#N/A", "null", "inf", "1e5", "0.5", "yes"])
    def test_a_missing_value_is_told(self, write, cell):
        path = write("t.csv", f"text,a\none,1\ntwo,{cell}\n")
        with raises_at(path, 3, f"column 'a' is '{cell}', .* or -1 for a row that was not lab"):
            read_indicator_csv(path)

    def test_very_many_columns_take_no_quadratic_time(self, write):
        names = ",".join(f"label {k}" for k in range(30_000))
        path = write("t.csv", f"text,{names}\none" + ",0" * 29_999 + ",TRUE\n")
        assert read_indicator_csv(path).label_sets == [("label 29999",)]
        with raises_at(path, 1, r"'label 18' and 29981 more\. Pass the right name") as caught:
            read_indicator_csv(path, text_column="body")
        assert len(str(caught.value)) < 1000

    def test_errors_offer_to_read_nan(self, write):
        for cell in ("-1", "-1.0", "", "NA"):
            path = write("t.csv", f"text,a\none,{cell}\n")
            with raises_at(path, 2, "column 'a' is .* unlabeled='unknown' to read NaN"):
                read_indicator_csv(path)

    @pytest.mark.parametrize(
        "cell", ["-1", "-1.0", "", " ", "nan", "NaN", "NA", "<NA>", "#N/A", "null", "None"]
    )
    def test_unknown_labels(self, write, cell):
        path = write("t.csv", f"text,a,b\none,1,{cell}\ntwo,{cell},{cell}\nthree,0,1\n")
        bunch = read_indicator_csv(path, unlabeled="unknown")
        assert bunch.target.dtype == np.float64
        np.testing.assert_array_equal(bunch.target, [[1, np.nan], [np.nan, np.nan], [0, 1]])
        assert bunch.label_sets == [("a",), (), ("b",)]
        assert bunch.data == ["one", "two", "three"]

    @pytest.mark.parametrize("cell", ["2", "0.5", "yes", "inf", "-2"])
    def test_other_values_are_no_unknown_labels(self, write, cell):
        path = write("t.csv", f"text,a\none,{cell}\n")
        with raises_at(path, 2, f"column 'a' is '{cell}', not 0, 1 or -1"):
            read_indicator_csv(path, unlabeled="unknown")

    def test_complete_file_read_with_unknown_labels_allowed(self, write):
        bunch = read_indicator_csv(write("t.csv", "text,a\none,1\n"), unlabeled="unknown")
        assert bunch.target.dtype == np.float64
        assert bunch.target.tolist() == [[1.0]]

    def test_rows_labelled_minus_one(self, write):
        path = write("t.csv", "text,a,b\none,1,0\ntwo,-1,-1\nthree,-1,-1\nfour,0,1\n")
        message = "column 'a' is -1, .* pass unlabeled='drop' to leave .*, or write 0 or 1 in"
        with raises_at(path, 3, message):
            read_indicator_csv(path)
        message = r"dropped 2 rows labelled -1 \(not labelled\), as unlabeled='drop' asks"
        with pytest.warns(SkippedRowsWarning, match=message) as record:
            bunch = read_indicator_csv(path, unlabeled="drop")
        assert len(record) == 1
        assert record[0].filename == __file__
        assert bunch.data == ["one", "four"]
        with pytest.raises(ValueError, match="is 'skip'; pass one of 'raise', 'drop', 'unknown'"):
            read_indicator_csv(path, unlabeled="skip")
        path = write("t.csv", "text,a\none,-1\n")
        with raises_at(path, 1, "all 1 rows are labelled -1; none is left"):
            read_indicator_csv(path, unlabeled="drop")

    @pytest.mark.parametrize(
        ("content", "line", "message"),
        [
            ("text,a\n\none,2\n", 3, "column 'a' is '2', not 0, 1 or -1; if it is not a label"),
            ('text,a\n"one\ntwo",1\nthree,\n', 4, "column 'a' is '', not 0, 1 or -1"),
        ],
    )
    def test_bad_row(self, write, content, line, message):
        path = write("t.csv", content + "last,1\n")
        with raises_at(path, line, message):
            read_indicator_csv(path)
        with pytest.warns(SkippedRowsWarning, match=f"skipped 1 row .*:{line}: {message}"):
            bunch = read_indicator_csv(path, on_bad_row="skip")
        assert bunch.data[-1] == "last"

    def test_no_label_column(self, write):
        path = write("t.csv", "text\none\n")
        with raises_at(path, 1, "no label column besides 'text'"):
            read_indicator_csv(path)

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"label_columns": "a"}, r"label_columns must be a list .* got the str 'a'; pass \["),
            ({"label_columns": []}, "label_columns is empty; pass at least one name, or None"),
            ({"label_columns": ["a", "a"]}, "name 'a' twice; each column has one role"),
            ({"id_column": "text"}, "name 'text' twice; each column has one role"),
            ({"labels_path": "x.csv"}, "labels_path needs id_column"),
        ],
    )
    def test_bad_parameters(self, write, parameters, message):
        with pytest.raises(ValueError, match=message):
            read_indicator_csv(write("t.csv", "text,a\none,1\n"), **parameters)


class TestIndicatorCsvPair:
    TEXTS = 'id,comment_text\n1,"one\nmore"\n2,two\n3,three\n'

    def read(self, texts, labels, **parameters):
        return read_indicator_csv(
            texts, labels_path=labels, text_column="comment_text", id_column="id", **parameters
        )

    def test_joined_by_id_in_the_order_of_the_texts(self, write):
        texts = write("test.csv", self.TEXTS)
        labels = write("test_labels.csv.gz", "id,toxic,insult\n3,0,1\n1,1,1\n2,-1,-1\n")
        with pytest.warns(SkippedRowsWarning, match="dropped 1 row labelled -1"):
            bunch = self.read(texts, labels, unlabeled="drop")
        sets = [("toxic", "insult"), ("insult",)]
        assert_bunch(bunch, ["one\nmore", "three"], sets, ["toxic", "insult"], ["1", "3"])
        with raises_at(labels, 4, "column 'toxic' is -1"):
            self.read(texts, labels)

    def test_unknown_labels_are_joined_too(self, write):
        texts = write("test.csv", self.TEXTS)
        labels = write("test_labels.csv", "id,toxic,insult\n3,0,1\n1,1,-1\n2,-1,-1\n")
        bunch = self.read(texts, labels, unlabeled="unknown")
        assert bunch.ids == ["1", "2", "3"]
        np.testing.assert_array_equal(bunch.target, [[1, np.nan], [np.nan, np.nan], [0, 1]])

    def test_texts_beside_the_labels_are_no_label(self, write):
        texts = write("test.csv", self.TEXTS)
        labels = write("labels.csv", "id,comment_text,toxic\n1,x,1\n2,y,0\n3,z,0\n")
        assert self.read(texts, labels).target_names == ["toxic"]

    def test_more_texts_than_labels(self, write):
        texts = write("test.csv", self.TEXTS)
        labels = write("test_labels.csv", "id,toxic\n1,1\n2,0\n")
        message = r"id '3' has no readable row in .*test_labels.csv \(3 texts, 2 rows of labels\)"
        with raises_at(texts, 5, message):
            self.read(texts, labels)
        with pytest.warns(SkippedRowsWarning, match=message):
            assert self.read(texts, labels, on_bad_row="skip").ids == ["1", "2"]

    def test_more_labels_than_texts(self, write):
        texts = write("test.csv", self.TEXTS)
        labels = write("test_labels.csv", "id,toxic\n1,1\n2,0\n4,1\n3,1\n")
        message = r"id '4' has no readable row in .*test.csv \(3 texts, 4 rows of labels\)"
        with raises_at(labels, 4, message):
            self.read(texts, labels)

    def test_repeated_id(self, write):
        texts = write("test.csv", self.TEXTS)
        labels = write("test_labels.csv", "id,toxic\n1,1\n2,0\n1,0\n3,1\n")
        with raises_at(labels, 4, "id '1' is already on line 2"):
            self.read(texts, labels)
        labels = write("test_labels.csv", "id,toxic\n1,1\n2,0\n3,1\n")
        texts = write("test.csv", self.TEXTS + "2,again\n")
        with raises_at(texts, 6, "id '2' is already on line 4"):
            self.read(texts, labels)

    def test_missing_id_column_in_the_labels(self, write):
        labels = write("test_labels.csv", "key,toxic\n1,1\n")
        with raises_at(labels, 1, r"no column 'id' \(id_column\); columns found: 'key', 'toxic'"):
            self.read(write("test.csv", self.TEXTS), labels)
