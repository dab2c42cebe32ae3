"""The parameter `labels` on the transformer tagger."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch (extra 'torch')")
pytest.importorskip("transformers", reason="needs transformers (extra 'torch')")

from transformer_toys import tiny

TEXTS = ["refund my lamp", "my parcel is late", "late lamp please refund", "hello"] * 4
SETS = [["refund"], ["delivery"], ["delivery", "refund"], []] * 4
LABELS = ["refund", "spam", "delivery"]
Y = np.array([[1, 0, 0], [0, 0, 1], [1, 0, 1], [0, 0, 0]] * 4)


@pytest.mark.parametrize("head", ["dense", "logreg"])
def test_sets_and_arrays_have_the_same_columns(head):
    tagger = tiny(head=head, labels=LABELS, random_state=0)
    expected = tagger.fit(TEXTS, Y).predict_proba(TEXTS)
    tagger.fit(TEXTS, SETS)
    assert tagger.label_names_.tolist() == LABELS
    np.testing.assert_array_equal(tagger.predict_proba(TEXTS), expected)
    np.testing.assert_array_equal(tagger.decision_function(TEXTS)[:, 1], -16.0)
