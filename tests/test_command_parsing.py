"""The command line: help, wrong usage, errors, interruption."""

import sys

import pytest
from command_runs import fail, run, succeed

import skmultitext._command as command
from skmultitext._command import COMMANDS


def test_every_command_has_help_with_examples(capsys):
    listed = succeed(capsys, "--help")
    for part in COMMANDS:
        assert f"    {part.name} " in listed
        shown = succeed(capsys, part.name, "--help")
        assert f"  skmultitext {part.name}" in shown or f"| skmultitext {part.name}" in shown
        assert "exit codes: 0 done" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["trian"], "skmultitext: error: argument COMMAND: invalid choice: 'trian'"),
        ([], "skmultitext: error: the following arguments are required: COMMAND; see skmultitext"),
        (["train", "a.csv"], "skmultitext train: error: the following arguments are required: -o"),
        (
            ["train", "a", "-o", "b", "--seed", "-1"],
            "skmultitext train: error: argument --seed: '-1' is no whole number from 0 to 42949672",
        ),
        (
            ["compare", "a", "b", "c", "--seed", "x"],
            "skmultitext compare: error: argument --seed: 'x' is no whole number from 0 to",
        ),
        (
            ["split", "a", "--test", "2"],
            "skmultitext split: error: argument --test: '2' is no number between 0 and 1, such as",
        ),
        (["split", "a", "--test", "nan"], "skmultitext split: error: argument --test: 'nan' is no"),
        (
            ["split", "a", "--seed", str(2**32)],
            "skmultitext split: error: argument --seed: '4294967296' is no whole number from 0 to",
        ),
        (
            ["train", "a", "-o", "b", "--cv", "1"],
            "skmultitext train: error: argument --cv: '1' is no whole number from 2 on; see",
        ),
        (
            ["predict", "m", "--top", "0"],
            "skmultitext predict: error: argument --top: '0' is no whole number from 1 on; see",
        ),
        (
            ["train", "a", "-o", "b", "--tune", "f1"],
            "skmultitext train: error: argument --tune: invalid choice: 'f1' (choose from ",
        ),
        (
            ["tune", "a", "b", "-o", "c", "--objective", "recall_at_precision"],
            "skmultitext tune: error: argument --objective: invalid choice: 'recall_at_precision'",
        ),
        (["predict", "m", "--format", "cvs"], "skmultitext predict: error: argument --format: inv"),
    ],
)
def test_wrong_usage_is_one_line(capsys, arguments, message):
    code, out, err = run(capsys, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(message)
    assert err.endswith("--help\n")


def test_errors_are_one_line_unless_debugging(capsys, tmp_path):
    missing = tmp_path / "none.csv"
    arguments = ["train", missing, "-o", tmp_path / "model"]
    assert fail(capsys, *arguments) == f"error: {missing}: No such file or directory"
    with pytest.raises(FileNotFoundError):
        run(capsys, *arguments, "--debug")


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (ValueError("bad\n  value"), 1, "error: bad value\n"),
        (KeyError("x"), 1, "error: KeyError: 'x'\n"),
        (MemoryError(), 1, "error: MemoryError: \n"),
        (OSError(28, "No space left on device"), 1, "error: No space left on device\n"),
        (OSError(28, "No space", "a.csv"), 1, "error: a.csv: No space\n"),
    ],
)
def test_exit_codes(capsys, monkeypatch, error, code, message):
    def broken(arguments):
        raise error

    changed = [part._replace(run=broken) for part in COMMANDS if part.name == "versions"]
    monkeypatch.setattr(command, "COMMANDS", changed)
    assert run(capsys, "versions") == (code, "", message)


def test_warnings_are_one_line(capsys, monkeypatch):
    import warnings

    def warn(arguments):
        warnings.warn("be\ncareful", UserWarning, stacklevel=1)
        warnings.warn("of others", DeprecationWarning, stacklevel=1)

    changed = [part._replace(run=warn) for part in COMMANDS if part.name == "versions"]
    monkeypatch.setattr(command, "COMMANDS", changed)
    assert run(capsys, "versions") == (0, "", "warning: be careful\n")


def test_a_closed_pipe_is_no_error(monkeypatch, tmp_path):
    def closed(arguments):
        raise BrokenPipeError

    changed = [part._replace(run=closed) for part in COMMANDS if part.name == "versions"]
    monkeypatch.setattr(command, "COMMANDS", changed)
    with open(tmp_path / "out", "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert command.main(["versions"]) == 0


def test_a_closed_output(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)  # as after >&-
    assert command.main(["versions"]) == 1
    message = "error: the standard output is closed; send it to a file or a pipe.\n"
    assert capsys.readouterr().err == message
