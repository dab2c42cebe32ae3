"""From the parameters of a neural tagger to its training: checks, held-out data, the job."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from inspect import signature
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias

import numpy as np
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_consistent_length

from .._gate.labels import LabelSpace, resolve_class_weight, values_by_label
from .._gate.parameters import check_number
from .._gate.samples import TrainingData, count_entries, drop_unlabeled, has_unknown, with_nan
from .._gate.types import Documents, Features, FloatArray, Labels, Weights
from .._runtime.checkpoints import Checkpoints, starting_generator
from .._runtime.fingerprints import data_digest, describe_parameters
from .._runtime.messages import did_you_mean, shown, warn_caller
from .._runtime.progress import VERBOSE
from .._runtime.sklearn import (
    HasMethods,
    Interval,
    StrOptions,
    safe_indexing,
    validate_parameter_constraints,
)
from .._runtime.threads import StoppedFit, transaction
from ..base import BaseTagger
from ..exceptions import LabelError
from ..model_selection import multilabel_train_test_split
from ._job import Batch, Job, TrainingResult, Validator, as_list, make_schedule
from ._progress import EpochTasks

__all__ = [
    "LOSSES",
    "NETWORK_CONSTRAINTS",
    "TRAINING_PARAMS",
    "DictKeys",
    "NeuralTaggerMixin",
    "Part",
    "check_loss",
    "complete",
    "resolve_loss",
    "warn_unused",
]


if TYPE_CHECKING:
    _Base = BaseTagger
else:
    _Base = object

# documents, indicator, sample_weight
Part: TypeAlias = tuple[Any, Any, Any]

# the default of each key and what scikit-learn's validation takes as its constraints
DictKeys: TypeAlias = Mapping[str, tuple[Any, list[Any]]]

_AT_LEAST_1 = Interval(Integral, 1, None, closed="left")

# what `training_params` of every network may hold
TRAINING_PARAMS: DictKeys = {
    "weight_decay": (0.0, [Interval(Real, 0, None, closed="left")]),
    "max_grad_norm": (1.0, [Interval(Real, 0, None, closed="neither"), None]),
    "warmup_ratio": (0.1, [Interval(Real, 0, 1, closed="both")]),
    "gradient_accumulation_steps": (1, [_AT_LEAST_1]),
    "validate_every": (None, [_AT_LEAST_1, None]),
    "checkpoint_every": (None, [_AT_LEAST_1, None]),
}

LOSSES = ("log_loss", "focal", "asymmetric")

# constraints of the parameters that all networks have
NETWORK_CONSTRAINTS: dict[str, list[Any]] = {
    "loss": [StrOptions(set(LOSSES))],
    "loss_params": [dict, None],
    "class_weight": [StrOptions({"balanced"}), dict, None],
    "learning_rate": [Interval(Real, 0, None, closed="neither")],
    "batch_size": [_AT_LEAST_1],
    "max_epochs": [_AT_LEAST_1],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="neither"), None],
    "n_iter_no_change": [_AT_LEAST_1],
    "monitor": [str, callable, list, tuple, dict],
    "checkpoint_dir": [str, HasMethods(["__fspath__"]), None],
    "training_params": [dict, None],
    "callbacks": [callable, list, tuple, None],
    "verbose": VERBOSE,
    "threshold": [Real, "array-like", dict],
    "random_state": ["random_state"],
}

_REDUCTIONS = ("sum_over_labels", "mean")

# option -> its legal range; pos_weight and neg_weight are per label
_COMMON = {"label_smoothing": "[0, 1)"}
_OWN = {
    "log_loss": {},
    "focal": {"gamma": "[0, inf)", "alpha": "(0, 1)"},
    "asymmetric": {
        "gamma_positive": "[0, inf)",
        "gamma_negative": "[0, inf)",
        "margin": "[0, 1)",
    },
}


class NeuralTaggerMixin(_Base):
    """Fitting with validation data, for taggers whose engine trains a network.

    An engine raises `StoppedFit` after Ctrl-C or a loss that is not finite: the tagger is fitted,
    and `fit` raises the error, so that Ctrl-C also ends a search.
    """

    max_epochs: int
    early_stopping: bool
    validation_fraction: float | None
    n_iter_no_change: int
    monitor: Any
    checkpoint_dir: Any
    training_params: Any
    callbacks: Any
    verbose: int
    random_state: Any

    def fit(
        self,
        X: Documents | Features,
        y: Labels,
        sample_weight: Weights = None,
        *,
        validation_data: Sequence[Any] | None = None,
    ) -> Self:
        """Fit the tagger.

        Parameters
        ----------
        X : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
            Training documents: texts for a tagger of text, else features.
        y : array-like, sparse matrix, DataFrame or sequence of label sets
            Labels: an indicator of 0 and 1 of shape (n_samples, n_labels), a sequence of sets
            of label names, a single column with two codes, or a 1-D binary y. NaN in an
            indicator means that nobody knows whether the label holds: such an entry takes no
            part in the loss and in the scores of training and validation.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights. Weight 0 equals removal; other weights enter the mean over a
            batch, so that an integer weight is like repetition but not equal to it.
        validation_data : tuple (X, y), default=None
            Documents and labels to score during training, in the forms of X and y, rather than
            a part of the training data.

        Returns
        -------
        self
            The fitted tagger.

        Raises
        ------
        ValueError
            If X, y, sample_weight, validation_data or a parameter is not legal. What was fitted
            before stays.
        FloatingPointError
            If the loss becomes nan or infinite. If that is after the first epoch (with
            validation data: the first validation), the tagger is fitted all the same, with the
            best weights so far: those of the best validation, or without validation data those
            of the last whole epoch.
        KeyboardInterrupt
            With Ctrl-C. The interrupt is raised again, so that it ends a search too; the tagger is
            fitted with the best weights so far, if there are any, as above, and the message
            says so. To end a training early, let a callback return True.
        MissingExtraError
            If the framework of the tagger is not installed; the message names the extra.

        Warns
        -----
        UserWarning
            If parameters were set that have no effect beside the others, or the training has
            diverged.
        UnknownLabelWarning
            If no label of a document is known, which is then left out; or nothing of a label,
            which is then never given.
        """
        with transaction(self) as draft:
            pair = _check_pair(validation_data)
            draft._fit_checked(draft._hold_out(*draft._check_input(X, y, sample_weight), pair))
        return self

    def __sklearn_tags__(self) -> Tags:
        """Declare the kinds of y that scikit-learn's tools may pass."""
        tags: Any = super().__sklearn_tags__()
        tags.target_tags.allow_nan = True
        return tags

    # keys of dict parameters, see `complete`; no warm-up, as the rate does not fall afterwards
    _dict_parameters: ClassVar[Mapping[str, DictKeys]] = {
        "training_params": {
            **TRAINING_PARAMS,
            "warmup_ratio": (0.0, [Interval(Real, 0, 1, closed="both")]),
        }
    }

    def _validate_params(self) -> None:
        super()._validate_params()
        for name in self._dict_parameters:
            self._complete(name)

    @property
    def _n_parts(self) -> int:  # type: ignore[override]
        return self.max_epochs

    def _complete(self, name: str) -> dict[str, Any]:
        """Complete a dict parameter with the defaults of its keys."""
        return complete(name, getattr(self, name), self._dict_parameters[name])

    def _training_params(self) -> dict[str, Any]:
        return self._complete("training_params")

    def _unused_parameters(self, given: Any = None) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield why parameters have no effect, and their names; see `warn_unused`."""
        # n_iter_no_change is left out: scikit-learn's conformance checks set it on every estimator
        if not (given or self.early_stopping or self.validation_fraction is not None):
            yield "no validation data", ("monitor", "validate_every")
        if given:
            yield "validation_data was passed", ("validation_fraction",)
        if self.checkpoint_dir is None:
            yield "no checkpoint_dir", ("checkpoint_every",)

    def _hold_out(
        self,
        X: Any,
        indicator: Any,
        space: LabelSpace,
        sample_weight: FloatArray | None,
        validation_data: tuple[Any, ...] | None,
    ) -> TrainingData:
        """Set aside what to validate on; resolve the parameters per label on the rest."""
        warn_unused(self, self._unused_parameters(validation_data), dicts=self._dict_parameters)
        random_state = check_random_state(self.random_state)
        if self.checkpoint_dir is not None:
            random_state = starting_generator(self.random_state, self.checkpoint_dir)
        counts = indicator.shape[0], *count_entries(indicator)
        held: Part | None = None
        if validation_data is not None:
            X_held, y_held = validation_data
            X_held = self._check_X(X_held, reset=False)
            y_held = space.encode(y_held, allow_unknown=True)
            check_consistent_length(X_held, y_held)
            held = drop_unlabeled(X_held, y_held, None)
        elif self.early_stopping or self.validation_fraction is not None:
            sides = multilabel_train_test_split(
                np.arange(indicator.shape[0]),
                test_size=0.1 if self.validation_fraction is None else self.validation_fraction,
                stratify=with_nan(indicator),
                random_state=random_state,
            )
            (X, indicator, sample_weight), held = (
                (
                    safe_indexing(X, rows),
                    indicator[rows],
                    None if sample_weight is None else sample_weight[rows],
                )
                for rows in sides
            )
        return self._training_data(
            X,
            indicator,
            space,
            sample_weight,
            counts=counts,
            held=held,
            held_unknown=held is not None and has_unknown(held[1]),
            random_state=random_state,
        )

    def _make_checkpoints(self, data: TrainingData) -> Checkpoints | None:
        """Make what writes the checkpoints of a training in `checkpoint_dir`."""
        if self.checkpoint_dir is None:
            return None
        every = self._training_params()["checkpoint_every"]
        return Checkpoints(self.checkpoint_dir, every, self._fingerprint(data))

    def _fingerprint(self, data: TrainingData) -> dict[str, Any]:
        """Describe the parameters and the data; a training is resumed only if they are equal."""
        return {
            **describe_parameters(self),
            "labels": data.space.label_names.tolist(),
            **self._describe_data(data),
        }

    def _describe_data(self, data: TrainingData) -> dict[str, Any]:
        held = data.options["held"]
        return {
            "data": data_digest(data.X, data.indicator, data.sample_weight),
            "validation_data": None if held is None else data_digest(*held),
        }

    def _make_job(
        self,
        batches: Callable[[int], Iterable[Batch]],
        data: TrainingData,
        *,
        max_epochs: int,
        seed: int,
        advice: str,
        n_batches: int | None = None,
        schedule: Callable[[int], float] | None = None,
        validation: Validator | None = None,
        checkpoints: Checkpoints | None = None,
    ) -> Job:
        """Describe a training as the parameters ask for it."""
        rare = self._training_params()
        return Job(
            batches,
            max_epochs=max_epochs,
            seed=seed,
            n_batches=n_batches,
            gradient_accumulation_steps=rare["gradient_accumulation_steps"],
            schedule=schedule,
            validation=validation,
            validate_every=rare["validate_every"],
            n_iter_no_change=self.n_iter_no_change if self.early_stopping else None,
            restore_best=self.early_stopping,
            checkpoints=checkpoints,
            listeners=[*as_list(self.callbacks), EpochTasks(data.task)],
            verbose=self.verbose,
            thresholds=data.thresholds,
            advice=advice,
        )

    def _fitted(
        self, result: TrainingResult, data: TrainingData, **attributes: Any
    ) -> dict[str, Any]:
        """Return the fitted attributes; raise StoppedFit with them after an error."""
        fitted = {
            **attributes,
            "history_": result.history,
            "n_iter_": len(result.history),
            "_constants": data.constants,
        }
        if result.error is not None:
            raise StoppedFit(result.error, fitted)
        return fitted

    def _make_schedule(
        self, learning_rate: float, n_batches: int, n_epochs: int, decay: str | None = None
    ) -> Callable[[int], float] | None:
        """Make the schedule of the learning rate; None if the rate is constant."""
        settings = self._training_params()
        warmup_ratio = settings["warmup_ratio"]
        if decay is None and not warmup_ratio:
            return None
        n_steps = -(-n_batches // settings["gradient_accumulation_steps"]) * n_epochs
        return make_schedule(learning_rate, n_steps, warmup_ratio=warmup_ratio, decay=decay)


def _check_pair(validation_data: Any) -> tuple[Any, ...] | None:
    if validation_data is None:
        return None
    if not isinstance(validation_data, tuple | list) or len(validation_data) != 2:
        raise ValueError(
            f"validation_data is a {type(validation_data).__name__}; pass a tuple (X, y)."
        )
    return tuple(validation_data)


def complete(name: str, given: Mapping[str, Any] | None, keys: DictKeys) -> dict[str, Any]:
    """Check the value of a dict parameter and complete it with the defaults of its keys."""
    given = {} if given is None else dict(given)
    for key in given:
        if key not in keys:
            raise ValueError(
                f"{name} has no key {shown(key)}; legal keys are {', '.join(map(repr, keys))}."
                f"{did_you_mean(key, keys)}"
            )
    values = {key: given.get(key, default) for key, (default, _) in keys.items()}
    validate_parameter_constraints({key: legal for key, (_, legal) in keys.items()}, values, name)
    return values


def warn_unused(
    tagger: Any,
    rules: Iterable[tuple[str, tuple[str, ...]]],
    arguments: Mapping[str, Any] | None = None,
    dicts: Mapping[str, DictKeys] | None = None,
) -> None:
    """Warn of parameters that have no effect but differ from their defaults.

    Rules are pairs of a reason and the names of parameters, of `arguments`, or of keys of `dicts`.
    """
    parameters = signature(type(tagger).__init__).parameters
    values = {**tagger.get_params(deep=False), **(arguments or {})}
    defaults = {name: parameter.default for name, parameter in parameters.items()}
    for dict_name, keys in (dicts or {}).items():
        values |= complete(dict_name, values[dict_name], keys)
        defaults |= {key: default for key, (default, _) in keys.items()}
    unused: dict[str, str] = {}
    for reason, names in rules:
        for name in names:
            if repr(values[name]) != repr(defaults.get(name)):
                unused.setdefault(name, f"{name}={values[name]!r} ({reason})")
    if unused:
        warn_caller(
            f"{type(tagger).__name__} was given parameters that have no effect here: "
            f"{', '.join(unused.values())}.",
        )


def check_loss(name: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Check the name of a loss and its options, without loading Keras or PyTorch.

    Parameters
    ----------
    name : str
        A name of `LOSSES`.
    options : dict or None, default=None
        Options of that loss by name. The value of `pos_weight` is not checked.

    Returns
    -------
    dict
        A copy of the options.

    Raises
    ------
    ValueError
        If there is no such loss or option, or an option is out of its range.
    """
    if name not in LOSSES:
        raise ValueError(f"loss is {shown(name)}; pass one of {', '.join(LOSSES)}.")
    checked = dict(options or {})
    ranges = {**_COMMON, **_OWN[name]}
    allowed = ["pos_weight", "reduction", *ranges]
    for option, value in checked.items():
        if option not in allowed:
            raise ValueError(
                f"The loss {shown(name)} has no option {shown(option)}; it has "
                f"{', '.join(allowed)}."
            )
        if option == "reduction" and value not in _REDUCTIONS:
            raise ValueError(f"reduction is {shown(value)}; pass one of {', '.join(_REDUCTIONS)}.")
        if option not in ranges or (option == "alpha" and value is None):
            continue
        hint = ", or None" if option == "alpha" else ""
        check_number(f"{option} of the loss {shown(name)}", value, ranges[option], hint)
    return checked


