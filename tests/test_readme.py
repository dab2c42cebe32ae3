"""What the README shows is what a reader gets."""

import contextlib
import io
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.M | re.S)


def test_the_quickstart_prints_what_the_readme_shows_below_it():
    code = blocks("python")[0]
    shown = README.split(code)[1].split("```")[2].removeprefix("\n")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    assert printed.getvalue() == shown


def test_every_make_target_and_extra_of_the_readme_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\S+)", README, re.M):
        assert re.search(rf"^{target}:", makefile, re.M), target
    for extra in re.findall(r'pip install "\.\[(\S+)\]"', README):
        assert re.search(rf"^{extra} = \[", pyproject, re.M), extra
