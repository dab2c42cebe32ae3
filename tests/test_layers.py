"""Data flows one way through the house: a module imports only from those above it."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "skmultitext"

# from the gates to the displays; a package counts as one module
ORDER = [
    "exceptions",
    "_gate.types",
    "_runtime",
    "_gate",
    "_meta.known_labels",
    "_meta.response",
    "model_selection",
    "metrics",
    "report",
    "datasets",
    "feature_extraction",
    "sequences",
    "base",
    "_meta",
    "thresholds",
    "calibration",
    "hierarchy",
    "ensemble",
    "inspection",
    "linear",
    "trees",
    "training",
    "neural",
    "transformer",
    "persistence",
    "mlflow",
    "distributed",
    "display",
    "serving",
    "testing",
    "_command",
    "__main__",
]
MODULES = sorted(PACKAGE.rglob("*.py"))
PARENTS = {f"{layer.split('.')[0]}." for layer in ORDER if "." in layer}  # split over layers
TESTS = sorted(path.stem for path in Path(__file__).parent.glob("test_*.py"))


def layer(module):
    """Name the place in the order of a module such as "_meta.response"."""
    parts = module.split(".")
    return next((name for name in (".".join(parts[:2]), parts[0]) if name in ORDER), parts[0])


def module_of(path):
    """Name the module of a file, without the package's name: "_meta.response"."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_layers(path):
    """Places in the order of what a file imports, at any depth of its code."""
    package = path.relative_to(PACKAGE).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom):
            continue
        module = node.module or ""
        if node.level:
            above = package[: len(package) - node.level + 1]
            module = ".".join([*above, *module.split(".")]).strip(".")
        elif module.split(".")[0] == "skmultitext":
            module = module.removeprefix("skmultitext").strip(".")
        else:
            continue
        names = [alias.name for alias in node.names]
        for name in [""] if module and f"{module}." not in PARENTS else names:
            yield layer(f"{module}.{name}".strip("."))


def test_every_module_has_its_place():
    places = {
        layer(module_of(path))
        for path in MODULES
        if path.parent != PACKAGE or path.stem != "__init__"
    }
    assert places == set(ORDER)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_upwards_only(path):
    if path == PACKAGE / "__init__.py":
        return
    own = layer(module_of(path))
    below = [name for name in imported_layers(path) if ORDER.index(name) > ORDER.index(own)]
    assert not below, f"{path.name} imports {below}, which stand below it in the house"


def test_modules_are_short():
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES)
    assert lengths[-1] <= 500
    assert lengths[len(lengths) // 2] <= 250


def test_every_module_has_a_test_file_of_its_name():
    names = {}  # skmultitext/report/_page_data.py is tested by test_report_page_data*.py
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
