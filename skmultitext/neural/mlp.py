"""A multi-layer perceptron on features, dense or sparse."""

import os
from collections.abc import Iterator, Sequence
from functools import partial
from numbers import Integral, Real
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_random_state

from .._gate.labels import LabelSpace
from .._gate.parameters import check_sizes
from .._gate.samples import TrainingData, dense_rows
from .._gate.types import ClassWeight, FloatArray, LabelNames, RandomState, Threshold
from .._meta.incremental import IncrementalMixin
from .._runtime.generators import draw_seed
from .._runtime.keras import (
    computing_in,
    load_keras,
    prediction_precision,
    training_precision,
)
from .._runtime.messages import shown
from .._runtime.sklearn import HasMethods, Interval, StrOptions
from ..base import BaseFeatureTagger
from ..training import (
    Checkpoints,
    Job,
    KerasStep,
    TrainingResult,
    Validation,
    make_optimizer,
    train,
)
from ..training._fitting import (
    NETWORK_CONSTRAINTS,
    NeuralTaggerMixin,
    resolve_loss,
    warn_unused,
)
from ..training._job import Batch, Listeners, remedy
from ..training._scores import held_out_validation
from ._network import Network
from .losses import make_loss
from .networks import mlp

__all__ = ["KerasMLPTagger"]


def __dir__() -> list[str]:
    return __all__


# Rows of a prediction batch. Matrix products process rows in panels and round the remainder
# differently. A multiple of 48, and so of the panels of AVX-512, AVX2 and SSE, has no remainder:
# the result of a row is bitwise identical at any position.
_ROWS, _ROWS_OF_WIDE = 192, 48
_WIDE = 2**14


