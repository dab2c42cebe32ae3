"""Losses by name: their options, and the weights that the parameters of a tagger ask for."""

import numpy as np
import pytest

from skmultitext import MultilabelLogisticRegression
from skmultitext._gate.labels import LabelSpace
from skmultitext.exceptions import LabelError
from skmultitext.training._fitting import check_loss, resolve_loss

Y = np.array([[1, 0, 1], [1, 0, 0], [1, 0, 1], [1, 0, 0]])
SPACE, INDICATOR = LabelSpace.learn(Y)


def data(class_weight=None, sample_weight=None):
    tagger = MultilabelLogisticRegression(class_weight=class_weight)
    return tagger._training_data(None, INDICATOR, SPACE, sample_weight)


def test_nothing_asked_for_gives_no_weights():
    assert resolve_loss("focal", {"gamma": 1.0}, data()) == {"gamma": 1.0}


def test_weights_of_classes_and_positives_multiply():
    params = {"pos_weight": [2.0, 3.0, 4.0]}
    options = resolve_loss("focal", params, data({"2": 5.0}))
    assert options["pos_weight"].tolist() == [2.0, 3.0, 20.0]
    assert options["neg_weight"].tolist() == [1.0, 1.0, 1.0]
    assert params == {"pos_weight": [2.0, 3.0, 4.0]}
    balanced = resolve_loss("focal", None, data("balanced", np.array([3.0, 1, 1, 1])))
    np.testing.assert_allclose(balanced["pos_weight"][2], 6 / (2 * 4))
    np.testing.assert_allclose(balanced["neg_weight"][2], 6 / (2 * 2))


def test_weights_of_positives_by_name_and_balanced():
    options = resolve_loss("focal", {"pos_weight": {"1": 5.0}}, data())
    assert options["pos_weight"].tolist() == [1.0, 5.0, 1.0]
    weight = np.array([3.0, 1, 1, 1])
    options = resolve_loss("focal", {"pos_weight": "balanced"}, data(sample_weight=weight))
    np.testing.assert_allclose(options["pos_weight"][2], 2 / 4)
    assert options["neg_weight"].tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(LabelError, match="pos_weight names the unknown labels 'x'"):
        resolve_loss("focal", {"pos_weight": {"x": 5.0}}, data())


@pytest.mark.parametrize("value", [[1.0, 2.0], "2", [1, 2, np.inf], [0, 1, 1], -1.0])
def test_an_illegal_pos_weight_is_refused(value):
    with pytest.raises(LabelError, match="pos_weight is "):
        resolve_loss("focal", {"pos_weight": value}, data())


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("hinge", {}, r"loss is 'hinge'; pass one of log_loss, focal, asymmetric\."),
        (
            "focal",
            {"margin": 0.1},
            r"The loss 'focal' has no option 'margin'; it has pos_weight, reduction, "
            r"label_smoothing, gamma, alpha\.",
        ),
        ("focal", {"gamma": -1}, r"gamma of the loss 'focal' is -1; pass a number in \[0, inf\)\."),
        ("focal", {"alpha": 1.0}, r"alpha of the loss 'focal' is 1\.0; pass a number in \(0, 1\)"),
        ("asymmetric", {"margin": 1.0}, r"margin .* is 1\.0; pass a number in \[0, 1\)\."),
        ("asymmetric", {"gamma_negative": "4"}, r"gamma_negative .* is '4'; pass a number in"),
        ("log_loss", {"label_smoothing": np.nan}, r"label_smoothing .* is nan"),
        ("log_loss", {"reduction": "sum"}, r"reduction is 'sum'; pass one of sum_over"),
    ],
)
def test_illegal_options_are_named(name, options, message):
    with pytest.raises(ValueError, match=message):
        check_loss(name, options)
