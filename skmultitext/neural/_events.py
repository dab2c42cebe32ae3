"""What a training tells: events while it runs, a result when it is over."""

from dataclasses import dataclass, field

__all__ = ["TrainingEvent", "TrainingResult"]


@dataclass(frozen=True)
class TrainingEvent:
    """Something that happened in a training; callbacks get it, and end the training with True.

    Parameters
    ----------
    name : {"train_begin", "step", "validation", "checkpoint", "epoch_end", "train_end"}
        What happened.
    epoch : int
        The epoch, from 1.
    step : int
        Steps (batches) trained so far, over all epochs.
    values : dict of {str: float}
        "step": its "loss"; "validation": the score by its name; "epoch_end": the record of
        `history_`; else empty.
    model : keras.Model, default=None
        The network.
    batch : tuple, default=None
        At a "step" (indicator, logits, sample_weight) of the batch, ndarrays.

    Examples
    --------
    >>> TrainingEvent("step", epoch=1, step=7, values={"loss": 0.5}).values["loss"]
    0.5
    """

    name: str
    epoch: int
    step: int
    values: dict = field(default_factory=dict)
    model: object = None
    batch: tuple | None = None


@dataclass(frozen=True)
class TrainingResult:
    """How a training went; the weights are in the model.

    Parameters
    ----------
    history : list of dict
        One record per epoch: "epoch" (from 1), "step" (batches so far), "loss" (mean of the
        epoch, penalties included), "learning_rate" (of its last step), "seconds", and with
        validation data "validation_<scorer>" (the last score) and, where the training was given
        it, "validation_loss".
    stopped_by : {"max_epochs", "early_stopping", "callback", "interrupt", "loss"}
        What ended it.
    best_score : float or None, default=None
        The best score on the validation data.
    best_step : int or None, default=None
        The step after which it was reached.
    error : FloatingPointError or None, default=None
        With "loss": the loss was nan or infinite. The model holds the best weights, and whoever
        called raises this when it has kept them.

    Examples
    --------
    >>> TrainingResult([], "max_epochs").stopped_by
    'max_epochs'
    """

    history: list
    stopped_by: str
    best_score: float | None = None
    best_step: int | None = None
    error: FloatingPointError | None = None