class KerasMLPTagger(IncrementalMixin, NeuralTaggerMixin, BaseFeatureTagger):
    """Multi-layer perceptron on features, one logit per label, trained with Keras.

    X may be sparse; it is made dense one batch at a time.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(32, 16, 8)
        Units of each hidden layer, each at least 1; empty for a linear model.
    activation : str, default="relu"
        Activation of the hidden layers, by its name in Keras.
    dropout : float, default=0.0
        Dropout rate of the hidden layers, in [0, 1). No dropout by default, because the default
        layers are small.
    loss : {"log_loss", "focal", "asymmetric"}, default="log_loss"
        The loss function, see `skmultitext.neural.losses`.
    loss_params : dict or None, default=None
        Options of the loss: `reduction`, `label_smoothing`, `pos_weight`, `gamma`, ...
        `pos_weight` is a number, one per label, a dict by label name, or "balanced": negatives
        over positives.
    class_weight : None, "balanced" or dict of {str: float}, default=None
        Factors of the weights: "balanced" gives positives and negatives of each label the same
        total weight, counted on the documents trained on, without those held out; a dict maps
        label names to factors of the positives (for a 1-D y: codes to factors of the classes).
        Factors are in (0, inf).
    optimizer : str or keras.optimizers.Optimizer, default="adam"
        Name of a Keras optimizer, or an instance. The configuration of an instance is copied,
        including its learning rate and weight decay.
    learning_rate : float, default=1e-3
        Learning rate, in (0, inf). The default is that of the authors of Adam [2]_.
    training_params : dict or None, default=None
        Rare settings of training: a dict with some of these keys; the others keep their defaults.

        - "weight_decay" (0.0): decay of the weights but not of biases, in [0, inf). Each step
          subtracts this times the learning rate from the weights, as AdamW does, also with other
          optimizers. `TransformerTagger`, whose weights are pretrained, has a decay by default.
        - "warmup_ratio" (0.0, because the rate does not fall afterwards): fraction of the steps in
          which the learning rate rises, in [0, 1].
        - "max_grad_norm" (1.0): clip gradients to this norm, taken over all weights; None does
          not clip.
        - "gradient_accumulation_steps" (1): batches whose mean gradient makes one update.
        - "validate_every" (None): updates between validations; None validates once per epoch.
        - "checkpoint_every" (None): updates between saved states in `checkpoint_dir`; None saves
          one at the end of each epoch.
    batch_size : int, default=32
        Documents per batch, at least 1. The default is that of Keras.
    max_epochs : int, default=100
        Passes over the training documents, at least 1. More than for taggers of text, because an
        epoch on features takes little time.
    early_stopping : bool, default=False
        Stop when `monitor` no longer improves on validation data, and keep the best weights.
        Without `validation_data` in `fit`, `validation_fraction` is held out.
    validation_fraction : float or None, default=None
        Fraction of the training data held out for validation, multi-label stratified, in (0, 1).
        None holds out 0.1 with `early_stopping`, else nothing.
    n_iter_no_change : int, default=10
        Validations without improvement before early stopping, at least 1. The default is that of
        scikit-learn's MLPClassifier.
    monitor : str, callable, list or dict of them, default="neg_log_loss"
        Scores on the validation data, recorded in `history_`: names of
        `skmultitext.metrics.SCORERS`, such as "f1_micro" or "average_precision_macro", scorers,
        a list of these, or a dict of these by name. Early stopping and the choice of the best
        weights use the first.
    warm_start : bool, default=False
        Start from the weights of the last `fit` rather than from new ones.
    precision : {"auto", "float32", "bfloat16", "float16"}, default="float32"
        Precision of the computation in layers. "auto" trains in bfloat16 if the hardware supports
        it, else in float32, and predicts in float32. The last layer computes in float32. The
        default is not "auto", as in `TransformerTagger`, because bfloat16 rounds features to
        three digits and saves no time in small layers.
    checkpoint_dir : str, os.PathLike or None, default=None
        Directory for the state of an unfinished training: a `fit` with the same data and
        parameters resumes from it. It is emptied when training completes. None saves no state.
    callbacks : callable, list of callable or None, default=None
        Called with each `TrainingEvent`; returning True stops the training.
    verbose : {0, 1, 2}, default=0
        1 prints a progress bar with the loss and the micro-F1, 2 prints a line per epoch.
    labels : list of str or None, default=None
        Names and order of the labels; None takes those of y. One without positives is never given.
    threshold : float, array-like of shape (n_labels,) or dict of {str: float}, default=0.5
        Predict a label if its probability is above this, in [0, 1].
    random_state : int, RandomState instance or None, default=None
        Source of new weights, dropout, the order of the documents and the held-out data.

    Attributes
    ----------
    network_ : Network
        The network; the Keras model is ``network_.model``.
    history_ : list of dict
        One record per epoch, see `TrainingResult`.
    n_iter_ : int
        Number of epochs trained.
    classes_ : ndarray of shape (n_labels, 2), or (2,) for a 1-D y
        The negative and the positive code of each label.
    label_names_ : ndarray of shape (n_labels,), dtype object
        Names of the labels, each a str.
    thresholds_ : ndarray of shape (n_labels,), dtype float64
        The threshold of each label.
    n_features_in_ : int
        Number of features.

    References
    ----------
    .. [1] J. Nam, J. Kim, E. Loza Mencía, I. Gurevych, J. Fürnkranz, "Large-scale multi-label
       text classification - revisiting neural networks", ECML PKDD 2014.
    .. [2] D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015.

    Examples
    --------
    >>> from sklearn.datasets import make_multilabel_classification
    >>> from skmultitext.neural.mlp import KerasMLPTagger
    >>> X, y = make_multilabel_classification(random_state=0)
    >>> tagger = KerasMLPTagger((16,), learning_rate=0.01, random_state=0).fit(X, y)
    >>> tagger.predict(X[:2])
    array([[0, 0, 1, 1, 1],
           [0, 0, 1, 0, 0]])
    """

    _dtype = np.float32
    _constants: FloatArray

    _parameter_constraints = {
        **NETWORK_CONSTRAINTS,
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [str],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "optimizer": [str, HasMethods(["get_config", "apply"])],
        "warm_start": ["boolean"],
        "precision": [StrOptions({"auto", "float32", "bfloat16", "float16"})],
    }

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (32, 16, 8),
        *,
        activation: str = "relu",
        dropout: float = 0.0,
        loss: str = "log_loss",
        loss_params: dict[str, Any] | None = None,
        class_weight: ClassWeight = None,
        optimizer: Any = "adam",
        learning_rate: float = 1e-3,
        training_params: dict[str, Any] | None = None,
        batch_size: int = 32,
        max_epochs: int = 100,
        early_stopping: bool = False,
        validation_fraction: float | None = None,
        n_iter_no_change: int = 10,
        monitor: Any = "neg_log_loss",
        warm_start: bool = False,
        precision: str = "float32",
        checkpoint_dir: str | os.PathLike[str] | None = None,
        callbacks: Listeners | None = None,
        verbose: int = 0,
        labels: LabelNames | None = None,
        threshold: Threshold = 0.5,
        random_state: RandomState = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.dropout = dropout
        self.loss = loss
        self.loss_params = loss_params
        self.class_weight = class_weight
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.training_params = training_params
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.monitor = monitor
        self.warm_start = warm_start
        self.precision = precision
        self.checkpoint_dir = checkpoint_dir
        self.callbacks = callbacks
        self.verbose = verbose
        self.labels = labels
        self.threshold = threshold
        self.random_state = random_state

    def _fit_engine(self, data: TrainingData) -> dict[str, Any]:
        load_keras("KerasMLPTagger")
        random_state = data.options["random_state"]
        network = self._start_network(data.X.shape[1], data.space, random_state)
        loss = make_loss(self.loss, **resolve_loss(self.loss, self.loss_params, data))
        step = KerasStep(network.model, loss, self._make_optimizer())
        validation = None
        if data.options["held"] is not None:
            X_held = data.options["held"][0]
            validation = held_out_validation(
                data, lambda: _predict(network, X_held), self.monitor, loss
            )
        job = self._job_of_batches(
            data,
            step,
            draw_seed(random_state),
            validation=validation,
            checkpoints=self._make_checkpoints(data),
        )
        result = self._train(job, step, network)
        return self._fitted(result, data, network_=network)

    def _fit_part(
        self, data: TrainingData, constants: FloatArray, *, first: bool
    ) -> dict[str, Any]:
        load_keras("KerasMLPTagger")
        if first:
            unused = ("early_stopping", "validation_fraction", "monitor", "validate_every")
            rules = [
                ("partial_fit validates nothing", unused),
                ("partial_fit writes no checkpoints", ("checkpoint_dir", "checkpoint_every")),
            ]
            warn_unused(self, rules, dicts=self._dict_parameters)
        weights = None if first else self.network_.model.get_weights()
        try:
            return {**self._train_part(data, first=first), "_constants": constants}
        except BaseException:
            if not first:
                self.network_.model.set_weights(weights)
                self.network_.step = None
            raise

    def _train_part(self, data: TrainingData, *, first: bool) -> dict[str, Any]:
        random_state = check_random_state(self.random_state)
        if first:
            network, history = self._build_network(data.X.shape[1], data.space, random_state), []
        else:
            network, history = self.network_, self.history_
        loss: Any
        if network.step is None:
            loss = make_loss(self.loss, **resolve_loss(self.loss, self.loss_params, data))
            network.step = KerasStep(network.model, loss, self._make_optimizer())
        loss = network.step.loss
        if data.has_unknown and not loss.keywords["has_unknown"]:
            # compile again, with the optimizer of the batches before
            loss = partial(loss, has_unknown=True)
            network.step = KerasStep(network.model, loss, network.step.optimizer)
        # an int random_state draws the same seed in each call; calls must shuffle differently
        seed = np.random.SeedSequence([draw_seed(random_state), len(history)])
        job = self._job_of_batches(data, network.step, int(seed.generate_state(1)[0]), n_epochs=1)
        result = self._train(job, network.step, network)
        if result.error is not None:
            raise result.error
        return {
            "network_": network,
            "history_": history + [{**r, "epoch": len(history) + 1} for r in result.history],
            "n_iter_": len(history) + len(result.history),
        }

    def _start_network(
        self, n_features: int, space: LabelSpace, random_state: np.random.RandomState
    ) -> Network:
        """Build a network, or with `warm_start` copy that of the last fit."""
        if not (self.warm_start and hasattr(self, "network_")):
            return self._build_network(n_features, space, random_state)
        config, wanted = self.network_.config, self._network_config(n_features, space)
        names = self._label_space.label_names
        if config["n_features"] != n_features or not np.array_equal(names, space.label_names):
            raise ValueError(
                f"warm_start=True continues from a network of {config['n_features']} features and "
                f"{len(names)} labels, but this X has {n_features} features and this y "
                f"{space.n_labels} labels, or their names differ. Set warm_start=False."
            )
        # loading a saved network turns tuples into lists
        changed = [name for name in wanted if _as_tuple(wanted[name]) != _as_tuple(config[name])]
        if changed:
            raise ValueError(
                f"warm_start=True continues from a network of "
                f"{', '.join(f'{name}={shown(config[name])}' for name in changed)}, but the "
                f"parameters ask for "
                f"{', '.join(f'{name}={shown(wanted[name])}' for name in changed)}. Set "
                f"warm_start=False."
            )
        network = Network.__new__(Network)
        network.__setstate__(self.network_.__getstate__())
        return network

    def _build_network(
        self, n_features: int, space: LabelSpace, random_state: np.random.RandomState
    ) -> Network:
        return Network(mlp, self._network_config(n_features, space), random_state)

    def _network_config(self, n_features: int, space: LabelSpace) -> dict[str, Any]:
        return {
            "n_features": n_features,
            "n_labels": space.n_labels,
            "hidden_layer_sizes": check_sizes("hidden_layer_sizes", self.hidden_layer_sizes),
            "activation": self.activation,
            "dropout": self.dropout,
            "precision": prediction_precision(self.precision),
        }

    def _make_optimizer(self) -> Any:
        rare = self._training_params()
        return make_optimizer(
            self.optimizer,
            self.learning_rate,
            weight_decay=rare["weight_decay"],
            max_grad_norm=rare["max_grad_norm"],
            precision=training_precision(self.precision),
        )

    def _unused_parameters(self, given: Any = None) -> Iterator[tuple[str, tuple[str, ...]]]:
        yield from super()._unused_parameters(given)
        if not isinstance(self.optimizer, str):
            yield "the optimizer has its own", ("learning_rate", "weight_decay")
        if not check_sizes("hidden_layer_sizes", self.hidden_layer_sizes):
            yield "no hidden layer", ("activation", "dropout")

    def _job_of_batches(
        self,
        data: TrainingData,
        step: KerasStep,
        seed: int,
        *,
        n_epochs: int | None = None,
        validation: Validation | None = None,
        checkpoints: Checkpoints | None = None,
    ) -> Job:
        X, indicator, sample_weight = data.X, data.indicator, data.sample_weight
        if sp.issparse(indicator):
            indicator = indicator.tocsr()
        n_samples, n_epochs = indicator.shape[0], n_epochs or self.max_epochs

        def batches(seed: int) -> Iterator[Batch]:
            order = np.random.RandomState(seed).permutation(n_samples)
            for start in range(0, n_samples, self.batch_size):
                rows = order[start : start + self.batch_size]
                weight = None if sample_weight is None else sample_weight[rows]
                yield dense_rows(X, rows), dense_rows(indicator, rows), weight

        n_batches = -(-n_samples // self.batch_size)
        return self._make_job(
            batches,
            data,
            max_epochs=n_epochs,
            seed=seed,
            n_batches=n_batches,
            schedule=self._make_schedule(step.learning_rate, n_batches, n_epochs),
            validation=validation,
            checkpoints=checkpoints,
            advice=remedy(
                step.learning_rate,
                self._training_params()["max_grad_norm"],
                training_precision(self.precision),
                of_features=True,
            ),
        )

    def _train(self, job: Job, step: KerasStep, network: Network) -> TrainingResult:
        """Train in the precision of training; predictions keep their own."""
        precision = training_precision(self.precision)
        if precision == network.config["precision"]:
            return train(job, step)
        _predict(network, np.zeros((1, network.config["n_features"])))  # compiles the prediction
        with computing_in(precision, network.model.layers[:-1]):
            return train(job, step)

    def _logits(self, X: Any) -> FloatArray:
        logits = _predict(self.network_, X)
        return np.where(np.isnan(self._constants), logits, self._constants)


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _predict(network: Network, X: Any) -> FloatArray:
    """Compute logits in batches of one shape; zeros pad the last one.

    The result of a row must not depend on the rest of its batch.
    """
    n_samples, n_features = X.shape
    n_rows = _ROWS if n_features <= _WIDE else _ROWS_OF_WIDE
    batch = np.zeros((n_rows, n_features), dtype=np.float32)
    logits = np.empty((n_samples, network.config["n_labels"]))
    for start in range(0, n_samples, n_rows):
        rows = dense_rows(X, slice(start, start + n_rows))
        batch[: len(rows)] = rows
        batch[len(rows) :] = 0
        logits[start : start + n_rows] = network.logits(batch)[: len(rows)]
    return logits
