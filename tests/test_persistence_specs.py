"""What attributes of a saved model must be."""

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from limits import limited

from skmultitext.exceptions import ModelFileError
from skmultitext.persistence._schema import Found
from skmultitext.persistence._specs import (
    Choice,
    DType,
    Either,
    Flag,
    Instance,
    LeftOut,
    Listed,
    LocalPath,
    Mapped,
    Named,
    Number,
    Part,
    Pattern,
    Place,
    Plain,
    Record,
    Size,
    Text,
    Tuple,
    Vocabulary,
    check_keys,
    describe,
    shown_path,
)


def check(spec, value, objects=None, patterns=None, **sizes):
    place = Place("it", sizes, {} if objects is None else objects, patterns)
    spec.check(value, place)
    return place.sizes


NATURAL = Number(0, whole=True)
PAIR = Record({"a": Text(), "b": Flag()}, frozenset("b"))
EITHER = Either(Choice(None), Size("n"), Listed(Text(), "m"))


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        (Number(), -0.5),
        (Number(0, 1), np.float64(1)),
        (NATURAL, np.int64(0)),
        (Flag(), np.bool_(True)),
        (Choice("a", None), None),
        (Text(), "\ud800"),
        (Pattern(), r"(a)(?:b)"),
        (Vocabulary("n"), {"b": 1, "a": np.int64(0)}),
        (Listed(Text(), distinct=True), ("a", "b")),
        (Tuple(Text(), Flag()), ("a", False)),
        (PAIR, {"a": "x"}),
        (Mapped(Flag()), {"a": True}),
        (EITHER, ["a"]),
        (Named(("numpy.float32",)), np.float32),
        (DType(), np.float32),
        (DType(), "int64"),
        (DType(), np.dtype("f8")),
        (Instance(slice), slice(1)),
        (Plain(), {"a": [1, (None, "b"), np.zeros(2), {3}], 4: Path("a"), "c": slice(1)}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_taken(spec, value):
    check(spec, value)


@pytest.mark.parametrize(
    ("spec", "value", "message"),
    [
        (Number(), True, "it is True; it must be a number"),
        (Number(), float("nan"), "must be from"),
        (Number(), float("inf"), "must be from"),
        (Number(), np.array([1.0]), "must be a number"),
        (Number(), 1j, "must be a number"),
        (Number(0, 1), 2, r"it is 2; it must be from 0 to 1"),
        (NATURAL, 1.0, "must be an integer"),
        (NATURAL, 10**30, "must be from 0"),
        (Size("n"), 3, "but 2 in the rest of the model"),
        (Flag(), 1, "must be True or False"),
        (Choice(1, None), True, "must be one of 1, None"),
        (Text(), None, "must be a str"),
        (Pattern(), "(", r"must be a regular expression \(missing \)"),
        (Pattern(), "(a)(b)", "at most one group"),
        (Pattern(), "a" * 10_001, "at most 10000 characters"),
        (Pattern(), "(?:" * 5000 + ")" * 2000, "must be a regular expression"),
        (Vocabulary("m"), {"a": 0, "b": 0}, "has 2 terms; their columns must be 0 to 1, each once"),
        (Vocabulary("m"), {"a": -1, "b": 0}, "columns must be 0 to"),
        (Vocabulary("m"), {"a": 10**30}, "columns must be 0 to"),
        (Vocabulary("n"), {"a": 0}, "but 2 in the rest of the model"),
        (Vocabulary("m"), {}, "must be at least 1"),
        (Vocabulary("m"), {"a": 0.0}, "must be a dict of str to int"),
        (Vocabulary("m"), {"a": False}, "must be a dict of str to int"),
        (Vocabulary("m"), {3: 0}, "must be a dict of str to int"),
        (Listed(Text(), distinct=True), ["a", "a"], "contains an entry twice"),
        (Listed(Text()), ["a", 3], r"it\[1\] is 3; it must be a str"),
        (Listed(Text(), kinds=(list,), least=1), [], "must be a list of at least 1"),
        (Listed(Text(), "n"), ["a"], "but 2 in the rest of the model"),
        (Tuple(Text()), ["a"], "must be a tuple of 1"),
        (Tuple(Text()), ("a", "b"), "must be a tuple of 1"),
        (PAIR, {}, "it has no entry 'a'"),
        (PAIR, {"a": "x", "c": 1}, "it has the unknown entry 'c'"),
        (PAIR, {"a": 3}, r"it\['a'\] is 3"),
        (Mapped(Flag()), {3: True}, "must be a dict with str keys"),
        (EITHER, [3], r"it\[0\] is 3; it must be a str"),
        (Named(("numpy.float32",)), np.float64, "must be one of numpy.float32"),
        (DType(), "U3", "must be a dtype of numbers"),
        (DType(), "no such", "must be a dtype of numbers"),
        (DType(), [("a", "f8")], "must be a dtype of numbers"),
        (Instance(slice), 3, "must be a slice"),
        (Plain(), {"a": [open]}, r"it\['a'\] is a .*; it must be plain data"),
        (Plain(), np.zeros((1, 1, 1)), "an array of one or two dimensions"),
        (Plain(), np.zeros(1, complex), "an array of one or two dimensions"),
        (LocalPath(), 3, "must be a name or None"),
    ],
    ids=range(44),
)
def test_what_is_refused(spec, value, message):
    with pytest.raises(ModelFileError, match=message):
        check(spec, value, n=2)


def test_a_choice_that_fails_binds_no_size():
    sizes = check(Either(Tuple(Size("n"), Text()), Tuple(Number(), Number())), (5, 6))
    assert sizes == {}
    assert check(EITHER, 5) == {"n": 5}


def test_patterns_that_are_taken():
    check(Pattern(), "a+", patterns={"a+"})
    message = "must be one of the patterns of this package, unless allow_patterns=True"
    with pytest.raises(ModelFileError, match=message):
        check(Pattern(), "(a+)+b", patterns={"a+"})


def test_a_pattern_is_only_compiled():
    limited(check, Pattern(), "(?:a+)+b", seconds=1)


def test_parts_agree_with_the_whole():
    part = object()
    objects = {id(part): Found("a.B", {"n_out": 3}, True, True)}
    assert check(Part(("a.B",), {"n_out": "n", "other": "m"}), part, objects) == {"n": 3}
    check(Part(), part, objects)
    with pytest.raises(ModelFileError, match="but 2 in the rest of the model"):
        check(Part(("a.B",), {"n_out": "n"}), part, objects, n=2)
    with pytest.raises(ModelFileError, match=r"it is a object; it must be a\.C"):
        check(Part(("a.C",)), part, objects)
    with pytest.raises(ModelFileError, match="must be an estimator"):
        check(Part(), object(), objects)
    objects = {id(part): Found("a.B", {}, False, False)}
    with pytest.raises(ModelFileError, match="must be an estimator"):
        check(Part(), part, objects)
    with pytest.raises(ModelFileError, match="it is not fitted"):
        check(Part(("a.B",)), part, objects)
    check(Part(("a.B",), fitted=False), part, objects)


def test_what_no_file_says():
    state = {"a": 1, "b": 2}
    LeftOut().normalize(state, "a")
    LeftOut(None).normalize(state, "b")
    LeftOut(None).normalize(state, "c")
    assert state == {"b": None, "c": None}
    state = {"checkpoint": Path("/home/me/secret/bert")}
    LocalPath().normalize(state, "checkpoint")
    LocalPath().normalize(state, "other")
    assert state == {"checkpoint": "bert"}


def test_paths_that_others_are_told(tmp_path, monkeypatch):
    assert shown_path("distilbert-base-uncased") == "distilbert-base-uncased"
    assert shown_path("someone/bert.base_v2") == "someone/bert.base_v2"
    for path in ("/home/me/bert", "./bert", "~/models/bert", "a/b/bert", Path("me/bert"), tmp_path):
        assert shown_path(path) == Path(path).name
    assert shown_path("C:\\Users\\me\\bert") == "bert"
    (tmp_path / "me" / "bert").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert shown_path("me/bert") == "bert"


def test_a_size_means_the_same_everywhere():
    sizes = {}
    Place("A.b", sizes).bind("n_labels", 3, np.zeros(3))
    Place("A.c", sizes).at(0).bind("n_labels+1", 4, np.zeros(4))
    assert sizes == {"n_labels": 3}
    message = r"A\.d\[0\] is an array of shape \(4,\) and dtype float64: n_labels is 4 here, "
    with pytest.raises(ModelFileError, match=message + "but 3 in the rest of the model"):
        Place("A.d", sizes).at(0).bind("n_labels", 4, np.zeros(4))
    with pytest.raises(ModelFileError, match="its size is 3, but must be 2"):
        Place("A.d", sizes).bind(2, 3, np.zeros(3))
    with pytest.raises(ModelFileError, match=r"must be at least 1"):
        Place("A.e", sizes).bind("n_features", 0, np.zeros(0))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (1.5, "1.5"),
        ("\x1b", r"'\x1b'"),
        ("x" * 1000, repr("x" * 100)),
        (np.zeros((2, 1), np.int8), "an array of shape (2, 1) and dtype int8"),
        (sp.csr_array((2, 1)), "a csr_array of shape (2, 1) and dtype float64"),
        ([1] * 1000, "a list"),
    ],
    ids=range(7),
)
def test_values_in_few_words(value, text):
    assert describe(value) == text


def test_keys():
    check_keys("A", {"a": 1}, {"a": None, "b": None}, {"b"})
    with pytest.raises(ModelFileError, match="A has the unknown entry 'c'"):
        check_keys("A", {"a": 1, "c": 1}, {"a": None}, ())
    with pytest.raises(ModelFileError, match="A has no entry 'a'"):
        check_keys("A", {}, {"a": None}, ())
