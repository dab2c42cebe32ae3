"""The index of a vocabulary: spelled out on demand, and never trusted once that is changed."""

import pickle

import numpy as np
import pytest

from skmultitext.feature_extraction._term_index import (
    CharacterIndex,
    Vocabulary,
    WordIndex,
    as_tokens,
)

CHANGES = [
    lambda v: v.__setitem__("a", 1),
    lambda v: v.__delitem__("a"),
    lambda v: v.update(b=3),
    lambda v: v.setdefault("c", 3),
    lambda v: v.pop("a"),
    lambda v: v.popitem(),
    lambda v: v.clear(),
    lambda v: v.__ior__({"d": 1}),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_vocabulary_knows_that_it_was_changed(change):
    vocabulary = Vocabulary(a=0, b=1)
    assert (vocabulary["a"], vocabulary.get("b"), list(vocabulary)) == (0, 1, ["a", "b"])
    assert not vocabulary.changed
    change(vocabulary)
    assert vocabulary.changed
    assert not Vocabulary(a=0).changed


def test_a_pickled_vocabulary_is_a_plain_dict():
    again = pickle.loads(pickle.dumps(Vocabulary(a=0)))
    assert type(again) is dict
    assert again == {"a": 0}


def make_index(digit):
    digit = np.array(digit, np.int32)
    return WordIndex(np.array([3, 5, 6]), 2, b"late\xffmy\xfflamp\xff", digit, r"\w+")


def test_terms_are_spelled_out_on_demand():
    index = make_index([2, -1, 1])
    assert index.holds
    assert index.vocabulary == {"lamp": 0, "lamp late": 1, "late": 2}
    assert index.holds
    index.vocabulary["late"] = 7
    assert not index.holds
    assert set(index.__getstate__()) == {"text", "digit", "keys", "longest", "pattern"}


def test_terms_of_characters_are_spelled_without_padding():
    points = np.array(sorted({*as_tokens(" a ", 4), *as_tokens("b", 0)}), np.int32)
    assert points.tolist() == [0, 33, 98, 99]
    keys = np.array([int("2321", 5), int("2323", 5), int("3424", 5)])
    index = CharacterIndex(keys, 4, points, 4)
    assert index.vocabulary == {" a ": 0, " a a": 1, "ab b": 2}
    assert set(index.__getstate__()) == {"keys", "longest", "points", "padded"}


def test_words_without_a_rank_are_refused():
    pytest.importorskip("numba", reason="the kernels need numba (extra 'fast')")
    assert len(make_index([2, -1, 1]).words) == 2
    for digit in ([2, -1], [2, -1, 1, 3]):
        with pytest.raises(ValueError, match="This TF-IDF vectorizer is damaged"):
            _ = make_index(digit).words
