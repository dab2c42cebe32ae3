"""A fine-tuned transformer as a tagger of texts."""

import copy
import hashlib
from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from .._incremental import constant_logits, count_positives
from .._label_parameters import resolve_class_weight, resolve_thresholds
from .._labels import listing
from ..base import BaseTextTagger
from ..linear import MultilabelLogisticRegression
from ..neural._tagger import NeuralTaggerMixin, resolve_loss
from ..neural._validation import Validation
from ..neural.losses import LOSSES
from ..neural.networks import draw_seed
from ._engines import FRAMEWORKS, load_engine
from ._interchange import InterchangeMixin

__all__ = ["TransformerTagger"]

_POOLINGS = {"cls", "mean", "max", "attention"}
_AT_LEAST_1 = Interval(Integral, 1, None, closed="left")
_POSITIVE = Interval(Real, 0, None, closed="neither")


class TransformerTagger(InterchangeMixin, NeuralTaggerMixin, BaseTextTagger):
    """Pretrained transformer, fine-tuned or frozen, with one logit per label.

    Texts are tokenised once per fit, and batches hold texts of like length, in training and in
    prediction, so that little is computed for padding.

    Parameters
    ----------
    checkpoint : str or os.PathLike, default="distilbert-base-uncased"
        Local directory of a pretrained encoder, as ``save_pretrained`` of transformers writes
        it, or its name on the Hugging Face hub. Its own code is never run.
    framework : {"auto", "torch", "tensorflow"}, default="auto"
        "torch" trains with `transformers.Trainer` (extra ``transformers``); "tensorflow" with
        Keras (extra ``transformers-tf``; BERT, DistilBERT, RoBERTa, XLM-R, ALBERT). "auto" takes
        PyTorch if it is installed.
    max_length : int, default=200
        Most tokens of a text, or of a window of it, special tokens included; at least 1 more
        than these, and no more than the encoder has positions for.
    long_text : {"truncate", "window"}, default="truncate"
        What becomes of a longer text: it is cut off, or read in windows whose probabilities are
        pooled label by label, in training too.
    window_stride : int, default=32
        Tokens that two neighbouring windows share, at least 0.
    window_pooling : {"max", "mean"}, default="max"
        Whether a label's highest probability among the windows counts, or their mean.
    truncation_side : {"right", "left"}, default="right"
        Where a longer text is cut off.
    lowercase : bool, default=False
        Lower the case of the texts first; many tokenizers do that by themselves.
    additional_special_tokens : sequence of str or None, default=None
        Tokens that are never split, such as ``"[URL]"``; they get embeddings of their own.
    pooling : {"cls", "mean", "max", "attention"}, default="cls"
        How the vector of a text is made from those of its tokens. With "cls" and without
        `head_layers` the head is the one of the architecture.
    head : {"dense", "logreg"}, default="dense"
        "dense" trains a network; "logreg" leaves the encoder as it is and fits a
        `MultilabelLogisticRegression` to the pooled vectors, in seconds.
    head_layers : sequence of int, default=()
        Units of hidden layers (ReLU) between the pooled vector and the logits, each at least 1.
    dropout : float, default=0.1
        Share of the inputs of the layers of the head left out in a step of training, in [0, 1).
    freeze : {"none", "embeddings", "encoder"} or int, default="none"
        What of the encoder is not trained; a number n stands for the embeddings and the first n
        layers, n at least 0. With "encoder" its vectors are computed once, and only the head
        trains.
    C : float, default=1.0
        Inverse of the regularisation strength of ``head="logreg"``, in (0, inf).
    loss : {"binary_crossentropy", "focal", "asymmetric"}, default="binary_crossentropy"
        The loss, see `skmultitext.neural.losses`.
    loss_params : dict or None, default=None
        Options of the loss: `reduction`, `label_smoothing`, `pos_weight`, `gamma`, ...
    class_weight : None, "balanced" or dict of {str: float}, default=None
        Factors of the weights: "balanced" gives the positives and the negatives of each label
        the same total; a dict gives the factor of a label's positives by label name (for a
        1-D y: of each class by its code). Factors lie in (0, inf).
    learning_rate : float, default=5e-5
        Highest learning rate of AdamW, in (0, inf).
    warmup_ratio : float, default=0.1
        Share of the steps in which the learning rate rises, in [0, 1]; then it falls to 0.
    weight_decay : float, default=0.01
        Decay of the weights, but for biases and normalisations, in [0, inf).
    max_grad_norm : float or None, default=1.0
        Gradients of a greater norm, taken over all weights, are scaled down to this.
    batch_size : int, default=16
        Texts of a batch, at least 1.
    gradient_accumulation_steps : int, default=1
        Batches whose mean gradient makes one update, at least 1.
    max_epochs : int, default=3
        Passes over the training texts, at least 1.
    early_stopping : bool, default=False
        Stop when `monitor` no longer improves on validation data, and keep the best weights.
        Without `validation_data` in `fit`, a multi-label stratified part of the training data
        is held out.
    validation_fraction : float, default=0.1
        That part, in (0, 1).
    n_iter_no_change : int, default=2
        Epochs without improvement after which early stopping stops, at least 1.
    monitor : str or callable, default="neg_log_loss"
        The score on validation data: a name of `skmultitext.metrics.SCORERS`, or a scorer.
    precision : {"auto", "float32", "bfloat16", "float16"}, default="auto"
        What layers compute in. "auto" trains in bfloat16 where the hardware does, else in
        float32, and predicts in float32. "float16" needs a CUDA GPU.
    device : {"auto", "cpu", "cuda", "mps"}, default="auto"
        Where to compute; "auto" takes a GPU if there is one. TensorFlow refuses another device.
    allow_pickle_weights : bool, default=False
        Whether weights may be read from ``pytorch_model.bin``, a pickle, which can run any code.
    checkpoint_dir : str, os.PathLike or None, default=None
        Directory for the state of an unfinished training: a `fit` of the same data and
        parameters goes on from it. It is emptied when the training comes to its end. None
        writes nothing.
    checkpoint_every : int or None, default=None
        Updates between two such states, at least 1; None for one at the end of each epoch.
    warm_start : bool, default=False
        Start from the weights of the last `fit` rather than from the checkpoint.
    callbacks : callable, transformers.TrainerCallback, list of them or None, default=None
        Callables get each `TrainingEvent`; True as the answer ends the training. Objects of
        transformers are for PyTorch only.
    verbose : {0, 1, 2}, default=0
        1 prints a progress bar with the loss and the micro-F1, 2 a line an epoch.
    threshold : float, array-like of shape (n_labels,) or dict of {str: float}, default=0.5
        A label is given where its probability exceeds this, in [0, 1].
    random_state : int, RandomState instance or None, default=None
        Source of new weights, dropout, the order of texts and the inner split.

    Attributes
    ----------
    network_ : TorchNetwork or KerasNetwork
        The network with its tokenizer.
    framework_ : {"torch", "tensorflow"}
        The framework in use.
    classifier_ : MultilabelLogisticRegression
        The classifier of the pooled vectors, with ``head="logreg"`` only.
    history_ : list of dict
        One record per epoch: "epoch" (from 1), "step", "loss", "learning_rate", "seconds", and
        with validation data "validation_loss" and "validation_<scorer>". Empty for "logreg".
    n_iter_ : int
        Epochs trained.
    classes_ : ndarray of shape (n_labels, 2), or (2,) for a 1-D y
        The codes of "no" and "yes" of each label.
    label_names_ : ndarray of shape (n_labels,), dtype object
        Names of the labels, each a str.
    thresholds_ : ndarray of shape (n_labels,), dtype float64
        The threshold of each label.

    References
    ----------
    .. [1] J. Devlin, M.-W. Chang, K. Lee, K. Toutanova, "BERT: pre-training of deep bidirectional
       transformers for language understanding", NAACL 2019.
    .. [2] T. Wolf et al., "Transformers: state-of-the-art natural language processing", EMNLP
       2020 (system demonstrations).

    Examples
    --------
    .. code-block:: python

        from skmultitext.transformer.tagger import TransformerTagger

        tagger = TransformerTagger("path/to/checkpoint", max_epochs=2, random_state=0)
        tagger.fit(["my parcel is late", "refund me"], [["delivery"], ["refund"]])
        tagger.predict_labels(["where is my parcel?"])
    """

    _parameter_constraints = {
        "checkpoint": [str, HasMethods(["__fspath__"])],
        "framework": [StrOptions(set(FRAMEWORKS))],
        "max_length": [_AT_LEAST_1],
        "long_text": [StrOptions({"truncate", "window"})],
        "window_stride": [Interval(Integral, 0, None, closed="left")],
        "window_pooling": [StrOptions({"max", "mean"})],
        "truncation_side": [StrOptions({"right", "left"})],
        "lowercase": ["boolean"],
        "additional_special_tokens": ["array-like", None],
        "pooling": [StrOptions(_POOLINGS)],
        "head": [StrOptions({"dense", "logreg"})],
        "head_layers": ["array-like"],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "freeze": [
            StrOptions({"none", "embeddings", "encoder"}),
            Interval(Integral, 0, None, closed="left"),
        ],
        "C": [_POSITIVE],
        "loss": [StrOptions(set(LOSSES))],
        "loss_params": [dict, None],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "learning_rate": [_POSITIVE],
        "warmup_ratio": [Interval(Real, 0, 1, closed="both")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "max_grad_norm": [_POSITIVE, None],
        "batch_size": [_AT_LEAST_1],
        "gradient_accumulation_steps": [_AT_LEAST_1],
        "max_epochs": [_AT_LEAST_1],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [_AT_LEAST_1],
        "monitor": [str, callable],
        "precision": [StrOptions({"auto", "float32", "bfloat16", "float16"})],
        "device": [StrOptions({"auto", "cpu", "cuda", "mps"})],
        "allow_pickle_weights": ["boolean"],
        "checkpoint_dir": [str, HasMethods(["__fspath__"]), None],
        "checkpoint_every": [_AT_LEAST_1, None],
        "warm_start": ["boolean"],
        "callbacks": "no_validation",
        "verbose": [Interval(Integral, 0, 2, closed="both"), "boolean"],
        "threshold": [Real, "array-like", dict],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        checkpoint="distilbert-base-uncased",
        *,
        framework="auto",
        max_length=200,
        long_text="truncate",
        window_stride=32,
        window_pooling="max",
        truncation_side="right",
        lowercase=False,
        additional_special_tokens=None,
        pooling="cls",
        head="dense",
        head_layers=(),
        dropout=0.1,
        freeze="none",
        C=1.0,
        loss="binary_crossentropy",
        loss_params=None,
        class_weight=None,
        learning_rate=5e-5,
        warmup_ratio=0.1,
        weight_decay=0.01,
        max_grad_norm=1.0,
        batch_size=16,
        gradient_accumulation_steps=1,
        max_epochs=3,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=2,
        monitor="neg_log_loss",
        precision="auto",
        device="auto",
        allow_pickle_weights=False,
        checkpoint_dir=None,
        checkpoint_every=None,
        warm_start=False,
        callbacks=None,
        verbose=0,
        threshold=0.5,
        random_state=None,
    ):
        self.checkpoint = checkpoint
        self.framework = framework
        self.max_length = max_length
        self.long_text = long_text
        self.window_stride = window_stride
        self.window_pooling = window_pooling
        self.truncation_side = truncation_side
        self.lowercase = lowercase
        self.additional_special_tokens = additional_special_tokens
        self.pooling = pooling
        self.head = head
        self.head_layers = head_layers
        self.dropout = dropout
        self.freeze = freeze
        self.C = C
        self.loss = loss
        self.loss_params = loss_params
        self.class_weight = class_weight
        self.learning_rate = learning_rate
        self.warmup_ratio = warmup_ratio
        self.weight_decay = weight_decay
        self.max_grad_norm = max_grad_norm
        self.batch_size = batch_size
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self.max_epochs = max_epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.monitor = monitor
        self.precision = precision
        self.device = device
        self.allow_pickle_weights = allow_pickle_weights
        self.checkpoint_dir = checkpoint_dir
        self.checkpoint_every = checkpoint_every
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.verbose = verbose
        self.threshold = threshold
        self.random_state = random_state

    def _fit_engine(self, X, indicator, space, sample_weight):
        engine = load_engine(self.framework)
        if self.head == "logreg":
            return self._fit_logreg(engine, X, indicator, space, sample_weight)
        random_state = check_random_state(self.random_state)
        options = resolve_loss(
            self.loss, self.loss_params, self.class_weight, indicator, space, sample_weight
        )
        if sample_weight is not None and (sample_weight == sample_weight[0]).all():
            sample_weight = None  # a mean knows no common factor
        data, held = self._hold_out(X, indicator, space, sample_weight, random_state)
        constants = constant_logits(indicator.shape[0], count_positives(indicator))
        thresholds = resolve_thresholds(self.threshold, space)
        network = self._start_network(engine, space, draw_seed(random_state))

        def make_validation(logits):
            return Validation(
                lambda: _with_constants(logits(), constants),
                held[1],
                space,
                thresholds,
                self.monitor,
                held[2],
            )

        result = engine.train(
            network,
            data,
            held,
            make_validation=make_validation,
            loss=self.loss,
            loss_options=options,
            freeze_what=self.freeze,
            precision=self.precision,
            callbacks=_as_list(self.callbacks),
            verbose=self.verbose,
            thresholds=thresholds,
            checkpoint_dir=self.checkpoint_dir,
            checkpoint_every=self.checkpoint_every,
            fingerprint=self._fingerprint(data, space),
            early_stopping=self.early_stopping,
            n_iter_no_change=self.n_iter_no_change,
            seed=draw_seed(random_state),
            **self._named("batch_size", "max_epochs", "learning_rate", "warmup_ratio"),
            **self._named("weight_decay", "gradient_accumulation_steps", "max_grad_norm"),
        )
        vars(self).pop("classifier_", None)  # of a fit with head="logreg"
        return {
            "network_": network,
            "framework_": network.framework,
            "history_": result.history,
            "n_iter_": len(result.history),
            "_constants": constants,
            "_failure": result.error,
        }

    def _fit_logreg(self, engine, X, indicator, space, sample_weight):
        """Fit a logistic regression to the vectors of a pretrained encoder."""
        if self.pooling == "attention":
            raise ValueError(
                "pooling='attention' has weights to train, and head='logreg' trains no network; "
                "pass pooling='mean', 'max' or 'cls'."
            )
        resolve_class_weight(self.class_weight, indicator, space, sample_weight)
        random_state = check_random_state(self.random_state)
        network = self._start_network(engine, space, draw_seed(random_state))
        classifier = MultilabelLogisticRegression(
            self.C, class_weight=self.class_weight, random_state=draw_seed(random_state)
        )
        vectors = _text_vectors(network, X)
        classifier._fit_gated(vectors, indicator, space, sample_weight)
        return {
            "network_": network,
            "framework_": network.framework,
            "classifier_": classifier,
            "history_": [],
            "n_iter_": 0,
            "_constants": constant_logits(indicator.shape[0], count_positives(indicator)),
        }

    def _start_network(self, engine, space, seed):
        """Load the checkpoint, or with `warm_start` copy the network of the last fit."""
        head = {
            "pooling": self.pooling,
            "head_layers": _check_sizes(self.head_layers),
            "dropout": self.dropout,
            "window_pooling": self.window_pooling,
        }
        reading = self._named("max_length", "long_text", "lowercase", "truncation_side")
        reading["window_stride"] = self.window_stride if self.long_text == "window" else 0
        if self.warm_start and hasattr(self, "network_"):
            return self._copy_network(head, space)
        return engine.start_network(
            self.checkpoint,
            space.label_names,
            head=head,
            reading=reading,
            seed=seed,
            additional_special_tokens=_check_tokens(self.additional_special_tokens),
            **self._named("device", "precision", "allow_pickle_weights"),
        )

    def _copy_network(self, head, space):
        names = self._label_space.label_names
        if not np.array_equal(names, space.label_names) or self.network_.head != head:
            raise ValueError(
                f"warm_start=True goes on from a network with the labels {listing(names)} and the "
                f"head {self.network_.head}, but y has {listing(space.label_names)} and the "
                f"parameters ask for {head}. Set warm_start=False."
            )
        return copy.deepcopy(self.network_)

    def _set_fitted(self, network, space, constants):
        """Set the fitted state of a tagger that was trained elsewhere."""
        vars(self).update(
            network_=network,
            framework_=network.framework,
            history_=[],
            n_iter_=0,
            _constants=constants,
            thresholds_=resolve_thresholds(self.threshold, space),
            classes_=space.classes,
            label_names_=space.label_names,
            _label_space=space,
        )
        return self

    def _named(self, *names):
        return {name: getattr(self, name) for name in names}

    def _fingerprint(self, data, space):
        """Say what a training must share with the one that left a state in `checkpoint_dir`."""
        if self.checkpoint_dir is None:
            return None
        texts, indicator, sample_weight = data
        digest = hashlib.sha256()
        for text in texts:
            digest.update(text.encode("utf-8", "surrogatepass") + b"\x00")
        rows = indicator.tocoo() if hasattr(indicator, "tocoo") else indicator
        for array in (rows.row, rows.col) if hasattr(rows, "row") else (rows,):
            digest.update(np.ascontiguousarray(array).tobytes())
        if sample_weight is not None:
            digest.update(sample_weight.tobytes())
        ignored = ("callbacks", "verbose", "threshold", "checkpoint_dir", "checkpoint_every")
        parameters = {k: repr(v) for k, v in self.get_params().items() if k not in ignored}
        return {**parameters, "labels": list(space.label_names), "data": digest.hexdigest()}

    def _logits(self, X):
        if hasattr(self, "classifier_"):
            return self.classifier_._logits(_text_vectors(self.network_, X))
        return _with_constants(self.network_.logits(self.network_.encode(X)), self._constants)


def _text_vectors(network, texts):
    """Compute the vectors of texts, float64; the mean of a text's windows where it has several."""
    tokens = network.encode(texts)
    rows = network.features(tokens).astype(np.float64)
    sums = np.add.reduceat(rows, tokens.text_starts[:-1], axis=0)
    return sums / np.diff(tokens.text_starts)[:, None]


def _with_constants(logits, constants):
    return np.where(np.isnan(constants), logits, constants)


def _as_list(callbacks):
    if callbacks is None:
        return []
    return list(callbacks) if isinstance(callbacks, list | tuple) else [callbacks]


def _check_sizes(sizes):
    """Bring the units of hidden layers into a tuple of int."""
    sizes = tuple(sizes)
    for size in sizes:
        if not isinstance(size, Integral) or isinstance(size, bool) or size < 1:
            raise ValueError(f"head_layers is {sizes!r}; pass a sequence of int, each at least 1.")
    return tuple(int(size) for size in sizes)


def _check_tokens(tokens):
    """Bring special tokens into a tuple of str."""
    if tokens is None:
        return ()
    if isinstance(tokens, str) or not all(isinstance(token, str) and token for token in tokens):
        raise ValueError(
            f"additional_special_tokens is {tokens!r}; pass a sequence of str, none empty."
        )
    return tuple(str(token) for token in tokens)
