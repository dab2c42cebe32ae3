"""The corpus of the checks."""

import numpy as np

from skmultitext.testing._corpus import corpus


def test_corpus_is_the_same_at_every_call_and_fresh():
    one, other = corpus(), corpus()
    assert one.texts == other.texts
    one.texts[0] = ""
    one.y[:] = 7
    assert corpus().texts == other.texts
    np.testing.assert_array_equal(corpus().y, other.y)
    for half in (other.y[:32], other.y[32:], other.test_y[:8], other.test_y[8:]):
        assert ((half.sum(axis=0) > 0) & (half.sum(axis=0) < len(half))).all()
