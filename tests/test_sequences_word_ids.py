"""Texts as ragged word ids."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

from skmultitext.sequences import Tokenizer, Vocabulary, count_words, encode_texts

TEXTS = ["a b c. d e", "", "f", "g h. i. j k l m", " "]
VOCABULARY = Vocabulary(list("abcdefghijklm."))


def words_of(ids):
    """Names of ids that are not padding."""
    return "".join(VOCABULARY.words[i - 2] for i in ids if i)


def test_flat():
    word_ids = encode_texts(TEXTS, Tokenizer(), VOCABULARY)
    assert word_ids.lengths.tolist() == [6, 0, 1, 9, 0]
    assert word_ids.shapes.tolist() == [[6], [4], [4], [10], [4]]
    assert word_ids.ids.dtype == np.int32
    assert repr(word_ids) == "<WordIds with n_documents=5, n_words=16, by_sentence=False>"
    block = word_ids.padded([3, 1, 0])
    assert block.dtype == np.int32
    assert block.shape == (3, 10)
    assert [words_of(row) for row in block] == ["gh.i.jklm", "", "abc.de"]
    assert (block[2, 6:] == 0).all()


def test_by_sentence():
    word_ids = encode_texts(TEXTS, Tokenizer(), VOCABULARY, by_sentence=True)
    assert word_ids.lengths.tolist() == [[2, 4], [0, 0], [1, 1], [3, 4], [0, 0]]
    block = word_ids.padded([0, 1, 3], shape=(3, 5), n_rows=4)
    assert block.shape == (4, 3, 5)
    found = [[words_of(row) for row in document] for document in block]
    assert found == [["abc.", "de", ""], ["", "", ""], ["gh.", "i.", "jklm"], ["", "", ""]]


def test_limits():
    limits = {"max_sentences": 2, "max_words": 3}
    flat = encode_texts(TEXTS, Tokenizer(), VOCABULARY, **limits)
    assert [words_of(row) for row in flat.padded([0, 3])] == ["abc", "gh."]
    deep = encode_texts(TEXTS, Tokenizer(), VOCABULARY, by_sentence=True, **limits)
    assert [[words_of(s) for s in d] for d in deep.padded([0, 3])] == [["abc", "de"], ["gh.", "i."]]


def test_a_smaller_shape_cuts():
    deep = encode_texts(TEXTS, Tokenizer(), VOCABULARY, by_sentence=True)
    assert [words_of(s) for s in deep.padded([3], shape=(2, 2))[0]] == ["gh", "i."]


@pytest.mark.parametrize("by_sentence", [False, True])
def test_parity_with_nested_lists(by_sentence):
    rng = np.random.RandomState(0)
    texts = ["".join(rng.choice(list("abcxyz. \n"), size=rng.randint(0, 40))) for _ in range(200)]
    tokenizer = Tokenizer()
    word_ids = encode_texts(texts, tokenizer, VOCABULARY, by_sentence=by_sentence)
    order = rng.permutation(200)
    block = word_ids.padded(order)
    for row, i in zip(block, order, strict=True):
        nested = [[VOCABULARY.id(w) for w in words] for words in tokenizer.split(texts[i])]
        if by_sentence:
            assert [s[s > 0].tolist() for s in row if s.any()] == nested
        else:
            assert row[row > 0].tolist() == [i for ids in nested for i in ids]


def test_counts():
    assert count_words(["a b. a", "b"], Tokenizer()) == {"a": 2, "b": 2, ".": 1}


def test_nothing_but_arrays_is_kept():
    word_ids = encode_texts(["a b c d"] * 1000, Tokenizer(), VOCABULARY)
    assert all(isinstance(part, np.ndarray | bool) for part in vars(word_ids).values())
    assert len(pickle.dumps(word_ids)) < 1000 * (4 * 4 + 8 + 8) + 1000


def test_import_loads_no_network_library():
    code = (
        "import sys, skmultitext.sequences\n"
        "print([m for m in ('tensorflow', 'keras', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
