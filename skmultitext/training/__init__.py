"""The one training loop of all networks: jobs, steps, events, checkpoints.

Nothing here loads TensorFlow or PyTorch before the first step is made.
"""

from .._runtime.checkpoints import Checkpoints
from ._fitting import check_loss
from ._job import Job, TrainingEvent, TrainingResult, make_schedule
from ._keras_step import KerasStep, make_optimizer
from ._loop import train
from ._scores import Validation

__all__ = [
    "Checkpoints",
    "Job",
    "KerasStep",
    "TrainingEvent",
    "TrainingResult",
    "Validation",
    "check_loss",
    "make_optimizer",
    "make_schedule",
    "train",
]


def __dir__() -> list[str]:
    return __all__
