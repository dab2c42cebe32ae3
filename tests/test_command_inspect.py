"""labels, card, explain, versions."""

from command_runs import TEXT, fail, saved_tickets, succeed

import skmultitext
from skmultitext.inspection import explain


def test_a_saved_model_is_described(capsys, tmp_path):
    path = saved_tickets(tmp_path)
    model = skmultitext.load(path)
    names = [f"{name}\t0.5" for name in model.label_names_]
    assert succeed(capsys, "labels", path).splitlines() == names
    assert succeed(capsys, "card", path) == (path / "README.md").read_text(encoding="utf-8")
    shown = succeed(capsys, "explain", path, TEXT, "--label", "refund")
    assert shown == f"{explain(model, [TEXT], label='refund')}\n"
    assert "Did you mean 'refund'?" in fail(capsys, "explain", path, TEXT, "--label", "refnd")
    for empty in ("", " \n"):
        message = "error: TEXT is empty; pass the text in quotes after the model."
        assert fail(capsys, "explain", path, empty) == message


def test_versions(capsys):
    lines = dict(line.split(None, 1) for line in succeed(capsys, "versions").splitlines())
    assert lines["skmultitext"] == skmultitext.__version__
    assert "scikit-learn" in lines
