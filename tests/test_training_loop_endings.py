"""What is said of a training that ended badly."""

import warnings

import pytest

from skmultitext.training._job import remedy
from skmultitext.training._loop import interrupted, not_finite, warn_if_diverged


def test_the_remedy_names_nothing_that_is_so_already():
    assert remedy(1e-3, 1.0) == "Lower learning_rate (0.001)."
    assert (
        remedy(1e-3, None)
        == "Lower learning_rate (0.001), or set training_params={'max_grad_norm': 1.0}."
    )
    text = remedy(5e-5, 1.0, "bfloat16")
    assert text == "Lower learning_rate (5e-05), or set precision='float32'."
    text = remedy(0.1, None, of_features=True)
    assert text.startswith(
        "Lower learning_rate (0.1), set training_params={'max_grad_norm': 1.0}, or scale the "
    )
    assert "precision" not in text


def test_errors_say_what_became_of_the_weights():
    error = not_finite(float("nan"), "step 3", True, "Lower it.")
    assert str(error) == "The loss is nan at step 3. The best weights so far are kept. Lower it."
    assert "No weights are kept" in str(not_finite(float("inf"), "step 3", False, ""))
    kept, lost = (str(interrupted(2, 9, kept)) for kept in (True, False))
    assert kept.endswith("after 9 steps: the tagger is fitted with the best weights so far.")
    assert lost.endswith("no weights were kept before, so nothing is fitted.")


def test_only_what_is_far_worse_than_nothing_is_told():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_if_diverged(5.0, 3.0, "Lower it.")
    with pytest.warns(UserWarning, match=r"its last loss is 5.9e\+05, and logits .* Lower it\."):
        warn_if_diverged(1e5, 5.9e5, "Lower it.")
