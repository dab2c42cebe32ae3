"""Data flows one way through the house: a module imports only from those above it."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "skmultitext"

# from the gates to the displays; a package counts as one module
ORDER = [
    "exceptions",
    "_optional",
    "_compiled",
    "_pickling",
    "_documents",
    "_label_forms",
    "_labels",
    "_label_parameters",
    "_rows",
    "_response",
    "_first_labels",
    "_decision",
    "_cut_offs",
    "_sigmoid",
    "model_selection",
    "metrics",
    "datasets",
    "feature_extraction",
    "sequences",
    "_explanation",
    "persistence",
    "base",
    "_incremental",
    "linear",
    "neural",
    "transformer",
    "_out_of_fold",
    "_named_columns",
    "_wrapping",
    "thresholds",
    "calibration",
    "inspection",
    "display",
    "testing",
]
MODULES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted(path.stem for path in Path(__file__).parent.glob("test_*.py"))


def layer(path):
    """Name the module of the house that a file belongs to."""
    part = path.relative_to(PACKAGE).parts[0]
    return part.removesuffix(".py")


def imported_layers(path):
    """Names of the modules of the house that a file imports, at any depth of its code."""
    depth = len(path.relative_to(PACKAGE).parts) - 1
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            if node.level == depth + 1:  # relative to the package's root
                names = [node.module] if node.module else [alias.name for alias in node.names]
                yield from (name.partition(".")[0] for name in names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("skmultitext"):
            parts = node.module.split(".")
            yield from [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]


def test_every_module_has_its_place():
    assert {layer(path) for path in MODULES} - {"__init__"} == set(ORDER)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_upwards_only(path):
    own = layer(path)
    if own == "__init__":
        return
    below = [name for name in imported_layers(path) if ORDER.index(name) > ORDER.index(own)]
    assert not below, f"{path.name} imports {below}, which stand below it in the house"


def test_modules_are_short():
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES)
    assert lengths[-1] <= 500
    assert lengths[len(lengths) // 2] <= 250


def test_every_module_has_a_test_file_of_its_name():
    names = {}  # skmultitext/metrics/_page_data.py is tested by test_metrics_page_data*.py
    for path in MODULES:
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if path.name != "__init__.py":
            names["_".join(["test", *(part.strip("_") for part in parts)])] = path
    # a file belongs to the longest name that it begins with: not to metrics/_page.py here
    tested = {
        max((n for n in names if f"{test}_".startswith(f"{n}_")), key=len, default=None)
        for test in TESTS
    }
    missing = [str(names[name].relative_to(PACKAGE)) for name in sorted(names.keys() - tested)]
    assert not missing, f"no file of tests is named after {missing}"
