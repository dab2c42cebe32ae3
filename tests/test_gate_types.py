"""The names that annotations use, and that others' type checkers see them."""

from importlib.resources import files

from skmultitext._gate import types


def test_every_alias_is_listed():
    defined = set(types.__annotations__)
    assert defined == set(types.__all__)


def test_type_checkers_of_others_read_the_annotations():
    assert files("skmultitext").joinpath("py.typed").is_file()
