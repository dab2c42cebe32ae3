"""Fit one linear model per label: choose a solver, and run it.

Labels are fitted independently of each other: in blocks of sixteen, in threads, and in chunks for
the workers of a joblib backend.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, Literal, NamedTuple

import numpy as np
import scipy.sparse as sp
from joblib import Parallel, delayed, effective_n_jobs, parallel_config
from joblib.parallel import get_active_backend
from sklearn import config_context
from sklearn.utils import check_random_state
from sklearn.utils.extmath import row_norms
from threadpoolctl import ThreadpoolController

from .._gate.samples import count_entries
from .._gate.types import AnyArray, BoolArray, FloatArray, Indicator, IntArray, RandomState
from .._runtime.compiled import run_kernels
from .._runtime.memory import refuse_too_large
from .._runtime.threads import SharedSetting
from ._cross_fitting import assign_folds, fit_sigmoid, row_ids, stretch_factors
from ._dual_blocks import BlockFit, BlockProblem, Duals, dual_solver
from ._losses import LOSSES, Loss
from ._newton import BLOCK, fit_newton

# With more rows, or this many labels, sparse problems are solved to a looser tolerance; with more
# rows dense ones for all labels at once. Smaller problems are cheap to solve exactly.
LARGE = 2_000
MANY_LABELS = 500

# Dual coordinate descent is slow if C times the squared length of a row exceeds this.
STEEPEST = 1_000.0

# With larger weights or features, sums overflow and liblinear never returns.
LARGEST = 1e30

# Passes after which a label is handed over from the compiled dual solver to liblinear's primal one.
DUAL_PASSES = 500

# Factor of the dual tolerance for candidates that are only compared: their scores change in the
# fourth digit, and a path of fits takes 0.8 of the time.
COARSER = 3.0


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


# With more than 10,000 features OpenBLAS starts threads for each of liblinear's sums of vectors; on
# a busy machine they wait for each other, and a fit takes twenty times as long.
_ONE_BLAS_THREAD = SharedSetting(lambda: _blas().limit(limits=1, user_api="blas"))

Solver = Literal["compiled dual", "liblinear dual", "newton", "liblinear primal"]


class LabelFits(NamedTuple):
    """One linear model per label."""

    coef: Any  # (n_labels, n_features), CSR if pruned
    intercept: FloatArray
    n_iter: IntArray  # 0 for a constant label, more than max_iter without convergence
    sigmoid: FloatArray | None  # (n_labels, 2): slope and intercept that made logits of scores
    duals: Sequence[Duals]


@dataclass
class Problem:
    """The data and parameters of one fit, and the models of its labels."""

    X: Any
    indicator: Indicator
    loss: str
    C: float
    factors: FloatArray  # (n_labels, 2), of the weights of negatives and positives
    weight: FloatArray
    max_iter: int
    n_jobs: int | None
    random_state: RandomState
    own_words: bool = False  # the features were chosen by these rows: see `_cross_fitting`
    prune: float = 0.0  # weights of at most this size are left out of a sparse `coef`
    as_logits: bool = True
    seed: int = field(init=False)
    coef: Any = field(init=False)  # dense, or sparse rows of some labels at a time
    intercept: FloatArray = field(init=False)
    n_iter: IntArray = field(init=False)
    sigmoid: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        n_labels = self.indicator.shape[1]
        self.seed = check_random_state(self.random_state).randint(2**31 - 1)
        calibrated = self.as_logits and not self.kind.is_logistic
        self.ids = row_ids(self.X) if calibrated else None
        # columns contiguous: scipy's product of a sparse X with coef.T would copy it otherwise
        self.coef = [] if self.prune else np.zeros((n_labels, self.X.shape[1]), order="F")
        self.intercept = np.zeros(n_labels)
        self.n_iter = np.zeros(n_labels, dtype=np.int64)
        self.sigmoid = np.tile([1.0, 0.0], (n_labels, 1))

    @property
    def kind(self) -> Loss:
        return LOSSES[self.loss]

    def columns(self, labels: IntArray) -> AnyArray:
        """Return columns of the indicator, dense, with their unknown entries."""
        columns: Any = self.indicator[:, labels]
        return columns.toarray(order="F") if sp.issparse(columns) else columns

    def keep(
        self, labels: IntArray, coef: AnyArray, intercept: AnyArray, n_iter: Any, lines: Any
    ) -> None:
        """Keep models with the lines of their sigmoids; threads may do so at once."""
        self.intercept[labels], self.n_iter[labels] = intercept, n_iter
        self.sigmoid[labels] = lines
        coef = np.multiply(coef, self.sigmoid[labels, :1], dtype=np.float64, order="C")
        if self.prune:
            rows, columns = np.nonzero(np.abs(coef) > self.prune)
            part = sp.csr_array((coef[rows, columns], (rows, columns)), shape=coef.shape)
            self.coef.append((labels, part))
        else:
            self.coef[labels] = coef

    def weights(self) -> Any:
        """Return the weights of all labels, (n_labels, n_features): dense, or CSR if pruned."""
        if not self.prune:
            return self.coef
        n_labels, n_features = len(self.intercept), self.X.shape[1]
        if not self.coef:  # all labels are constant
            return sp.csr_array((n_labels, n_features))
        self.coef.sort(key=lambda kept: kept[0][0])  # threads come in any order
        labels = np.concatenate([own for own, _ in self.coef])
        stacked = sp.vstack([part for _, part in self.coef], format="csr")
        self.coef.clear()
        if (np.diff(labels) <= 0).any():  # fitted again by another solver: the last counts
            order = np.argsort(labels, kind="stable")
            order = order[np.append(np.diff(labels[order]) > 0, True)]
            labels, stacked = labels[order], stacked[order]
        ends = np.zeros(n_labels + 1, stacked.indices.dtype)
        ends[labels + 1] = np.diff(stacked.indptr)
        parts = stacked.data, stacked.indices, np.cumsum(ends, dtype=ends.dtype)
        return sp.csr_array(parts, shape=(n_labels, n_features))

    def divide(self, targets: AnyArray) -> tuple[AnyArray, AnyArray]:
        """Find the fold of each row for each label, -1 for none, and what stretches its score."""
        folds, stretch = np.full(targets.shape, -1, np.int8), np.ones(targets.shape)
        if self.ids is not None:
            for j, column in enumerate(targets.T):
                rows = np.flatnonzero(column >= 0)
                folds[rows, j] = assign_folds(self.ids[rows], column[rows] > 0)
            if self.own_words:
                stretch = stretch_factors(self.X, folds)
        return folds, stretch


def choose_solver(X: Any, loss: Loss, C: FloatArray, *, many_labels: bool = False) -> Solver:
    """Choose a solver; C, (n_samples,), includes the weights of the rows."""
    if X.shape[0] <= LARGE and not (many_labels and (not sp.issparse(X) or dual_solver())):
        return "liblinear primal"  # exact, and still fast on few rows
    if not sp.issparse(X):
        # labels share each product with X: 1.5 to 7 times as fast as newton-cholesky
        return "newton" if loss.is_logistic else "liblinear primal"
    if (C * row_norms(X, squared=True)).max() > STEEPEST:
        return "liblinear primal"  # the dual would need too many passes
    if dual_solver() is None:
        return "liblinear dual"
    return "compiled dual"  # several times as fast as liblinear at the same optimum


def fit_chunks(
    X: Any,
    indicator: Indicator,
    constant: float,
    *,
    factors: FloatArray | None,
    prune: float,
    n_jobs: int | None,
    duals: Sequence[Duals] = (),
    keep_duals: bool = False,
    **options: Any,
) -> LabelFits:
    """Fit the labels as `fit_labels` does; with `prune`, set small weights to 0 in a sparse `coef`.

    If `joblib.parallel_config` names a backend without shared memory (Dask, Ray, loky), each worker
    gets X once and an equal share of the labels. Otherwise labels are fitted here, in threads.
    `duals` of the result is empty if labels were fitted in chunks.
    """
    n_labels = indicator.shape[1]
    X = canonical(X)
    options.setdefault("many_labels", n_labels >= MANY_LABELS)
    n_workers = min(effective_n_jobs(n_jobs), n_labels)
    backend, _ = get_active_backend(prefer="threads")
    if n_workers > 1 and not getattr(backend, "supports_sharedmem", False):
        # Dask's backend sends plain arrays to a worker once
        parts = (X.data, X.indices, X.indptr) if sp.issparse(X) else (X,)
        shares = np.array_split(np.arange(n_labels), n_workers)
        done = Parallel(n_jobs=n_jobs)(
            delayed(_fit_share)(
                X.shape,
                *parts,
                indicator=indicator[:, share],
                constant=constant,
                factors=None if factors is None else factors[share],
                prune=prune,
                **options,
            )
            for share in shares
        )
        return _joined(done)
    if not prune:
        refuse_too_large(
            f"coef_ of {n_labels} labels and {X.shape[1]} features",
            8.0 * n_labels * X.shape[1],
            "Set prune, such as prune=0.01, which keeps the larger weights in a sparse coef_, fit "
            "fewer features (max_features, min_df), or use a LabelTreeTagger, whose time and "
            "memory hardly grow with the labels.",
        )
        options.update(duals=duals, keep_duals=keep_duals)
    options.update(factors=factors, n_jobs=n_jobs, prune=prune)
    return fit_labels(X, indicator, constant, **options)


def _fit_share(shape: tuple[int, int], *parts: AnyArray, **parameters: Any) -> LabelFits:
    """Fit one worker's share of the labels in one thread: the backend places the shares."""
    X = sp.csr_array(parts, shape=shape) if len(parts) == 3 else parts[0]
    with parallel_config(backend="threading", n_jobs=1):
        return fit_chunks(X, n_jobs=1, **parameters)


