"""Learning rate schedules."""

import numpy as np
import pytest

from skmultitext.training._job import make_schedule


def test_schedules():
    cosine = make_schedule(2.0, 10, warmup_ratio=0.2, decay="cosine")
    np.testing.assert_allclose([cosine(i) for i in (0, 1, 2, 6, 10)], [1, 2, 2, 1, 0], atol=1e-12)
    flat = make_schedule(2.0, 10, warmup_ratio=0.5)
    assert [flat(i) for i in (0, 4, 5, 9, 20)] == [0.4, 2.0, 2.0, 2.0, 2.0]
    linear = make_schedule(1.0, 4, decay="linear")
    assert [linear(i) for i in range(6)] == [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    assert make_schedule(1.0, 1, warmup_ratio=1.0, decay="linear")(0) == 1.0


def test_an_unknown_decay_is_refused():
    with pytest.raises(ValueError, match="decay is 'step'; pass one of None, 'linear', 'cosine'"):
        make_schedule(1.0, 10, decay="step")
