"""The format of a file is found by its first rows."""

import gzip

import pytest

from skmultitext.datasets._bunch import bunch_of_rows
from skmultitext.datasets._data_file import DataFile
from skmultitext.datasets._finding import find_format

TEXTS = ["late, and broken", "a refund please", "late again", "thanks a lot"]
SETS = [("broken", "late"), ("refund",), ("late",), ()]
NAMES = ["broken", "late", "refund"]


def read(path, **options):
    """Read a file as it is found."""
    found = find_format(path, **options)
    bunch = bunch_of_rows(DataFile(path, None, found.format, found.options).rows(), str(path))
    return found, bunch


# files as programs write them: name, content, format
FILES = {
    "pandas, one-hot booleans": (
        "a.csv",
        ',text,broken,late,refund\n0,"late, and broken",True,True,False\n'
        "1,a refund please,False,False,True\n2,late again,False,True,False\n"
        "3,thanks a lot,False,False,False\n",
        "indicator_csv",
    ),
    "pandas, lists": (
        "a.csv",
        "text,labels\n\"late, and broken\",\"['broken', 'late']\"\na refund please,['refund']\n"
        "late again,['late']\nthanks a lot,[]\n",
        "label_column_csv",
    ),
    "R, logicals": (
        "a.csv",
        '"","text","broken","late","refund"\n"1","late, and broken",TRUE,TRUE,FALSE\n'
        '"2","a refund please",FALSE,FALSE,TRUE\n"3","late again",FALSE,TRUE,FALSE\n'
        '"4","thanks a lot",FALSE,FALSE,FALSE\n',
        "indicator_csv",
    ),
    "Excel with semicolons": (
        "a.csv",
        "text;labels\r\nlate, and broken;broken,late\r\na refund please;refund\r\n"
        "late again;late\r\nthanks a lot;\r\n",
        "label_column_csv",
    ),
    "floats": (
        "a.csv",
        'id,comment_text,broken,late,refund\nx,"late, and broken",1.0,1.0,0.0\n'
        "y,a refund please,0.0,0.0,1.0\nz,late again,0.0,1.0,0.0\nw,thanks a lot,0.0,0.0,0.0\n",
        "indicator_csv",
    ),
    "polars": (
        "a.csv",
        'text,broken,late,refund\n"late, and broken",true,true,false\n'
        "a refund please,false,false,true\nlate again,false,true,false\n"
        "thanks a lot,false,false,false\n",
        "indicator_csv",
    ),
    "blanks between labels": (
        "a.csv",
        'text,tags\n"late, and broken",broken late\na refund please,refund\nlate again,late\n'
        "thanks a lot,\n",
        "label_column_csv",
    ),
    "quoted tabs": (
        "a.txt",
        '"text"\t"labels"\n"late, and broken"\t"broken|late"\n"a refund please"\t"refund"\n'
        '"late again"\t"late"\n"thanks a lot"\t""\n',
        "label_column_csv",
    ),
    "fastText": (
        "a.txt",
        "__label__broken __label__late late, and broken\n__label__refund a refund please\n"
        "__label__late late again\nthanks a lot\n",
        "fasttext",
    ),
    "JSON lines": (
        "a.json",
        '{"id": 1, "body": "late, and broken", "tags": ["broken", "late"]}\n'
        '{"body": "a refund please", "tags": ["refund"]}\n{"body": "late again", "tags": ["late"]}'
        '\n{"body": "thanks a lot", "tags": []}\n',
        "jsonl",
    ),
    "LibMultiLabel": (
        "a.txt",
        "1\tbroken late\tlate, and broken\n2\trefund\ta refund please\n3\tlate\tlate again\n"
        "4\t\tthanks a lot\n",
        "libmultilabel",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_what_programs_write(tmp_path, name):
    file, content, format = FILES[name]
    path = tmp_path / file
    path.write_bytes(content.encode())
    found, bunch = read(path)
    assert found.format == format
    assert bunch.data == TEXTS
    assert bunch.label_sets == SETS
    assert list(bunch.target_names) == NAMES


def test_utf_16_and_gzip(tmp_path):
    content = FILES["quoted tabs"][1]
    path = tmp_path / "a.txt"
    path.write_bytes(content.encode("utf-16"))
    assert read(path)[1].label_sets == SETS
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress(FILES["polars"][1].encode()))
    assert read(packed)[1].label_sets == SETS


def test_a_table_without_a_header_and_with_numbers_of_labels(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("late, and broken\t0,1\tx1\na refund please\t2\tx2\n")
    found, bunch = read(path, given={"label_names": NAMES})
    assert found.options["label_indices"]
    assert bunch.label_sets == SETS[:2]
    named = read(path, text="0", labels="1", given={"label_names": NAMES})[1]
    assert named.label_sets == SETS[:2]


def test_columns_that_are_told(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("note,what,late,broken,seen\nlong enough,x,1,0,0\nb,y,0,1,1\n")
    bunch = read(path, text="what", labels="late, broken")[1]
    assert bunch.data == ["x", "y"]
    assert bunch.label_sets == [("late",), ("broken",)]
    assert read(path, text="what", labels="late")[1].label_sets == [("late",), ()]
    assert list(read(path, text="what", labels="one-hot")[1].target_names) == [
        "late",
        "broken",
        "seen",
    ]
    with pytest.raises(
        ValueError, match=r"^[^:]*a\.(csv|txt):1: text is 'wat', .* Did you mean 'what'\?$"
    ):
        find_format(path, text="wat")
    with pytest.raises(
        ValueError, match=r"^[^:]*a\.(csv|txt):1: labels is 'lates', but the columns are 'note'"
    ):
        find_format(path, labels="lates")


def test_labels_that_cannot_be_found(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,colour,size\na,red,big\nb,blue,small\n")
    unclear = r"a\.csv:1: the column of labels is not clear: no column has a usual name, such as "
    with pytest.raises(ValueError, match=unclear + r".* the columns are 'text', 'colour', 'size'"):
        find_format(path)
    with pytest.raises(
        ValueError, match=r"^[^:]*a\.(csv|txt):1: no column holds 0 and 1 only; the columns are"
    ):
        find_format(path, labels="one-hot")
    lines = tmp_path / "a.txt"
    lines.write_text("__label__a b\n")
    with pytest.raises(
        ValueError, match=r"^[^:]*a\.(csv|txt):1: fasttext has no columns; leave out --text"
    ):
        find_format(lines, format="fasttext", text="x")


def test_columns_of_labels_with_the_same_name(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,late,late\na,1,0\nb,0,1\n")
    with pytest.raises(ValueError, match=r"a\.csv:1: column 'late' occurs 2 times in the header"):
        find_format(path)


def test_line_ends_in_quotes_between_tabs(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text('text\tlabels\n"one\ntwo ""or"" three"\ta\n"four\nfive"\tb\n')
    assert read(path)[1].data == ['one\ntwo "or" three', "four\nfive"]
    path.write_text('text\tlabels\nan 8"\ta\nof 9"\tb\n')  # inches
    assert read(path)[1].data == ['an 8"', 'of 9"']


def test_texts_alone(tmp_path):
    lines, table = tmp_path / "a.txt", tmp_path / "a.csv"
    lines.write_text("one, two\nthree, four\n")
    table.write_text("id,text\n1,one\n")
    assert find_format(lines, with_labels=False).format == "lines"
    assert find_format(table, with_labels=False).options["text_column"] == "text"