def resolve_loss(
    loss: str, loss_params: Mapping[str, Any] | None, data: TrainingData
) -> dict[str, Any]:
    """Turn the loss parameters of a tagger into the options of the loss function.

    `pos_weight` and `neg_weight` are float32 arrays, (n_labels,), set only where they are not 1:
    products of the class weights and of "pos_weight" in `loss_params`. `has_unknown` is set only
    where a label is unknown, in training or in validation.
    """
    options = check_loss(loss, loss_params)
    positive = options.pop("pos_weight", None)
    space, factors = data.space, data.class_weight
    if positive is not None:
        if isinstance(positive, Mapping):
            positive = values_by_label("pos_weight", positive, space, default=1.0)
        elif isinstance(positive, str) and positive == "balanced":
            balanced = resolve_class_weight("balanced", space, data.label_totals)
            assert balanced is not None
            negative, positive = balanced.T
            positive = positive / negative
        positive = _per_label(positive, space)
        factors = np.ones((space.n_labels, 2)) if factors is None else factors
        factors = factors * np.column_stack([np.ones(space.n_labels), positive])
    if factors is not None:
        options["neg_weight"], options["pos_weight"] = factors.T.astype(np.float32)
    if data.has_unknown or data.options.get("held_unknown"):
        options["has_unknown"] = True
    return options


def _per_label(pos_weight: Any, space: LabelSpace) -> FloatArray:
    values = np.asarray(pos_weight)
    if values.dtype.kind not in "iuf" or values.shape not in ((), (space.n_labels,)):
        raise LabelError(
            f"pos_weight is {shown(pos_weight)}; pass a number, an array of shape "
            f"({space.n_labels},): one number per label, a dict by label name, or 'balanced'."
        )
    if not (np.isfinite(values) & (values > 0)).all():
        raise LabelError(f"pos_weight is {shown(pos_weight)}; it must be finite and above 0.")
    return np.broadcast_to(values, space.n_labels).astype(np.float64)
