"""The README, SECURITY.md and CHANGELOG.md: examples run, and figures match the project."""

import contextlib
import io
import json
import re
import shlex
import shutil
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
from command_runs import TICKETS

import skmultitext
from skmultitext._command import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.M | re.S)


def test_the_code_runs_and_prints_what_is_shown_below_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (code,) = blocks("python")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, "README.md", "exec"), {})
    shown = README.split(code)[1].split("```")[2].removeprefix("\n")
    assert printed.getvalue() == shown


def test_the_figures_are_those_of_make_bench():
    figures = json.loads((ROOT / "docs" / "figures.json").read_text(encoding="utf-8"))
    measured = {
        (row["task"], row["theirs"], row["ours"], row["times"])
        for part in figures.values()
        for row in part["rows"]
        if row["data"] == "GoEmotions"
    }
    table = README.split("| | scikit-learn | skmultitext | |")[1].split("\n\n")[0]
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in table.strip().splitlines()[1:]
    ]
    assert len(rows) == 3
    assert set(rows) <= measured, "take them from docs/figures.json"
    outside = README.replace(table, "").replace("2.0", "")
    assert not re.findall(r"\d+x\b|0\.\d{3}", outside), "figures belong into the table"


def test_every_link_leads_to_a_file_or_a_heading():
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert len(links) > 8
    for link in links:
        path, _, heading = link.partition("#")
        text = (ROOT / path).read_text(encoding="utf-8")
        if heading:
            assert re.search(rf"^{heading}\n-+$", text, re.M | re.I), link


def test_it_fits_on_two_screens():
    assert len(README.splitlines()) <= 75


def test_three_commands_from_a_file_to_a_served_model(tmp_path, monkeypatch, tickets):
    pytest.importorskip("uvicorn", reason="needs uvicorn (extra 'serve')")
    testclient = pytest.importorskip("starlette.testclient", reason="needs httpx (group 'test')")
    block = README.split("From a CSV file to a served model")[1].split("```")[1]
    commands = [shlex.split(line, comments=True) for line in block.strip().splitlines()]
    assert [command[:2] for command in commands] == [
        ["skmultitext", "train"],
        ["skmultitext", "evaluate"],
        ["skmultitext", "serve"],
    ]
    monkeypatch.chdir(tmp_path)
    for name in ("tickets.csv", "test.csv"):
        shutil.copy(TICKETS, name)
    answers = []

    def ask(app, **options):
        """Stand in for the server: ask its application once."""
        options["on_start"](f"http://{options['host']}:{options['port']}")
        with testclient.TestClient(app) as client:
            answers.append(client.post("/tag", json={"text": tickets.data[0]}).json())
        return SimpleNamespace(run=lambda: None)

    monkeypatch.setattr("skmultitext.serving.make_server", ask)
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        assert [main(command[1:]) for command in commands] == [0, 0, 0], said.getvalue()
    assert "<html" in Path("report.html").read_text(encoding="utf-8")
    model = skmultitext.load("tickets.model")
    assert type(model).__name__ == "TunedThresholdTaggerCV"
    assert tuple(answers[0]["labels"]) == model.predict_labels(tickets.data[:1])[0]
    url = re.search(r"http://[\d.:]+", block)[0]
    assert f"serving tickets.model on {url} " in said.getvalue()


def test_every_make_target_of_the_readme_runs_whatever_files_are_there():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.M)[1].split()
    targets = set(re.findall(r"`make (\S+)`", README))
    assert targets == {"demo", "test", "docs", "bench"}
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.M), target
        assert target in phony  # docs is a folder, too


def test_every_extra_for_users_is_named():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for_users = project["optional-dependencies"].keys() - {"all"}
    text = (ROOT / "docs" / "install.rst").read_text(encoding="utf-8")
    (in_readme,) = re.findall(r'pip install "\.\[([\w,-]+)\]"', README)
    assert set(in_readme.split(",")) == {"fast", "plot", "serve"}
    assert set(re.findall(r'pip install "\.\[([\w-]+)\]"', text)) == for_users


def test_the_changelog_has_each_heading_and_each_line_once_per_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    for version in re.split(r"^## ", changelog, flags=re.M)[1:]:
        for pattern in (r"^#{3,4} .*$", r"^- .*$"):
            found = re.findall(pattern, version, re.M)
            assert found
            assert sorted(found) == sorted(set(found))
    unsorted = re.findall(r"^### .*\n+(?!#### )(.+)", changelog, re.M)
    assert not unsorted, f"put these lines under a heading: {unsorted}"


def test_the_core_and_the_versions_are_those_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    core = re.search(r"core: ([\w, -]+)$", README, re.M)[1].split(", ")
    assert core == [re.split(r"[<>=]", library)[0] for library in project["dependencies"]]
    python = project["requires-python"].removeprefix(">=")
    learn = next(d for d in project["dependencies"] if d.startswith("scikit-learn"))
    assert f"![Python {python}+, BSD-3-Clause, scikit-learn {learn.split('>=')[1]}+]" in README


def test_the_minimum_versions_of_the_security_page_are_those_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    required = {
        tuple(library.split(">="))
        for part in (project["dependencies"], *extras.values())
        for library in part
    }
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    minimums = set(re.findall(r"^\| ([a-z-]+) ([\d.]+) \|", page, re.M))
    assert len(minimums) >= 7
    assert minimums <= required


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_the_numbers_of_checks_on_an_estimator_of_text():
    from sklearn.utils.estimator_checks import estimator_checks_generator

    from skmultitext import MultilabelLogisticRegression, TfidfLogRegTagger
    from skmultitext.testing._runner import CHECKS

    def n_upstream(estimator):
        return len(list(estimator_checks_generator(estimator)))

    features = (ROOT / "docs" / "features.rst").read_text(encoding="utf-8")
    assert "runs about 100 checks; scikit-learn's ``check_estimator`` runs one\n" in features
    assert "has about\n100 checks for your own estimators" in README
    assert 95 <= len(CHECKS) <= 110
    assert n_upstream(TfidfLogRegTagger()) == 1
    design = (ROOT / "docs" / "design.rst").read_text(encoding="utf-8")
    assert "runs about 70 checks" in design
    assert 60 <= n_upstream(MultilabelLogisticRegression()) <= 80
