"""What is said about a file on the command line."""

from command_runs import fail, run, succeed


def test_options_of_the_reader(capsys, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("text;labels\ncafé late;a+b\nno;a\n".encode("latin-1"))
    arguments = ["train", path, "-o", tmp_path / "m", "--read", "label_separator=+"]
    assert "is not UTF-8" in fail(capsys, *arguments)
    code, _, err = run(capsys, *arguments, "--encoding", "latin-1")
    assert code == 0
    assert "2 rows, 2 labels, 0.0% of the rows without labels (label_column_csv, texts in" in err
    message = fail(capsys, *arguments, "label_seperator=x", "--force")
    assert "--read: the reader has no parameter 'label_seperator'. Did you mean" in message
    message = fail(capsys, "train", path, "-o", tmp_path / "n", "--read", "zzz=x")
    assert "It has " in message
    assert "path" not in message.partition("It has ")[2]
    assert "has no parameter 'path'" in fail(capsys, *arguments, "path=x", "--force")


def test_two_files(capsys, tmp_path):
    texts, rows = tmp_path / "a.txt", tmp_path / "b.txt"
    texts.write_text("late\nrefund me\n")
    rows.write_text("1 0\n0 1\n")
    succeed(capsys, "train", texts, "--onehot", rows, "-o", tmp_path / "m")
    assert succeed(capsys, "labels", tmp_path / "m") == "label_0\t0.5\nlabel_1\t0.5\n"


def test_files_that_are_no_data(capsys, tmp_path):
    path = tmp_path / "README.md"
    arguments = ["train", path, "-o", tmp_path / "m"]
    path.write_text("# A package\n\nIt reads, among others, tables.\n")
    message = fail(capsys, *arguments)
    assert message.startswith(f"error: {path}:1: the column of labels is not clear: the first line")
    assert "the first line, '# A package', has one column. Looked for were JSON objects" in message
    for empty in ("", "\n \n"):
        path.write_text(empty)
        assert fail(capsys, *arguments) == (
            f"error: {path}:1: the file has no rows; check that this is the right file"
        )
    path.write_text("text,labels\none two,\nthree,\n")
    assert fail(capsys, *arguments).endswith(
        f"{path}: no row has a label; pass their column as --labels."
    )
    assert not (tmp_path / "m").exists()
