"""Configuration of the documentation: `make docs` builds it, offline."""

import json
import os
import warnings
from importlib.metadata import version as version_of
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # no page asks a hub for anything

project = "skmultitext"
author = "the skmultitext developers"
version = release = version_of("skmultitext")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "gallery/**/*.ipynb", "gallery/**/*.py"]
templates_path = ["_templates"]
default_role = "py:obj"

autosummary_generate = True
numpydoc_show_class_members = False  # the template of a class lists its members
numpydoc_class_members_toctree = False

copybutton_exclude = ".linenos, .gp, .go"  # copy input only, not output
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

sphinx_gallery_conf = {
    "examples_dirs": "../examples/gallery",
    "gallery_dirs": "gallery",
    "filename_pattern": r"plot_",
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "only_warn_on_example_error": False,
    "download_all_examples": False,
    "write_computation_times": False,  # its page loads scripts from elsewhere
    "show_memory": False,
    "show_signature": False,
    "remove_config_comments": True,
    "reset_modules": ("matplotlib",),
    "image_scrapers": ("matplotlib",),
    "matplotlib_animations": False,
    "capture_repr": ("_repr_html_", "__repr__"),
    "ignore_repr_types": r"matplotlib|skmultitext\.display",
    "doc_module": ("skmultitext",),
    "backreferences_dir": None,
    "default_thumb_file": None,
}

html_theme = "pydata_sphinx_theme"
html_title = "skmultitext"
html_context = {"default_mode": "auto"}
html_static_path = ["_static"]
html_css_files = ["skmultitext.css"]
html_math_renderer = "mathml"
html_show_sourcelink = False
html_copy_source = False
# pages of the first level have no subpages for a sidebar
html_sidebars = {
    page: []
    for page in (
        "add_a_tagger",
        "benchmarks",
        "choosing",
        "design",
        "getting_started",
        "index",
        "install",
        "migrating",
        "recipes",
        "reproductions",
        "troubleshooting",
    )
}
html_theme_options = {
    "navbar_end": ["theme-switcher"],
    "header_links_before_dropdown": 4,
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
    "show_prev_next": True,
}
copyright = "the skmultitext developers, BSD-3-Clause"

# a warning of an example is a defect, as it is in the tests
warnings.filterwarnings("error", category=FutureWarning, module="skmultitext")


def skip_what_others_wrote(app, what, name, member, skip, options):
    """Leave out of the reference what scikit-learn documents: get_params, set_*_request."""
    function = getattr(member, "fget", None) or getattr(member, "__func__", member)
    home = getattr(function, "__module__", None) or ""
    return True if callable(function) and not home.startswith("skmultitext") else None


def convert_math(translator, node, display):
    """Write a formula as MathML, which browsers draw without any script."""
    from latex2mathml.converter import convert

    translator.body.append(convert(node.astext(), display=display))
    if display == "block":
        translator.body.append("\n")


def visit_inline_math(translator, node):
    """Write a formula in a line of text."""
    from docutils.nodes import SkipNode

    convert_math(translator, node, "inline")
    raise SkipNode


def visit_block_math(translator, node):
    """Write a formula on a line of its own."""
    from docutils.nodes import SkipNode

    translator.body.append('<div class="math">')
    convert_math(translator, node, "block")
    translator.body.append("</div>")
    raise SkipNode


def table_of(figures):
    """Write the figures of `make bench` as reST: a table, and the conditions of each part."""
    lines = [".. list-table::", "   :header-rows: 1", ""]
    head = ["task", "data", "beside", "the other", "skmultitext", ""]
    rows = [
        [
            row[name].replace("_", r"\_")
            for name in ("task", "data", "other", "theirs", "ours", "times")
        ]
        for part in figures.values()
        for row in part["rows"]
    ]
    for first, *others in (head, *rows):
        lines += [f"   * - {first}", *(f"     - {cell}" for cell in others)]
    lines.append("")
    for name, part in figures.items():
        versions = ", ".join(" ".join(pair) for pair in part["versions"].items())
        lines.append(
            f"- {name}: {part['date']}, {part['machine']}, a load of {part['load before']} before "
            f"it, {part['seconds']} s; {versions}."
        )
    return "\n".join(lines) + "\n"


def add_figures(app, docname, source):
    """Put the figures of `make bench` at their place on the page of benchmarks."""
    if docname == "benchmarks":
        file = Path(__file__).parent / "figures.json"
        table = table_of(json.loads(file.read_text(encoding="utf-8")))
        source[0] = source[0].replace(".. figures of make bench\n", table)
        app.env.note_dependency(str(file))


def setup(app):
    """Register the functions above."""
    app.add_html_math_renderer("mathml", (visit_inline_math, None), (visit_block_math, None))
    app.connect("autodoc-skip-member", skip_what_others_wrote)
    app.connect("source-read", add_figures)
