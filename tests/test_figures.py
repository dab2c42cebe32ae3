"""The runner of `make bench`: rows of benchmarks, with machine, versions and date, in one file."""

import json
import re
import sys
from pathlib import Path

import pytest
import script_runs

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
FIGURES = json.loads((BENCHMARKS.parent / "docs" / "figures.json").read_text(encoding="utf-8"))


@pytest.fixture
def runner(monkeypatch):
    """The module, imported as a script would find it."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    import figures

    yield figures
    del sys.modules["figures"]


def start(runner, monkeypatch, script, output, *arguments):
    """Run one part, a script given as text."""
    file = output.parent / "bench_toy.py"
    file.write_text(script)
    monkeypatch.setattr(runner, "PARTS", {"toy": [str(file), "{path}"], "other": []})
    monkeypatch.setattr(sys, "argv", ["figures.py", *arguments, "--output", str(output)])
    runner.main()


ROW = ["GoEmotions", "a fit", "peer", "2.00 s", "1.00 s", "2.0x"]


def test_rows_are_kept_with_their_conditions_and_other_parts_stay(runner, monkeypatch, tmp_path):
    output = tmp_path / "figures.json"
    output.write_text(json.dumps({"toy": "old", "other": "kept"}))
    script = f"print('words'); print('figure', *{ROW}, sep='\\t')"
    start(runner, monkeypatch, script, output, str(tmp_path), "--only", "toy")
    written = json.loads(output.read_text())
    assert written["other"] == "kept"
    toy = written["toy"]
    assert toy["rows"] == [dict(zip(runner.COLUMNS, ROW, strict=True))]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", toy["date"])
    assert toy["versions"]["scikit-learn"]
    assert "cores" in toy["machine"]


@pytest.mark.parametrize(
    "script", [f"print('figure', *{ROW}, sep='\\t'); raise SystemExit(3)", "print('no rows')"]
)
def test_a_part_that_fails_changes_nothing(runner, monkeypatch, tmp_path, script):
    output = tmp_path / "figures.json"
    output.write_text('{"toy": "old"}')
    with pytest.raises(SystemExit, match="Failed, or without figures: toy"):
        start(runner, monkeypatch, script, output, str(tmp_path), "--only", "toy")
    assert output.read_text() == '{"toy": "old"}'


@pytest.mark.parametrize("arguments", [[], ["--smoke", "folder"], ["--smoke"]])
def test_small_data_never_become_figures(runner, monkeypatch, arguments):
    monkeypatch.setattr(sys, "argv", ["figures.py", *arguments])
    with pytest.raises(SystemExit):
        runner.main()


@pytest.mark.parametrize(
    ("theirs", "ours", "shown"),
    [
        (126.4, 13.2, ["126 s", "13 s", "9.6x"]),
        (1.638, 0.1092, ["1.64 s", "0.11 s", "15x"]),
        ("0.1 / 0.2", "0.3 / 0.4", ["0.1 / 0.2", "0.3 / 0.4", ""]),
    ],
)
def test_a_figure_is_shown_as_the_pages_show_it(runner, capsys, theirs, ours, shown):
    from _side_by_side import print_figure

    print_figure("data", "task", "peer", theirs, ours)
    (row,) = runner.rows_of(capsys.readouterr().out)
    assert [row[name] for name in ("theirs", "ours", "times")] == shown


def kinds(part):
    """The rows of a part without data and numbers."""
    return {(re.sub(r"[\d,]+", "N", row["task"]), row["other"]) for row in part["rows"]}


def test_every_part_was_run(runner):
    assert list(FIGURES) == [part for part in runner.PARTS if part in FIGURES]


@pytest.mark.slow
def test_every_part_gives_its_rows_on_small_data(tmp_path):
    for library in ("numba", "torch", "transformers"):
        pytest.importorskip(library, reason=f"needs {library}")
    script_runs.run(BENCHMARKS / "figures.py", "--smoke", "--output", tmp_path / "small.json")
    small = json.loads((tmp_path / "small.json").read_text())
    for name, part in FIGURES.items():
        assert kinds(part) <= kinds(small[name]), name
