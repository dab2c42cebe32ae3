"""What taggers that see their documents in parts share; their tests show the rest."""

import numpy as np
import pytest
from sklearn.datasets import make_multilabel_classification
from sklearn.exceptions import NotFittedError

from skmultitext import MultilabelLogisticRegression

X, Y = make_multilabel_classification(96, n_features=8, n_classes=4, random_state=0)


@pytest.mark.parametrize(
    ("features", "labels", "classes", "message"),
    [
        (X[:, :3], Y, None, "X has 3 features, but MultilabelLogisticRegression is expecting 8"),
        (X, Y[:, :3], None, "y has 3 columns, but there are 4 labels"),
        (X[:9], Y, None, r"X has 9 rows, y has 96\."),
        (X, Y, ["a", "b", "c", "d"], "classes is 'a', 'b', 'c', 'd', but the first call of part"),
    ],
)
def test_a_part_that_does_not_fit_changes_nothing(features, labels, classes, message):
    tagger = MultilabelLogisticRegression().partial_fit(X, Y)
    expected = tagger.predict_proba(X)
    with pytest.raises(ValueError, match=message):
        tagger.partial_fit(features, labels, classes)
    np.testing.assert_array_equal(tagger.predict_proba(X), expected)


def test_a_first_part_that_does_not_fit_leaves_nothing():
    tagger = MultilabelLogisticRegression(class_weight="balanced")
    with pytest.raises(ValueError, match='class_weight="balanced" needs all labels at once'):
        tagger.partial_fit(X, Y)
    tagger = MultilabelLogisticRegression()
    with pytest.raises(ValueError, match="y has 4 columns, but there are 3 labels"):
        tagger.partial_fit(X, Y, classes=np.arange(3))
    with pytest.raises(NotFittedError):
        tagger.predict(X)
    assert not hasattr(tagger, "n_features_in_")
