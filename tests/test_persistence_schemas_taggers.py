"""A saved forest whose arrays do not fit each other is refused."""

import numpy as np
import pytest
from saved_models import fitted, objects_in, put, taken_apart

from skmultitext.exceptions import ModelFileError
from skmultitext.persistence import _decode


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("labels", np.full(8, 4, np.int32), "labels must be in \\[0, 4\\)"),
        ("depth", 7, "levels of nodes"),
        ("children", np.zeros(1, np.uint16), "wrong length"),
        ("weight_ptr", np.array([0, -1], np.int64), "outside of \\[0, inf\\]"),
        ("features", np.zeros(3, np.int64), "must be an array of int32"),
        ("n_features", 5, "n_features is"),
        ("n_labels", 3, "labels must be in \\[0, 3\\)"),
    ],
)
def test_a_forest_that_does_not_fit_is_refused(field, value, words):
    tree, files = taken_apart(fitted("trees"))
    state = next(state for key, state in objects_in(tree) if key == "skmultitext.Forest")
    put(state, field, value, files)
    with pytest.raises(ModelFileError, match=words):
        _decode(tree, files.__getitem__, None)
