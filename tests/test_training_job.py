"""The number of updates of a job."""

import pytest

from skmultitext.training import Job


@pytest.mark.parametrize(
    ("n_batches", "accumulated", "expected"), [(None, 2, None), (5, 1, 5), (5, 2, 3), (5, 9, 1)]
)
def test_updates_of_an_epoch(n_batches, accumulated, expected):
    job = Job(list, 1, 0, n_batches=n_batches, gradient_accumulation_steps=accumulated)
    assert job.n_updates == expected


def test_the_repr_leaves_out_the_advice():
    assert "advice" not in repr(Job(list, 1, 0, advice="Lower it."))
