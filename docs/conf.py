"""Configuration of the documentation: `make docs` builds it, offline."""

import os
import re
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


def figures_of(readme):
    """Convert the section "Figures" of a README to reST, so that there is only one copy."""
    section = re.search(r"^## Figures\n\n(.*?)^## ", readme, re.M | re.S)[1]
    blocks = re.sub(r"`([^`\n]+)`", r"``\1``", section).strip().split("\n\n")
    for number, block in enumerate(blocks):
        if block.startswith("|"):
            head, _, *rows = (line.strip("|").split("|") for line in block.splitlines())
            lines = [".. list-table::", "   :header-rows: 1", ""]
            for first, *others in (head, *rows):
                lines += [f"   * - {first.strip()}", *(f"     - {cell.strip()}" for cell in others)]
            blocks[number] = "\n".join(lines)
    return "\n\n".join(blocks) + "\n"


def add_figures(app, docname, source):
    """Put the figures of the README at the end of the page of benchmarks."""
    if docname == "benchmarks":
        readme = Path(__file__).parents[1] / "README.md"
        source[0] += figures_of(readme.read_text(encoding="utf-8"))
        app.env.note_dependency(str(readme))


def setup(app):
    """Register the functions above."""
    app.add_html_math_renderer("mathml", (visit_inline_math, None), (visit_block_math, None))
    app.connect("autodoc-skip-member", skip_what_others_wrote)
    app.connect("source-read", add_figures)
