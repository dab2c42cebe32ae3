"""Models on the command line: opened before data are read, and named in errors."""

import pytest
from command_runs import fail, run, saved_tickets, small_tickets

from skmultitext._command._models import about_model, load_model
from skmultitext.exceptions import MissingExtraError, ModelFileError


@pytest.mark.parametrize(
    "arguments",
    [
        ["evaluate", "MODEL", "DATA"],
        ["tune", "MODEL", "DATA", "-o", "OUT"],
        ["predict", "MODEL", "DATA"],
        ["compare", "MODEL", "OTHER", "DATA"],
        ["explain", "MODEL", "late"],
        ["labels", "MODEL"],
        ["card", "MODEL"],
    ],
    ids=lambda arguments: arguments[0],
)
@pytest.mark.parametrize("missing", [True, False], ids=["missing", "no model"])
def test_a_model_that_cannot_be_opened(capsys, tmp_path, arguments, missing):
    data = small_tickets(tmp_path, 30)
    names = {
        "MODEL": tmp_path / "none" if missing else data,
        "OTHER": tmp_path / "none2",
        "DATA": data,
        "OUT": tmp_path / "out",
    }
    code, out, err = run(capsys, *(names.get(argument, argument) for argument in arguments))
    assert (code, out, err.count("\n")) == (1, "", 1), "the data come after the model"
    if missing:
        assert err == f"error: There is no saved model at {tmp_path / 'none'}\n"
    else:
        assert err.startswith(f"error: {data}: This is not a readable zip: ")


def test_a_damaged_model(capsys, tmp_path):
    model = saved_tickets(tmp_path)
    (model / "manifest.json").write_text("{}")
    with pytest.raises(ModelFileError, match=f"^{model}: manifest.json does not belong"):
        load_model(str(model))
    with pytest.raises(ModelFileError, match=f"^{model}: manifest.json does not belong"):
        about_model(str(model))
    (model / "manifest.json").unlink()
    assert fail(capsys, "labels", model).startswith("error: ")


def test_a_missing_library_is_that_of_the_model(monkeypatch):
    def needy(path):
        raise MissingExtraError("This saved model needs the library 'torch'.")

    monkeypatch.setattr("skmultitext.persistence.load", needy)
    with pytest.raises(MissingExtraError, match=r"^m: This saved model needs the library"):
        load_model("m")
