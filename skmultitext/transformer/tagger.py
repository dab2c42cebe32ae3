"""TransformerTagger: a fine-tuned transformer as a multi-label classifier of texts."""

import copy
import dataclasses
import os
from collections.abc import Iterator, Sequence
from numbers import Integral
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from sklearn.utils import check_random_state

from .._gate.labels import LabelSpace
from .._gate.parameters import check_sizes
from .._gate.samples import TrainingData
from .._gate.types import ClassWeight, FloatArray, LabelNames, RandomState, Threshold
from .._meta.predict_files import predict_files
from .._runtime.generators import draw_seed
from .._runtime.sklearn import HasMethods, Interval, StrOptions
from .._runtime.threads import StoppedFit
from ..base import BaseTextTagger
from ..linear import MultilabelLogisticRegression
from ..training._fitting import (
    NETWORK_CONSTRAINTS,
    NeuralTaggerMixin,
    resolve_loss,
    warn_unused,
)
from ..training._job import TrainingResult, as_list, remedy
from ._checkpoints import settle_pooling
from ._fit_files import FitFilesMixin
from ._frameworks import FRAMEWORKS, load_engine
from ._interchange import InterchangeMixin
from ._settings import (
    DICTS,
    TrainingPlan,
    check_same_head,
    check_same_reading,
    check_tokens,
    refuse_validation_data,
    unused_in_reading,
    unused_with_logreg,
)
from ._token_files import tokenised
from ._tokens import TokenizedTexts, make_batches
from ._validation import make_validation

if TYPE_CHECKING:
    from .keras._network import KerasNetwork
    from .torch._network import TorchNetwork

    Network: TypeAlias = TorchNetwork | KerasNetwork

__all__ = ["TransformerTagger"]


def __dir__() -> list[str]:
    return __all__