def _joined(done: Iterable[LabelFits]) -> LabelFits:
    coefs, intercepts, n_iters, sigmoids, _ = zip(*done, strict=True)
    coef = sp.vstack(coefs, format="csr") if sp.issparse(coefs[0]) else np.concatenate(coefs)
    sigmoid = None if sigmoids[0] is None else np.concatenate(sigmoids)
    return LabelFits(coef, np.concatenate(intercepts), np.concatenate(n_iters), sigmoid, ())


def fit_labels(
    X: Any,
    indicator: Indicator,
    constant: float,
    *,
    loss: str,
    C: float,
    factors: FloatArray | None,
    sample_weight: FloatArray | None,
    tol: float | Literal["auto"],
    max_iter: int,
    n_jobs: int | None,
    random_state: RandomState,
    own_words: bool = False,
    many_labels: bool = False,
    prune: float = 0.0,
    as_logits: bool = True,
    coarse: bool = False,
    duals: Sequence[Duals] = (),
    keep_duals: bool = False,
) -> LabelFits:
    """Fit the labels in threads.

    Scores of a loss that is not logistic are turned into logits, unless `as_logits` is False.
    `own_words` tells that X is TF-IDF of terms that these rows have: see `_cross_fitting`. With
    `many_labels`, these or others beside them, few rows are fitted as many are.
    A label without negatives gets the intercept `constant`, one without positives ``-constant``.
    `coarse` loosens tol="auto" for models that are only compared. The fit starts from `duals` if
    they are of the same loss, labels and number of rows. `keep_duals` returns those of this fit,
    one for each pair of row and label.
    """
    X = canonical(X)
    factors = np.ones((indicator.shape[1], 2)) if factors is None else factors
    weight = np.ones(X.shape[0]) if sample_weight is None else sample_weight
    refuse_extremes(X, C, factors, weight)
    problem = Problem(
        X,
        indicator,
        loss,
        C,
        factors,
        weight,
        max_iter,
        n_jobs,
        random_state,
        own_words,
        prune,
        as_logits,
    )
    left = _set_constant_labels(problem, constant)
    solver = choose_solver(X, problem.kind, C * factors.max() * weight, many_labels=many_labels)
    limit = _resolve_tol(tol, problem.kind, dual=solver.endswith("dual"), coarse=coarse)
    reached: Sequence[Duals] = ()
    if solver == "compiled dual":
        left, reached = _fit_by_compiled_dual(problem, left, limit, duals, keep=keep_duals)
        limit = min(limit, 1e-4)  # of the primal solver, for the labels that are left
    elif solver == "newton":
        left = _fit_by_newton(problem, left, limit)
    _fit_by_liblinear(problem, left, limit, dual=solver == "liblinear dual")
    return _as_logits(problem, reached)


