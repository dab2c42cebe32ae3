"""A multi-layer perceptron on features, dense or sparse."""

from numbers import Integral, Real

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from .._incremental import constant_logits, count_positives
from .._label_parameters import resolve_thresholds
from ..base import BaseFeatureTagger
from ._backend import load_keras
from ._incremental import IncrementalNetworkMixin
from ._network import Network
from ._tagger import NeuralTaggerMixin, dense_rows, resolve_loss
from .losses import LOSSES, make_loss
from .networks import draw_seed, mlp
from .training import TrainingStep, Validation, make_optimizer, train

__all__ = ["KerasMLPTagger"]

# Rows of a batch of prediction. Matrix products work on panels of rows, and round another way in
# what is left over: only with a multiple of 48 (the panels of AVX-512, AVX2 and SSE) does a row
# get the same bits wherever it stands.
_ROWS, _ROWS_OF_WIDE = 192, 48
_WIDE = 2**14


class KerasMLPTagger(IncrementalNetworkMixin, NeuralTaggerMixin, BaseFeatureTagger):
    """Multi-layer perceptron on features, one logit per label, trained with Keras.

    X may be sparse: only batches of it become dense.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(32, 16, 8)
        Units of each hidden layer, each at least 1; empty for a linear model.
    activation : str, default="relu"
        Activation of the hidden layers, by its name in Keras.
    dropout : float, default=0.0
        Share of the units of each hidden layer left out in a step of training, in [0, 1).
    l2 : float, default=0.0
        Factor of the sum of the squared weights that is added to the loss, in [0, inf).
    loss : {"binary_crossentropy", "focal", "asymmetric"}, default="binary_crossentropy"
        The loss, see `skmultitext.neural.losses`.
    loss_params : dict or None, default=None
        Options of the loss: `reduction`, `label_smoothing`, `pos_weight` (a number, one per label,
        a dict by label name, or "balanced": negatives over positives), `gamma`, ...
    class_weight : None, "balanced" or dict of {str: float}, default=None
        Factors of the weights: "balanced" gives the positives and the negatives of each label
        the same total; a dict gives the factor of a label's positives by label name (for a
        1-D y: of each class by its code). Factors lie in (0, inf).
    optimizer : str or keras.optimizers.Optimizer, default="adam"
        Name of an optimizer of Keras, or one whose configuration is copied, learning rate
        included.
    learning_rate : float, default=1e-3
        Learning rate, in (0, inf).
    max_grad_norm : float or None, default=None
        Gradients of a greater norm are scaled down to this, in (0, inf).
    batch_size : int, default=32
        Documents of a batch, at least 1.
    max_epochs : int, default=100
        Passes over the training data, at least 1.
    early_stopping : bool, default=False
        Stop when `monitor` no longer improves on validation data, and keep the best weights.
        Without `validation_data` in `fit`, a multi-label stratified part of the training data
        is held out.
    validation_fraction : float, default=0.1
        That part, in (0, 1).
    n_iter_no_change : int, default=10
        Epochs without improvement after which early stopping stops, at least 1.
    monitor : str or callable, default="neg_log_loss"
        The score on validation data: a name of `skmultitext.metrics.SCORERS`, such as
        "f1_micro" or "average_precision_macro", or a scorer.
    warm_start : bool, default=False
        Start from the weights of the last `fit` rather than from new ones.
    precision : {"float32", "mixed_bfloat16", "mixed_float16"}, default="float32"
        What hidden layers compute in.
    callbacks : callable, list of callable or None, default=None
        Called with each `TrainingEvent`; True as the answer ends the training.
    verbose : {0, 1, 2}, default=0
        1 prints a progress bar with the loss and the micro-F1, 2 a line an epoch.
    threshold : float, array-like of shape (n_labels,) or dict of {str: float}, default=0.5
        A label is given where its probability exceeds this, in [0, 1].
    random_state : int, RandomState instance or None, default=None
        Source of initial weights, dropout, the order of documents and the inner split.

    Attributes
    ----------
    network_ : Network
        The network; the Keras model is ``network_.model``.
    history_ : list of dict
        One record per epoch, see `TrainingResult`.
    n_iter_ : int
        Epochs trained.
    classes_ : ndarray of shape (n_labels, 2), or (2,) for a 1-D y
        The codes of "no" and "yes" of each label.
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
    array([[0, 0, 0, 1, 1],
           [0, 0, 1, 0, 0]])
    """

    _dtype = np.float32

    _parameter_constraints = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [str],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "l2": [Interval(Real, 0, None, closed="left")],
        "loss": [StrOptions(set(LOSSES))],
        "loss_params": [dict, None],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "optimizer": [str, HasMethods(["get_config", "apply"])],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "max_grad_norm": [Interval(Real, 0, None, closed="neither"), None],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "max_epochs": [Interval(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "monitor": [str, callable],
        "warm_start": ["boolean"],
        "precision": [StrOptions({"float32", "mixed_bfloat16", "mixed_float16"})],
        "callbacks": [callable, list, tuple, None],
        "verbose": [Interval(Integral, 0, 2, closed="both"), "boolean"],
        "threshold": [Real, "array-like", dict],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        hidden_layer_sizes=(32, 16, 8),
        *,
        activation="relu",
        dropout=0.0,
        l2=0.0,
        loss="binary_crossentropy",
        loss_params=None,
        class_weight=None,
        optimizer="adam",
        learning_rate=1e-3,
        max_grad_norm=None,
        batch_size=32,
        max_epochs=100,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        monitor="neg_log_loss",
        warm_start=False,
        precision="float32",
        callbacks=None,
        verbose=0,
        threshold=0.5,
        random_state=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.dropout = dropout
        self.l2 = l2
        self.loss = loss
        self.loss_params = loss_params
        self.class_weight = class_weight
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.max_grad_norm = max_grad_norm
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.monitor = monitor
        self.warm_start = warm_start
        self.precision = precision
        self.callbacks = callbacks
        self.verbose = verbose
        self.threshold = threshold
        self.random_state = random_state

    def _fit_engine(self, X, indicator, space, sample_weight):
        load_keras("KerasMLPTagger")
        random_state = check_random_state(self.random_state)
        constants = constant_logits(indicator.shape[0], count_positives(indicator))
        data, held = self._hold_out(X, indicator, space, sample_weight, random_state)
        network = self._start_network(X.shape[1], space, random_state)
        step = self._make_step(network, *data[1:], space)
        validation = None
        if held is not None:
            validation = Validation(
                lambda: _predict(network, held[0], constants),
                held[1],
                space,
                resolve_thresholds(self.threshold, space),
                self.monitor,
                held[2],
            )
        result = self._train(step, *data, space, random_state, self.max_epochs, validation)
        return {
            "network_": network,
            "history_": result.history,
            "n_iter_": len(result.history),
            "n_features_in_": X.shape[1],
            "_constants": constants,
            "_failure": result.error,
        }

    def _start_network(self, n_features, space, random_state):
        """Build the network, or with `warm_start` copy the one of the last fit."""
        if not (self.warm_start and hasattr(self, "network_")):
            return self._build_network(n_features, space, random_state)
        config, names = self.network_.config, self._label_space.label_names
        if config["n_features"] != n_features or not np.array_equal(names, space.label_names):
            raise ValueError(
                f"warm_start=True goes on from a network of {config['n_features']} features and "
                f"{len(names)} labels, but this X has {n_features} features and this y "
                f"{space.n_labels} labels, or their names differ. Set warm_start=False."
            )
        network = Network.__new__(Network)
        network.__setstate__(self.network_.__getstate__())
        return network

    def _build_network(self, n_features, space, random_state):
        config = {
            "n_features": n_features,
            "n_labels": space.n_labels,
            "hidden_layer_sizes": _check_sizes(self.hidden_layer_sizes),
            "activation": self.activation,
            "dropout": self.dropout,
            "l2": self.l2,
            "precision": self.precision,
        }
        return Network(mlp, config, random_state)

    def _make_step(self, network, indicator, sample_weight, space):
        options = resolve_loss(
            self.loss, self.loss_params, self.class_weight, indicator, space, sample_weight
        )
        optimizer = make_optimizer(
            self.optimizer,
            self.learning_rate,
            max_grad_norm=self.max_grad_norm,
            precision=self.precision,
        )
        return TrainingStep(network.model, make_loss(self.loss, **options), optimizer)

    def _train(self, step, X, indicator, sample_weight, space, random_state, n_epochs, validation):
        if sp.issparse(indicator):
            indicator = indicator.tocsr()
        n_samples = indicator.shape[0]

        def batches(seed):
            order = np.random.RandomState(seed).permutation(n_samples)
            for start in range(0, n_samples, self.batch_size):
                rows = order[start : start + self.batch_size]
                weight = None if sample_weight is None else sample_weight[rows]
                yield dense_rows(X, rows), dense_rows(indicator, rows), weight

        return train(
            step,
            batches,
            max_epochs=n_epochs,
            seed=draw_seed(random_state),
            steps_per_epoch=-(-n_samples // self.batch_size),
            validation=validation,
            n_iter_no_change=self.n_iter_no_change if self.early_stopping else None,
            restore_best=self.early_stopping,
            callbacks=self.callbacks,
            verbose=self.verbose,
            thresholds=resolve_thresholds(self.threshold, space),
        )

    def _logits(self, X):
        return _predict(self.network_, X, self._constants)


def _check_sizes(sizes):
    """Hidden layer sizes as a tuple of int."""
    sizes = (sizes,) if isinstance(sizes, Integral) else tuple(sizes)
    for size in sizes:
        if not isinstance(size, Integral) or isinstance(size, bool) or size < 1:
            raise ValueError(
                f"hidden_layer_sizes is {sizes!r}; pass a sequence of int, each at least 1."
            )
    return tuple(int(size) for size in sizes)


def _predict(network, X, constants):
    """Logits in batches of one shape, the last filled with zeros: a row's company is nothing."""
    n_samples, n_features = X.shape
    n_rows = _ROWS if n_features <= _WIDE else _ROWS_OF_WIDE
    batch = np.zeros((n_rows, n_features), dtype=np.float32)
    logits = np.empty((n_samples, len(constants)))
    for start in range(0, n_samples, n_rows):
        rows = dense_rows(X, slice(start, start + n_rows))
        batch[: len(rows)] = rows
        batch[len(rows) :] = 0
        logits[start : start + n_rows] = network.logits(batch)[: len(rows)]
    return np.where(np.isnan(constants), logits, constants)