class TransformerTagger(InterchangeMixin, FitFilesMixin, NeuralTaggerMixin, BaseTextTagger):
    """Pretrained transformer, fine-tuned or frozen, with one logit per label.

    Texts are tokenised once per fit. In training and prediction, batches hold texts of similar
    length, so that little time is spent on padding.

    Parameters
    ----------
    checkpoint : str or os.PathLike, default="distilbert-base-uncased"
        Local directory of a pretrained encoder, as written by ``save_pretrained`` of
        transformers, or its name on the Hugging Face hub. Code in a checkpoint is never run.
    framework : {"auto", "torch", "tensorflow"}, default="auto"
        PyTorch (extra ``transformers``), or KerasHub on TensorFlow (extra ``transformers-tf``;
        BERT, DistilBERT, RoBERTa, XLM-R, ALBERT). "auto" takes PyTorch if it is installed.
    max_length : int, default=200
        Maximum number of tokens of a text, or of a window, including special tokens; greater than
        the number of special tokens, and at most the number of positions of the encoder.
    text_params : dict or None, default=None
        How texts are read: a dict with some of these keys; the others keep their defaults.

        - "long_text" ("truncate"): "truncate" cuts longer texts off; "window" splits them into
          windows and pools the probabilities of each label over the windows, in training too.
        - "window_stride" (32): number of tokens shared by neighbouring windows, at least 0.
        - "window_pooling" ("max"): pool by the highest probability of the windows, "max", or by
          their mean, "mean".
        - "truncation_side" ("right"): the side on which longer texts are cut off, "right" or
          "left".
        - "lowercase" (False): convert texts to lower case first; many tokenizers do so anyway.
        - "additional_special_tokens" (None): sequence of str, tokens that are never split, such
          as ``"[URL]"``; each gets an embedding of its own.
    head : {"dense", "logreg"}, default="dense"
        "dense" trains a neural head, and the encoder unless frozen. "logreg" keeps the encoder
        fixed and fits a `MultilabelLogisticRegression` to the pooled vectors of its last layer,
        in seconds.
    head_params : dict or None, default=None
        The head: a dict with some of these keys; the others keep their defaults.

        - "pooling" ("auto"): how the token vectors of a text become one vector: "auto", "cls",
          "mean", "max" or "attention". With "cls" and no "head_layers" the head is that of the
          architecture, which pools as configured in the checkpoint (`classifier_pooling`,
          `summary_type`, ...). Otherwise "cls" takes the vector of the first token, or of the
          last one in a causal network, where the first token does not attend to the others.
        - "head_layers" (()): units of the hidden layers (ReLU) between the pooled vector and the
          logits, a sequence of int, each at least 1.
        - "dropout" (0.1): dropout rate in the head, in [0, 1).
        - "C" (1.0): inverse of the regularisation strength of ``head="logreg"``, in (0, inf).
    freeze : {"none", "embeddings", "encoder"} or int, default="none"
        Which weights of the encoder are not trained. An int n >= 0 freezes the embeddings and the
        first n layers. With "encoder" the vectors of all texts are computed once, and only the
        head is trained.
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
    learning_rate : float, default=5e-5
        Learning rate, in (0, inf). It is the peak of AdamW's rate, after a linear warm-up and
        before a linear decay to 0. Far lower than for other networks, so that pretrained weights
        change little.
    batch_size : int, default=16
        Documents per batch, at least 1. Fewer than for other networks, because of the memory that
        a transformer takes.
    max_epochs : int, default=3
        Passes over the training documents, at least 1. Few, because the weights are pretrained.
    early_stopping : bool, default=False
        Stop when `monitor` no longer improves on validation data, and keep the best weights.
        Without `validation_data` in `fit`, `validation_fraction` is held out.
    validation_fraction : float or None, default=None
        Fraction of the training data held out for validation, multi-label stratified, in (0, 1).
        None holds out 0.1 with `early_stopping`, else nothing.
    n_iter_no_change : int, default=2
        Validations without improvement before early stopping, at least 1. Few, as there are few
        epochs.
    monitor : str, callable, list or dict of them, default="neg_log_loss"
        Scores on the validation data, recorded in `history_`: names of
        `skmultitext.metrics.SCORERS`, such as "f1_micro" or "average_precision_macro", scorers,
        a list of these, or a dict of these by name. Early stopping and the choice of the best
        weights use the first.
    precision : {"auto", "float32", "bfloat16", "float16"}, default="auto"
        Precision of the computation in layers. "auto" trains in bfloat16 if the hardware supports
        it, else in float32, and predicts in float32. "float16" needs a CUDA GPU.
    device : {"auto", "cpu", "cuda", "mps"}, default="auto"
        Where to compute; "auto" uses a GPU if there is one. With TensorFlow, which chooses its
        device itself, any other device is refused.
    allow_pickle_weights : bool, default=False
        Whether weights may be read from ``pytorch_model.bin``, a pickle, which can run any code.
    checkpoint_dir : str, os.PathLike or None, default=None
        Directory for the state of an unfinished training: a `fit` with the same data and
        parameters resumes from it. It is emptied when training completes. None saves no state.
    training_params : dict or None, default=None
        Rare settings of training: a dict with some of these keys; the others keep their defaults.

        - "weight_decay" (0.01): decay of the weights but not of biases and normalisation layers,
          in [0, inf). Other networks have none by default.
        - "warmup_ratio" (0.1): fraction of the steps in which the learning rate rises, in [0, 1].
          Other networks have no warm-up by default, as their rate does not fall afterwards.
        - "encoder_dropout" (None): dropout rate in all layers of the encoder, in [0, 1); None
          takes the rates of the checkpoint, mostly 0.1. 0 saves time on a CPU. PyTorch only.
        - "max_grad_norm" (1.0): clip gradients to this norm, taken over all weights; None does
          not clip.
        - "gradient_accumulation_steps" (1): batches whose mean gradient makes one update.
        - "validate_every" (None): updates between validations; None validates once per epoch.
        - "checkpoint_every" (None): updates between saved states in `checkpoint_dir`; None saves
          one at the end of each epoch.
    warm_start : bool, default=False
        Start from the weights of the last `fit` rather than from the checkpoint.
    callbacks : callable, transformers.TrainerCallback, list of them or None, default=None
        Called with each `TrainingEvent`; returning True stops the training. ``TrainerCallback``
        objects, which are called as in transformers, need PyTorch.
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
    network_ : TorchNetwork or KerasNetwork
        The trained network and its tokenizer.
    framework_ : {"torch", "tensorflow"}
        The framework used.
    classifier_ : MultilabelLogisticRegression or None
        The classifier of the pooled vectors with ``head="logreg"``; None for a dense head.
    history_ : list of dict
        One record per epoch, see `TrainingResult`; empty with ``head="logreg"``.
    n_iter_ : int
        Number of epochs trained.
    classes_ : ndarray of shape (n_labels, 2), or (2,) for a 1-D y
        The negative and the positive code of each label.
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
        **NETWORK_CONSTRAINTS,
        "checkpoint": [str, HasMethods(["__fspath__"])],
        "framework": [StrOptions(set(FRAMEWORKS))],
        "max_length": [Interval(Integral, 1, None, closed="left")],
        "text_params": [dict, None],
        "head": [StrOptions({"dense", "logreg"})],
        "head_params": [dict, None],
        "freeze": [
            StrOptions({"none", "embeddings", "encoder"}),
            Interval(Integral, 0, None, closed="left"),
        ],
        "precision": [StrOptions({"auto", "float32", "bfloat16", "float16"})],
        "device": [StrOptions({"auto", "cpu", "cuda", "mps"})],
        "allow_pickle_weights": ["boolean"],
        "warm_start": ["boolean"],
        "callbacks": "no_validation",
    }

    _dict_parameters = DICTS

    def __init__(
        self,
        checkpoint: str | os.PathLike[str] = "distilbert-base-uncased",
        *,
        framework: str = "auto",
        max_length: int = 200,
        text_params: dict[str, Any] | None = None,
        head: str = "dense",
        head_params: dict[str, Any] | None = None,
        freeze: str | int = "none",
        loss: str = "log_loss",
        loss_params: dict[str, Any] | None = None,
        class_weight: ClassWeight = None,
        learning_rate: float = 5e-05,
        batch_size: int = 16,
        max_epochs: int = 3,
        early_stopping: bool = False,
        validation_fraction: float | None = None,
        n_iter_no_change: int = 2,
        monitor: Any = "neg_log_loss",
        precision: str = "auto",
        device: str = "auto",
        allow_pickle_weights: bool = False,
        checkpoint_dir: str | os.PathLike[str] | None = None,
        training_params: dict[str, Any] | None = None,
        warm_start: bool = False,
        callbacks: Any = None,
        verbose: int = 0,
        labels: LabelNames | None = None,
        threshold: Threshold = 0.5,
        random_state: RandomState = None,
    ) -> None:
        self.checkpoint = checkpoint
        self.framework = framework
        self.max_length = max_length
        self.text_params = text_params
        self.head = head
        self.head_params = head_params
        self.freeze = freeze
        self.loss = loss
        self.loss_params = loss_params
        self.class_weight = class_weight
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.monitor = monitor
        self.precision = precision
        self.device = device
        self.allow_pickle_weights = allow_pickle_weights
        self.checkpoint_dir = checkpoint_dir
        self.training_params = training_params
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.verbose = verbose
        self.labels = labels
        self.threshold = threshold
        self.random_state = random_state

    def _hold_out(
        self,
        X: list[str],
        indicator: Any,
        space: LabelSpace,
        sample_weight: FloatArray | None,
        validation_data: tuple[Any, ...] | None,
    ) -> TrainingData:
        if self.head == "dense":
            if sample_weight is not None and (sample_weight == sample_weight[0]).all():
                sample_weight = None  # constant weights cancel in a weighted mean
            return super()._hold_out(X, indicator, space, sample_weight, validation_data)
        refuse_validation_data(validation_data)
        return self._training_data(X, indicator, space, sample_weight)

    def _fit_engine(self, data: TrainingData) -> dict[str, Any]:
        engine = load_engine(self.framework)
        if self.head == "logreg":
            return self._fit_logreg(engine, data)
        engine.check_callbacks(as_list(self.callbacks))
        random_state = data.options["random_state"]
        network = self._start_network(engine, data.space, draw_seed(random_state))
        rare = self._training_params()
        plan = TrainingPlan(
            loss=self.loss,
            loss_options=resolve_loss(self.loss, self.loss_params, data),
            freeze=self.freeze,
            encoder_dropout=rare["encoder_dropout"],
            precision=self.precision,
            learning_rate=self.learning_rate,
            weight_decay=rare["weight_decay"],
            max_grad_norm=rare["max_grad_norm"],
            batch_size=self.batch_size,
            seed=draw_seed(random_state),
        )
        with tokenised(network.encode, data) as (tokens, indicator):
            result = self._train(engine.Trainer(network, tokens, plan), tokens, indicator, data)
        fitted = _fitted(network, data.constants, history=result.history)
        if result.error is not None:
            raise StoppedFit(result.error, fitted)
        return fitted

    def _train(
        self, trainer: Any, tokens: TokenizedTexts, indicator: Any, data: TrainingData
    ) -> TrainingResult:
        plan = trainer.plan
        n_together = self.batch_size * trainer.n_processes
        by_width = not trainer.has_features
        weight, make_inputs = data.sample_weight, trainer.make_inputs
        batches = make_batches(
            tokens, indicator, weight, n_together, make_inputs, by_width=by_width
        )
        n_batches = -(-tokens.n_texts // n_together)
        job = self._make_job(
            batches,
            data,
            max_epochs=self.max_epochs,
            seed=plan.seed,
            advice=remedy(self.learning_rate, plan.max_grad_norm, trainer.precision),
            n_batches=n_batches,
            schedule=self._make_schedule(
                self.learning_rate, n_batches, self.max_epochs, decay="linear"
            ),
            validation=make_validation(trainer, data, self.monitor),
            checkpoints=self._make_checkpoints(data),
        )
        return trainer.train(job)

    def _fit_logreg(self, engine: ModuleType, data: TrainingData) -> dict[str, Any]:
        """Fit a logistic regression to the vectors of a pretrained encoder."""
        head = self._complete("head_params")
        if head["pooling"] == "attention":
            raise ValueError(
                "head_params has pooling='attention', whose weights must be trained, but "
                "head='logreg' trains no network. Pass pooling='mean', 'max' or 'cls'."
            )
        warn_unused(
            self,
            [
                *unused_in_reading(self._complete("text_params")["long_text"]),
                *unused_with_logreg(self.freeze),
            ],
            dicts=DICTS,
        )
        random_state = check_random_state(self.random_state)
        network = self._start_network(engine, data.space, draw_seed(random_state))
        classifier = MultilabelLogisticRegression(
            head["C"], class_weight=self.class_weight, random_state=draw_seed(random_state)
        )
        vectors = _text_vectors(network, data.X)
        classifier._fit_checked(dataclasses.replace(data, X=vectors))
        return _fitted(network, data.constants, classifier=classifier)

    def _start_network(self, engine: ModuleType, space: LabelSpace, seed: int) -> "Network":
        """Load the checkpoint, or with `warm_start` copy the network of the last fit."""
        text, given = self._complete("text_params"), self._complete("head_params")
        head = {
            "pooling": given["pooling"],
            "head_layers": check_sizes("head_layers", given["head_layers"]),
            "dropout": given["dropout"],
            "window_pooling": text["window_pooling"],
            # with other poolings, dense and logreg heads use the same vectors
            "kind": self.head if given["pooling"] in ("auto", "cls") else "dense",
        }
        reading = {
            "max_length": self.max_length,
            "long_text": text["long_text"],
            "lowercase": text["lowercase"],
            "truncation_side": text["truncation_side"],
            "window_stride": text["window_stride"] if text["long_text"] == "window" else 0,
        }
        if self.warm_start and hasattr(self, "network_"):
            return self._copy_network(head, reading, space)
        return engine.start_network(
            self.checkpoint,
            space.label_names,
            head=head,
            reading=reading,
            seed=seed,
            additional_special_tokens=check_tokens(text["additional_special_tokens"]),
            device=self.device,
            precision=self.precision,
            allow_pickle_weights=self.allow_pickle_weights,
        )

    def _copy_network(
        self, head: dict[str, Any], reading: dict[str, Any], space: LabelSpace
    ) -> "Network":
        network = self.network_
        head = settle_pooling(head, network.head["pooling"])
        check_same_head(network.head, head, self._label_space.label_names, space.label_names)
        check_same_reading(network.reading, reading)
        return copy.deepcopy(network)

    def _set_pretrained(self, network: "Network", space: LabelSpace, constants: FloatArray) -> None:
        """Set the fitted state from a classifier that was trained elsewhere."""
        no_samples = np.zeros(space.n_labels, dtype=np.int64)
        data = TrainingData(
            X=[],
            indicator=None,
            space=space,
            sample_weight=None,
            n_samples=0,
            n_known=no_samples,
            n_positives=no_samples,
            class_weight=None,
            thresholds=self._resolve_thresholds(space),
        )
        self._set_state(data, _fitted(network, constants))

    predict_files = predict_files

    def _unused_parameters(self, given: Any = None) -> Iterator[tuple[str, tuple[str, ...]]]:
        yield from super()._unused_parameters(given)
        yield "head='dense'", ("C",)
        if self.freeze == "encoder":
            yield "a frozen encoder has no dropout", ("encoder_dropout",)
        yield from unused_in_reading(self._complete("text_params")["long_text"])

    def _logits(self, X: list[str]) -> FloatArray:
        if self.classifier_ is not None:
            return self.classifier_._logits(_text_vectors(self.network_, X))
        logits = self.network_.logits(self.network_.encode(X))
        return np.where(np.isnan(self._constants), logits, self._constants)


def _fitted(
    network: "Network",
    constants: FloatArray,
    *,
    classifier: MultilabelLogisticRegression | None = None,
    history: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """Name the fitted attributes."""
    return {
        "network_": network,
        "framework_": network.framework,
        "classifier_": classifier,
        "history_": list(history),
        "n_iter_": len(history),
        "_constants": constants,
    }


def _text_vectors(network: "Network", texts: list[str]) -> FloatArray:
    """Compute the vectors of texts, float64."""
    tokens = network.encode(texts)
    return tokens.average_windows(network.features(tokens))