def _set_constant_labels(problem: Problem, constant: float) -> IntArray:
    """Set the intercepts of constant labels; return the other labels."""
    known, positives = count_entries(problem.indicator)
    problem.intercept[:] = np.where(positives > 0, constant, -constant)
    return np.flatnonzero((positives > 0) & (positives < known))


def _resolve_tol(tol: float | Literal["auto"], loss: Loss, *, dual: bool, coarse: bool) -> float:
    if tol != "auto":
        return tol
    if not dual:
        return loss.primal_tol
    return loss.dual_tol * (COARSER if coarse else 1.0)


def _as_logits(problem: Problem, duals: Sequence[Duals]) -> LabelFits:
    """Return the models, their sigmoids multiplied into the weights."""
    coef, intercept, n_iter = problem.weights(), problem.intercept, problem.n_iter
    if problem.ids is None:
        return LabelFits(coef, intercept, n_iter, None, duals)
    slope, offset = problem.sigmoid.T
    return LabelFits(coef, slope * intercept + offset, n_iter, problem.sigmoid, duals)


def _fit_by_newton(problem: Problem, labels: IntArray, tol: float) -> IntArray:
    """Fit labels by Newton's method; return those that did not converge."""
    for start in range(0, len(labels), BLOCK):
        group = labels[start : start + BLOCK]
        factors = problem.C * problem.factors[group]
        columns = problem.columns(group)
        fit = fit_newton(problem.X, columns, factors, problem.weight, tol, problem.max_iter)
        problem.keep(group, *fit, [1.0, 0.0])
    return labels[problem.n_iter[labels] > problem.max_iter]


