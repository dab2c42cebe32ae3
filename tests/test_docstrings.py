"""Public docstrings are numpydoc, complete, and say shapes."""

import importlib
import inspect
import pkgutil
import re

import pytest
from numpydoc.docscrape import FunctionDoc, NumpyDocString

import skmultitext

ARRAY = re.compile(r"\b(nd)?array\b|sparse|csr_matrix|csc_array", re.I)
# "label sets" stands for the forms of y, whose shapes the user guide gives once
SHAPED = re.compile(r"shape|of length|1-D|scalar|label sets|forms? of y|each of them")


def public_objects():
    """Yield (dotted name, object) of everything that a public module offers."""
    seen = set()
    modules = ["skmultitext"] + [
        info.name
        for info in pkgutil.walk_packages(skmultitext.__path__, "skmultitext.")
        if not any(part.startswith("_") for part in info.name.split("."))
    ]
    for module_name in modules:
        module = importlib.import_module(module_name)
        own = [n for n, o in vars(module).items() if getattr(o, "__module__", "") == module_name]
        names = getattr(module, "__all__", [n for n in own if not n.startswith("_")])
        for name in names:
            thing = getattr(module, name)
            if not callable(thing) or not (getattr(thing, "__module__", "") or "").startswith(
                "skm"
            ):
                continue
            if id(thing) not in seen:
                seen.add(id(thing))
                yield f"{module_name}.{name}", thing


OBJECTS = list(public_objects())
CLASSES = [(n, o) for n, o in OBJECTS if inspect.isclass(o) and not issubclass(o, BaseException)]


def callables():
    """Yield (name, function) of public functions and of the methods written in this package."""
    for name, thing in OBJECTS:
        if inspect.isfunction(thing):
            yield name, thing
    for name, cls in CLASSES:
        for method_name, method in vars(cls).items():
            if method_name.startswith("_"):
                continue
            function = getattr(method, "__func__", method)
            if inspect.isfunction(function):
                yield f"{name}.{method_name}", function


FUNCTIONS = list(callables())


def parameters_of(function):
    """Names of the parameters that a docstring must describe."""
    return [
        ("*" * (p.kind is p.VAR_POSITIONAL) + "**" * (p.kind is p.VAR_KEYWORD)) + p.name
        for p in inspect.signature(function).parameters.values()
        if p.name not in ("self", "cls")
    ]


def described(entries):
    """Map each described name to (type, description); 'a, b' stands for both."""
    return {
        name.strip(): (entry.type, " ".join(entry.desc))
        for entry in entries
        for name in entry.name.split(",")
    }


@pytest.mark.parametrize(("name", "function"), FUNCTIONS, ids=[n for n, _ in FUNCTIONS])
def test_functions_describe_parameters_returns_and_errors(name, function):
    assert function.__doc__, f"{name} has no docstring"
    doc = FunctionDoc(function)
    found = described(doc["Parameters"])
    for parameter in parameters_of(function):
        assert parameter in found, f"{name} does not describe {parameter}"
        assert found[parameter][1], f"{name}: {parameter} lacks a description"
        assert found[parameter][0] or "*" in parameter, f"{name}: {parameter} lacks a type"
    assert set(found) <= set(parameters_of(function)), f"{name} describes what is not there"
    assert (
        doc["Returns"]
        or doc["Yields"]
        or "None" in str(function.__annotations__)
        or ("return" not in inspect.getsource(function).split('"""')[-1])
    ), f"{name} does not say what it returns"
    for kind, description in found.values():
        if ARRAY.search(kind):
            assert SHAPED.search(kind + description), f"{name}: {kind!r} has no shape"
    for entry in doc["Returns"]:
        if ARRAY.search(entry.type):
            assert SHAPED.search(entry.type), f"{name} returns {entry.type!r} without a shape"


def is_result(doc):
    """Whether a docstring describes what functions return, not what a user makes."""
    return bool(doc["Attributes"]) and not doc["Parameters"]


@pytest.mark.parametrize(("name", "cls"), CLASSES, ids=[n for n, _ in CLASSES])
def test_classes_describe_parameters_and_show_an_example(name, cls):
    doc = NumpyDocString(inspect.getdoc(cls))
    found = described(doc["Parameters"])
    written_here = getattr(cls.__init__, "__module__", "").startswith("skmultitext")
    # a class that only functions make describes its attributes instead
    for parameter in parameters_of(cls.__init__) if written_here and not is_result(doc) else ():
        assert parameter in found, f"{name} does not describe {parameter}"
        assert all(found[parameter]), f"{name}: {parameter} lacks a type or a description"
    for entry in doc["Attributes"]:
        assert entry.type, f"{name}: attribute {entry.name} has no type"
        if ARRAY.search(entry.type):
            assert SHAPED.search(entry.type + " ".join(entry.desc)), f"{name}: {entry.name}"
    if not inspect.isabstract(cls):
        assert doc["Examples"], f"{name} shows no example"


def test_the_walk_finds_what_is_public():
    names = {name for name, _ in OBJECTS}
    assert {
        "skmultitext.TfidfLogRegTagger",
        "skmultitext.MultilabelLogisticRegression",
        "skmultitext.feature_extraction.TfidfVectorizer",
    } <= names
    assert len(FUNCTIONS) > 20
