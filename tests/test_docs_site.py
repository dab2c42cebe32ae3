"""The site: every public name has a page, every link of the built pages leads somewhere."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from test_docstrings import OBJECTS

DOCS = Path(__file__).parents[1] / "docs"
BUILT = DOCS / "_build" / "html"


def listed():
    """The names that the reference lists, each with its module."""
    module, names = "", set()
    for line in (DOCS / "api.rst").read_text(encoding="utf-8").splitlines():
        if line.startswith(".. currentmodule:: "):
            module = line.split()[-1]
        elif found := re.fullmatch(r"   ([A-Za-z]\w*)", line):
            names.add(f"{module}.{found[1]}")
    return names


def test_every_public_name_has_a_page():
    names = {name for name, _ in OBJECTS}
    assert not names - listed(), "add them to docs/api.rst"
    assert not listed() - names


def test_every_page_is_in_a_table_of_contents():
    trees = [DOCS / "index.rst", DOCS / "user_guide" / "index.rst"]
    reached = {"index", "user_guide/index"}
    for tree in trees:
        tocs = re.findall(r"\.\. toctree::\n(.*)", tree.read_text(encoding="utf-8"), re.S)
        folder = tree.parent.relative_to(DOCS)
        reached |= {str(folder / page) for page in re.findall(r"^   ([\w/]+)$", tocs[0], re.M)}
    pages = {p.relative_to(DOCS).with_suffix("") for p in DOCS.glob("*.rst")}
    pages |= {p.relative_to(DOCS).with_suffix("") for p in (DOCS / "user_guide").glob("*.rst")}
    assert {str(page) for page in pages} <= reached


def test_every_benchmark_is_on_its_page():
    text = (DOCS / "benchmarks.rst").read_text(encoding="utf-8")
    scripts = {p.name for p in (DOCS.parent / "benchmarks").glob("bench_*.py")}
    assert set(re.findall(r"^``(bench_\w+\.py)``", text, re.M)) == scripts


@pytest.mark.parametrize("page", ["recipes", "reproductions"])
def test_every_script_is_on_its_page(page):
    text = (DOCS / f"{page}.rst").read_text(encoding="utf-8")
    shown = set(re.findall(r"``(\w+\.py)``", text))
    assert shown == {p.name for p in (DOCS.parent / "examples" / page).glob("[!_]*.py")}


def check_links(site):
    """Run the check on a folder of pages."""
    done = subprocess.run(
        [sys.executable, DOCS / "check_links.py", site], capture_output=True, text=True
    )
    return done.returncode, done.stdout


def test_links_of_the_built_pages():
    if not (BUILT / "index.html").is_file():
        pytest.skip("the site is not built: make docs")
    status, printed = check_links(BUILT)
    assert status == 0, printed


def test_the_check_of_links_finds_what_is_broken(tmp_path):
    page = tmp_path / "index.html"
    page.write_text('<p id="a"><a href="#a">x</a> <a href="index.html#top">y</a>')
    assert check_links(tmp_path)[0] == 0
    page.write_text(
        '<a href="gone.html">x</a><a href="#gone">y</a><img src="https://example.org/a.png">'
    )
    status, printed = check_links(tmp_path)
    assert status == 1
    for part in ("no file gone.html", "no anchor #gone", "<img> is fetched from https://example"):
        assert part in printed


def test_examples_of_the_gallery_are_short():
    gallery = DOCS.parent / "examples" / "gallery"
    lengths = {p.name: len(p.read_text().splitlines()) for p in gallery.glob("plot_*.py")}
    assert len(lengths) >= 9
    assert max(lengths.values()) < 80


def test_the_times_of_the_first_page_are_those_of_make_bench():
    sys.path.insert(0, str(DOCS))
    try:
        from draw_times import draw, rows
    finally:
        sys.path.remove(str(DOCS))
    figures = json.loads((DOCS / "figures.json").read_text(encoding="utf-8"))
    assert len(list(rows(figures))) > 3
    drawn = (DOCS / "_static" / "times.svg").read_text(encoding="utf-8")
    assert drawn == draw(figures), "run python docs/draw_times.py"
