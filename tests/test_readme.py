"""What the README shows is what a reader gets."""

import contextlib
import io
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.M | re.S)


def test_the_code_runs_and_prints_what_is_shown_below_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names, printed = {}, []
    for code in blocks("python"):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            exec(compile(code, "README.md", "exec"), names)
        printed.append(output.getvalue())
    quickstart, saving = printed
    shown = README.split(blocks("python")[0])[1].split("```")[2].removeprefix("\n")
    assert quickstart == shown
    assert "| 0.77 |" in saving
    saved = names["same_tagger"].predict_proba(names["new_texts"])
    assert (saved == names["tagger"].predict_proba(names["new_texts"])).all()


def test_every_make_target_of_the_readme_runs_whatever_files_are_there():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.M)[1].split()
    for target in re.findall(r"^make (\S+)", README, re.M):
        assert re.search(rf"^{target}:", makefile, re.M), target
        assert target in phony  # docs is a folder, too


@pytest.mark.parametrize("page", ["README.md", "docs/install.rst"])
def test_every_extra_for_users_is_named(page):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for_users = project["optional-dependencies"].keys() - {"docs", "test", "all"}
    text = (ROOT / page).read_text(encoding="utf-8")
    assert set(re.findall(r'pip install "\.\[([\w-]+)\]"', text)) == for_users
