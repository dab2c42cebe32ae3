"""What a release consists of says the same everywhere: versions, floors, targets, workflows."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import skmultitext

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def test_the_version_stands_in_one_place():
    assert PROJECT["dynamic"] == ["version"]
    assert (
        PYPROJECT["tool"]["setuptools"]["dynamic"]["version"]["attr"] == "skmultitext.__version__"
    )
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {skmultitext.__version__}\n" in citation
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## ([\d.]+)", changelog, re.M)[1]
    assert newest == skmultitext.__version__


def floors(*extras):
    run = subprocess.run(
        [sys.executable, ROOT / ".ci" / "floors.py", *extras],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return dict(line.split("==") for line in run.stdout.splitlines())


def test_every_library_has_one_floor():
    assert floors().keys() == {line.split(">=")[0] for line in PROJECT["dependencies"]}
    everything = floors(*PROJECT["optional-dependencies"])
    assert everything.keys() > floors().keys()


def test_no_floor_is_older_than_two_years():
    """SPEC 0 of Scientific Python supports releases of the last two years; these are the oldest."""
    oldest = {"numpy": "2.2", "scipy": "1.15", "scikit-learn": "1.6", "pandas": "2.3"}
    oldest["matplotlib"] = "3.10"
    found = floors(*PROJECT["optional-dependencies"])
    for library, lowest in oldest.items():
        assert [*map(int, found[library].split("."))] >= [*map(int, lowest.split("."))], library


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_run_targets_of_the_makefile(path):
    workflow = path.read_text(encoding="utf-8")
    targets = re.findall(r"make ([\w-]+)", workflow)
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.M)[1].split()
    assert targets
    assert set(targets) <= set(phony)
    for target in targets:
        assert re.search(rf"^([\w-]+ )*{target}( [\w-]+)*:", MAKEFILE, re.M), target


def test_classifiers_name_versions_of_python_that_the_workflows_run():
    declared = {
        line.split(" :: ")[-1]
        for line in PROJECT["classifiers"]
        if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", line)
    }
    proved = set(
        re.findall(r'"(3\.\d+)"', "".join(p.read_text(encoding="utf-8") for p in WORKFLOWS))
    )
    assert declared
    assert declared <= proved
    assert min(declared, key=lambda v: int(v.split(".")[1])) == PROJECT["requires-python"][2:]


def test_reports_of_faults_ask_for_the_versions():
    template = (ROOT / ".github" / "ISSUE_TEMPLATE" / "bug.yml").read_text(encoding="utf-8")
    assert "`skmultitext.show_versions()`" in template
    assert callable(skmultitext.show_versions)
