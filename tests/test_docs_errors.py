"""The table of errors in the docs is whole: every error of the source has a row, every row one."""

import ast
import csv
import re
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "skmultitext"
DOTS = "\N{HORIZONTAL ELLIPSIS}"  # stands for whatever varies


def rows():
    """The rows of the table."""
    with open(ROOT / "docs" / "errors.csv", encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    return [row | {key: row[key].strip("`") for key in ("message", "example")} for row in found]


ROWS = rows()
KINDS = {row["error"] for row in ROWS}


def template(node):
    """The text of a message, dots for what is filled in; None where it comes from elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(v.value if isinstance(v, ast.Constant) else DOTS for v in node.values)
    return None


def messages():
    """Yield (place, class, message) of every error that the package makes."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            kind = getattr(node.func, "id", "")
            text = template(node.args[0])
            if kind in KINDS and text and not re.match("its? ", text):  # part of another message
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", kind, text


MESSAGES = list(messages())


def matches(row, kind, text):
    """Whether an error belongs to a row."""
    parts = row["message"].removesuffix(f" {DOTS}").split(DOTS)
    pattern = ".*".join(map(re.escape, parts))
    return row["error"] == kind and re.match(pattern, text, re.S) is not None


def test_every_error_has_a_row():
    lacking = [
        f"{place}: {kind}: {text[:90]}"
        for place, kind, text in MESSAGES
        if not any(matches(row, kind, text) for row in ROWS)
    ]
    assert not lacking, "add a row to docs/errors.csv for\n" + "\n".join(lacking)
    assert len(MESSAGES) > 300


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['error']}-{row['message'][:40]}")
def test_every_row_has_an_error(row):
    assert any(matches(row, kind, text) for _, kind, text in MESSAGES)
    assert row["cause"]
    assert row["remedy"]


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """What the examples of the table may use."""
    pandas = pytest.importorskip("pandas", reason="needs pandas (extra 'plot')")
    pytest.importorskip("matplotlib", reason="needs matplotlib (extra 'plot')")
    import scipy.sparse
    from sklearn.frozen import FrozenEstimator
    from sklearn.linear_model import RidgeClassifier
    from sklearn.utils import Bunch

    import skmultitext
    from skmultitext import (
        datasets,
        display,
        inspection,
        metrics,
        model_selection,
        report,
        sequences,
        testing,
        thresholds,
    )

    known = {"np": np, "pandas": pandas, "skmultitext": skmultitext}
    known["RidgeClassifier"], known["FrozenEstimator"] = RidgeClassifier, FrozenEstimator
    for module in (
        skmultitext, datasets, display, inspection, metrics, model_selection, report, sequences,
        testing, thresholds,
    ):  # fmt: skip
        known.update((name, getattr(module, name)) for name in module.__all__)
    known["Bunch"] = Bunch
    known["texts"] = ["my parcel is late", "refund my lamp", "late, refund me", "hello"]
    known["labels"] = [["delivery"], ["refund"], ["delivery", "refund"], []]
    known["y"] = np.array([[1, 0], [0, 1], [1, 1], [0, 0]])
    known["sparse"] = scipy.sparse.csr_matrix(known["y"])
    known["X"] = skmultitext.feature_extraction.TfidfVectorizer().fit_transform(known["texts"])
    known["tagger"] = skmultitext.TfidfLogRegTagger().fit(known["texts"], known["labels"])
    frame = pandas.DataFrame(known["y"], columns=["a", "b"])
    known["frame_tagger"] = skmultitext.TfidfLogRegTagger().fit(known["texts"], frame)
    known["features"] = skmultitext.MultilabelLogisticRegression()
    known["named"] = skmultitext.MultilabelLogisticRegression()
    known["named"].partial_fit(known["X"], known["labels"])
    known["a_csv_file"] = tmp_path_factory.mktemp("errors") / "table.csv"
    known["a_csv_file"].write_text("text,refund\nlate,0\n", encoding="utf-8")
    return known


SHOWN = [row for row in ROWS if row["example"]]


@pytest.mark.parametrize("row", SHOWN, ids=lambda row: row["example"][:60])
def test_the_example_of_a_row_raises_its_error(row, names):
    if "Keras" in row["example"]:
        pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
    with pytest.raises(Exception) as raised:
        eval(row["example"], names)
    errors = [raised.value, raised.value.__cause__]  # scikit-learn hides the second behind its own
    assert any(
        row["error"] in {cls.__name__ for cls in type(error).__mro__}
        and matches(row, row["error"], str(error))
        for error in errors
    ), repr(raised.value)


def test_most_rows_of_what_one_meets_first_have_an_example():
    first = [row for row in ROWS if row["error"] in ("DocumentError", "LabelError")]
    assert sum(bool(row["example"]) for row in first) > 0.8 * len(first)
