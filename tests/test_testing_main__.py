"""The command: a list of the checks, or a table of results."""

from skmultitext.testing import __main__, _runner
from skmultitext.testing._checks import CHECKS, TextCheck, expect


def check_wings(subject):
    """A tagger is asked to fly.

    Give it wings.
    """
    expect(False, "it walks")


def test_command_lists_the_checks(capsys):
    __main__.list_checks()
    printed = capsys.readouterr().out
    assert all(f"{name} (" in printed for name in CHECKS)


def test_command_prints_a_table(monkeypatch, capsys):
    checks = {
        "check_clone": CHECKS["check_clone"],
        "check_wings": TextCheck(check_wings, "scikit-learn", ()),
    }
    monkeypatch.setattr(_runner, "CHECKS", checks)
    assert __main__.run(["skmultitext:TfidfLogRegTagger"]) == 1
    printed = capsys.readouterr().out
    assert "A tagger is asked to fly." in printed
    assert printed.endswith("2 checks: 1 passed, 1 failed, 0 skipped\n")