def _fit_by_liblinear(problem: Problem, labels: IntArray, tol: float, *, dual: bool) -> None:
    """Fit labels one at a time with scikit-learn's liblinear, in threads."""
    # liblinear's dual solver uses one random generator per process: with several threads the
    # result would depend on their timing
    n_jobs = 1 if dual and problem.random_state is not None else problem.n_jobs
    options = {"C": problem.C, "dual": dual, "tol": tol, "max_iter": problem.max_iter}
    make = partial(
        problem.kind.liblinear, random_state=problem.seed, **problem.kind.parameters, **options
    )
    with _ONE_BLAS_THREAD:
        Parallel(n_jobs=n_jobs, prefer="threads", require="sharedmem")(
            delayed(_fit_label)(problem, make, j) for j in labels
        )


def _fit_label(problem: Problem, make: Any, j: int) -> None:
    """Fit one label with liblinear."""
    label = np.array([j])
    X, y, weight = problem.X, problem.columns(label).ravel(), problem.weight
    folds, stretch = (found.ravel() for found in problem.divide(y[:, None]))
    known = np.flatnonzero(y >= 0)
    if len(known) < len(y):
        X, y, weight, folds, stretch = (a[known] for a in (X, y, weight, folds, stretch))
    factored = problem.factors[j][y] * weight
    line: Any = [1.0, 0.0]
    # X and the parameters have passed the gate
    with config_context(assume_finite=True, skip_parameter_validation=True):
        fitted = make().fit(X, y, factored)
        if problem.ids is not None:
            held_out = np.zeros(len(y))
            for fold in range(folds.max() + 1):
                held, kept = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
                part = make().fit(X[kept], y[kept], factored[kept])
                scores, bias = part.decision_function(X[held]), part.intercept_
                held_out[held] = bias + stretch[held] * (scores - bias)
            scores = partial(fitted.decision_function, X)
            line = fit_sigmoid(held_out, folds, y > 0, factored, scores)
    problem.keep(label, fitted.coef_, fitted.intercept_, np.max(fitted.n_iter_), line)


def _fit_by_compiled_dual(
    problem: Problem, labels: IntArray, tol: float, duals: Sequence[Duals], *, keep: bool
) -> tuple[IntArray, list[Any]]:
    """Fit labels in blocks; return those that did not converge, and the duals if `keep`."""
    passes = min(problem.max_iter, DUAL_PASSES)
    blocks = BlockProblem(
        problem.X,
        problem.weight,
        loss=problem.loss,
        tol=tol,
        max_iter=passes,
        seed=problem.seed,
    )
    size = blocks.kernels.BLOCK
    groups = [labels[i : i + size] for i in range(0, len(labels), size)]

    def fit_block(stop: BoolArray, group: IntArray, start: Duals | None) -> Duals | None:
        fit, lines = _fit_block(stop, problem, blocks, group, start)
        problem.keep(group, fit.coef, fit.intercept, fit.n_iter, lines)
        return fit.duals if keep else None

    starts = _starts(duals, groups, problem)
    reached = run_kernels(fit_block, groups, starts, n_threads=effective_n_jobs(problem.n_jobs))
    left = labels[problem.n_iter[labels] > passes]
    return left, reached if keep else []


