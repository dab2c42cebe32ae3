"""What the neural taggers share."""

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext._labels import LabelSpace
from skmultitext.exceptions import LabelError
from skmultitext.neural._tagger import dense_rows, resolve_loss

Y = np.array([[1, 0, 1], [1, 0, 0], [1, 0, 1], [1, 0, 0]])
SPACE, INDICATOR = LabelSpace.learn(Y)


def test_rows_become_dense():
    for matrix in (Y, sp.csr_matrix(Y), sp.csr_array(Y)):
        for rows in (slice(1, 3), np.array([1, 2])):
            found = dense_rows(matrix, rows)
            assert found.dtype == np.float32
            np.testing.assert_array_equal(found, Y[1:3])


def test_nothing_asked_for_gives_no_weights():
    assert resolve_loss("focal", {"gamma": 1.0}, None, INDICATOR, SPACE) == {"gamma": 1.0}


def test_weights_of_classes_and_positives_multiply():
    params = {"pos_weight": [2.0, 3.0, 4.0]}
    options = resolve_loss("focal", params, {"2": 5.0}, INDICATOR, SPACE)
    assert options["pos_weight"].tolist() == [2.0, 3.0, 20.0]
    assert options["neg_weight"].tolist() == [1.0, 1.0, 1.0]
    assert params == {"pos_weight": [2.0, 3.0, 4.0]}
    balanced = resolve_loss("focal", None, "balanced", INDICATOR, SPACE, np.array([3.0, 1, 1, 1]))
    np.testing.assert_allclose(balanced["pos_weight"][2], 6 / (2 * 4))
    np.testing.assert_allclose(balanced["neg_weight"][2], 6 / (2 * 2))


def test_weights_of_positives_by_name_and_balanced():
    options = resolve_loss("focal", {"pos_weight": {"1": 5.0}}, None, INDICATOR, SPACE)
    assert options["pos_weight"].tolist() == [1.0, 5.0, 1.0]
    weight = np.array([3.0, 1, 1, 1])
    options = resolve_loss("focal", {"pos_weight": "balanced"}, None, INDICATOR, SPACE, weight)
    np.testing.assert_allclose(options["pos_weight"][2], 2 / 4)
    assert options["neg_weight"].tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(LabelError, match="pos_weight names the unknown labels 'x'"):
        resolve_loss("focal", {"pos_weight": {"x": 5.0}}, None, INDICATOR, SPACE)


@pytest.mark.parametrize("value", [[1.0, 2.0], "2", [1, 2, np.inf], [0, 1, 1], -1.0])
def test_an_illegal_pos_weight_is_refused(value):
    with pytest.raises(LabelError, match="pos_weight is "):
        resolve_loss("focal", {"pos_weight": value}, None, INDICATOR, SPACE)
