"""Messages of the readers name options of the command line."""

import pytest
from command_runs import fail, run

from skmultitext._command._data import reader_parameters
from skmultitext._command._remedies import as_options


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("such as encoding='cp1252'", "such as --encoding cp1252"),
        ("pass label_separator=';'", "pass --read label_separator=';'"),
        ("pass quoting=False if quotes", "pass --read quoting=false if quotes"),
        ("name it in id_column, or", "name it in --read id_column=..., or"),
        ("the labels in label_columns", "the labels in --labels"),
        ("text_column is 'x'", "--text is 'x'"),
        (
            "the header, quoting and encoding of a path",
            "the header, quoting and encoding of a path",
        ),
        ("a_text_column=1", "a_text_column=1"),
    ],
)
def test_parameters_become_options(message, shown):
    assert as_options(message, reader_parameters()) == shown


def test_errors_and_warnings(capsys, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("text,labels\ncafé late,a\nbroken one,b\n".encode("latin-1"))
    arguments = ["train", path, "-o", tmp_path / "m"]
    assert fail(capsys, *arguments).endswith("or pass its encoding, such as --encoding cp1252")
    _, _, err = run(capsys, *arguments, "--read", "on_bad_row=skip")
    assert "--encoding cp1252" in err
    assert "encoding='" not in err
    path.write_text("text,a,b\nx y,1,0\nz,,1\n")
    message = fail(capsys, *arguments, "--force")
    assert "where a value is missing, pass --read unlabeled=unknown to read NaN" in message
    path.write_text("x,y,z\nm,n,o\n", encoding="utf-16-le")
    assert fail(capsys, *arguments, "--force").endswith("pass --encoding utf-16-le")
