"""The corpus of the checks."""

import random

import numpy as np

from skmultitext.testing._corpus import LABEL_NAMES, UNKNOWN_DOCUMENTS, _documents, corpus


def test_corpus_is_the_same_at_every_call_and_fresh():
    one, other = corpus(), corpus()
    assert one.texts == other.texts
    one.texts[0] = ""
    one.y[:] = 7
    assert corpus().texts == other.texts
    np.testing.assert_array_equal(corpus().y, other.y)
    for half in (other.y[:32], other.y[32:], other.test_y[:8], other.test_y[8:]):
        assert ((half.sum(axis=0) > 0) & (half.sum(axis=0) < len(half))).all()


def test_words_tell_the_labels_and_unknown_documents_hold_none_of_them():
    found = corpus()
    words = [set(text.split()) for text in found.texts]
    for j in range(len(LABEL_NAMES)):
        yes = set().union(*(w for w, row in zip(words, found.y, strict=True) if row[j]))
        no = set().union(*(w for w, row in zip(words, found.y, strict=True) if not row[j]))
        assert len(yes - no) >= 6  # each topic has words of its own
    known = set().union(*words)
    assert not any(known & set(text.split()) for text in UNKNOWN_DOCUMENTS)


def test_making_it_draws_from_no_global_generator():
    _documents.cache_clear()
    state = random.getstate()
    corpus()
    assert random.getstate() == state