def _fit_block(
    stop: BoolArray, problem: Problem, blocks: BlockProblem, group: IntArray, start: Duals | None
) -> tuple[BlockFit, Any]:
    """Fit a block of labels; return it and the lines of its sigmoids."""
    targets, factors = problem.columns(group), problem.factors[group]
    if problem.ids is None:
        return blocks.fit(stop, targets, group, problem.C * factors, start), [1.0, 0.0]
    folds, stretch = problem.divide(targets)
    fit = blocks.fit(stop, targets, group, problem.C * factors, start, folds, stretch)
    known = [np.flatnonzero(column >= 0) for column in targets.T]
    assert fit.held_out is not None
    lines = np.empty((len(group), 2))
    for j, both in enumerate(factors):
        own: Any = slice(None) if len(known[j]) == len(targets) else known[j]
        positive, w, b = targets[own, j] > 0, fit.coef[j].astype(np.float64), fit.intercept[j]
        factored = np.where(positive, *both[::-1]) * problem.weight[own]
        scores = partial(_scores, problem.X[own], w, b)
        lines[j] = fit_sigmoid(fit.held_out[own, j], folds[own, j], positive, factored, scores)
    return fit, lines


def _starts(
    duals: Sequence[Duals], groups: Sequence[IntArray], problem: Problem
) -> Sequence[Duals | None]:
    """Return the duals from which each block of labels starts, None for a cold start."""
    usable = len(duals) == len(groups) and all(
        np.array_equal(last.group, group)
        and len(last.share) == problem.X.shape[0]
        and last.loss == problem.loss
        for last, group in zip(duals, groups, strict=True)
    )
    return duals if usable else [None] * len(groups)


def _scores(X: Any, coef: FloatArray, intercept: float) -> FloatArray:
    return X @ coef + intercept


def canonical(X: Any) -> Any:
    """Convert a sparse X to canonical format with 32-bit indices, in a copy if necessary.

    liblinear's wrapper would sort the rows of the caller's X in place, in every thread, and it
    refuses 64-bit indices.
    """
    if not sp.issparse(X):
        return X
    if X.indices.dtype != np.int32 and max(X.nnz, *X.shape) < 2**31:
        indices, indptr = X.indices.astype(np.int32), X.indptr.astype(np.int32)
        is_canonical = X.has_canonical_format
        X = type(X)((X.data, indices, indptr), shape=X.shape)
        X.has_canonical_format = is_canonical
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    return X


def refuse_extremes(
    X: Any, C: float, factors: FloatArray | None, weight: FloatArray | None
) -> None:
    """Refuse numbers so extreme that sums overflow, or solvers never end."""
    factors = np.ones(1) if factors is None else factors
    weight = np.ones(1) if weight is None else weight
    with np.errstate(over="ignore", under="ignore"):
        least, most = C * np.array([factors.min(), factors.max()]) * weight.max()
    if not (least >= 1 / LARGEST and most <= LARGEST):
        raise ValueError(
            f"C={C:g} times class_weight (up to {factors.max():g}) times sample_weight (up to "
            f"{weight.max():g}) is too {'large' if most > LARGEST else 'small'} to compute with. "
            f"Bring it into [{1 / LARGEST:g}, {LARGEST:g}] by another C, or divide the "
            f"weights by a number."
        )
    values = X.data if sp.issparse(X) else X
    largest = max(abs(values.max(initial=0.0)), abs(values.min(initial=0.0)))
    if largest > LARGEST:
        raise ValueError(
            f"X holds {largest:g}; with a number above {LARGEST:g} sums overflow and nothing is "
            f"learned. Scale X, as by sklearn.preprocessing.MaxAbsScaler."
        )
