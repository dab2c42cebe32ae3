"""Mutants of the forms of X, y and weights, and of what must be refused."""

import dataclasses

import numpy as np
import scipy.sparse as sp
from sklearn.metrics import accuracy_score

from skmultitext import TfidfLogRegTagger

from .making import (
    after_fit,
    breaks,
    gate,
    gate_each,
    is_a,
    mutate,
    refit,
    refuse_training,
    with_labels,
    with_weights,
    wrap,
)

# --- X

mutate("check_texts_as_tuple", "a tuple", **gate(is_a(tuple), lambda X: sorted(X)))
mutate("check_texts_as_array", "an object array", **gate(is_a(np.ndarray), lambda X: X[::-1]))
mutate(
    "check_texts_as_series",
    "a Series",
    **gate(lambda X: hasattr(X, "sort_index"), lambda X: X.sort_index()),
)
mutate(
    "check_rejects_single_str",
    "a single str was accepted",
    **gate(is_a(str), lambda X: [X] * len(X)),
)
mutate(
    "check_rejects_missing_text",
    "None among the texts was accepted",
    **gate_each(is_a(type(None), float), lambda d: ""),
)
mutate(
    "check_rejects_number_among_texts",
    "3 among the texts was accepted",
    **gate_each(is_a(int, float), str),
)
mutate("check_rejects_bytes_among_texts", "accepted", **gate_each(is_a(bytes), bytes.decode))
mutate("check_rejects_lists_of_words", "accepted", **gate_each(is_a(list), " ".join))
mutate(
    "check_rejects_dataframe",
    "a DataFrame was accepted",
    **gate(lambda X: hasattr(X, "columns"), list),
)
mutate(
    "check_rejects_2d_array",
    "a 2-D array of str was accepted",
    **gate(
        lambda X: np.ndim(X) == 2 and not sp.issparse(X) and not hasattr(X, "columns"),
        lambda X: X[:, 0].tolist(),
    ),
)
mutate(
    "check_rejects_sparse",
    "accepted",
    **gate(sp.issparse, lambda X: ["numbers"] * X.shape[0]),
)
mutate("check_rejects_unordered", "a set was accepted", **gate(is_a(set), list))
mutate(
    "check_rejects_empty",
    "an empty list was accepted",
    **gate(lambda X: isinstance(X, list) and not X, lambda X: ["late parcel"]),
)


# --- y

mutate(
    "check_dense_labels",
    "bool in column order",
    **with_labels(lambda y: y.ravel("K").reshape(y.shape) if isinstance(y, np.ndarray) else y),
)
mutate(
    "check_listed_labels",
    "lists of lists",
    **with_labels(lambda y: [[str(v) for v in row] for row in y] if isinstance(y, list) else y),
)
mutate(
    "check_sparse_labels",
    "predict gives a ndarray",
    **with_labels(lambda y: y.toarray() if sp.issparse(y) else y),
)
mutate(
    "check_label_sets",
    "label_names_ is ['login'",
    **after_fit(lambda s: setattr(s, "label_names_", s.label_names_[::-1])),
)
mutate(
    "check_labels_as_dataframe",
    "label_names_ is ['0'",
    **with_labels(lambda y: y.to_numpy() if hasattr(y, "columns") else y),
)
mutate(
    "check_label_names",
    "it is ['0']",
    **after_fit(lambda s: setattr(s, "label_names_", list(s.label_names_))),
)
mutate(
    "check_score_label_forms",
    "ValueError",
    score=lambda self, X, y, sample_weight=None: accuracy_score(
        y, self.predict(X), sample_weight=sample_weight
    ),
)


def with_classes(make):
    def change(self):
        if self.classes_.ndim == 2:
            self.classes_ = make(len(self.classes_))

    return after_fit(change)


mutate("check_classes", "it holds array([0])", **with_classes(np.arange))
mutate("check_scorers", "labels is", **with_classes(np.arange))
mutate("check_cross_val_predict", "labels:", **with_classes(lambda n: [np.arange(2)] * n))
mutate("check_stacking", "labels:", **with_classes(lambda n: [np.arange(2)] * n))
mutate(
    "check_binary_labels",
    "predict gives [0 1]",
    **wrap("predict", lambda s, out: s.classes_.searchsorted(out) if out.ndim == 1 else out),
)
mutate(
    "check_column_labels",
    "predict has shape (16,)",
    **wrap(
        "predict", lambda s, out: out.ravel() if out.dtype.kind == "U" or out.min() < 0 else out
    ),
)
mutate(
    "check_constant_labels",
    "without a negative is missed",
    **wrap("_logits", lambda s, out: np.where(s.n_iter_ == 0, 0, out)),
)
mutate(
    "check_rare_label",
    "least populated",
    **refuse_training(
        lambda X, y: not sp.issparse(y) and 1 in y.sum(axis=0), ValueError("least populated class")
    ),
)


# --- y that must be refused


def accept_labels(check_name, words, condition, convert):
    mutate(check_name, words, **with_labels(lambda y: convert(y) if condition(y) else y))


def is_array(ndim, kind="fiub"):
    return lambda y: isinstance(y, np.ndarray) and y.ndim == ndim and y.dtype.kind in kind


accept_labels(
    "check_rejects_missing_labels", "accepted", lambda y: y is None, lambda y: [0, 1, 0, 1]
)
mutate(
    "check_rejects_inconsistent_lengths",
    "accepted",
    **refit(lambda X, y, w: (X[: len(y)], y[: len(X)], w)),
)
accept_labels("check_rejects_regression_target", "accepted", is_array(1, "f"), lambda y: y > 1)
accept_labels(
    "check_rejects_multiclass", "three classes was", is_array(1, "i"), lambda y: y == y[0]
)
accept_labels("check_rejects_non_finite_labels", "accepted", is_array(2, "f"), lambda y: y > 0)
accept_labels("check_rejects_other_values", "2 in y was", is_array(2, "i"), lambda y: y > 0)
accept_labels("check_rejects_3d_labels", "accepted", is_array(3), lambda y: y[:, :, 0])
accept_labels(
    "check_rejects_label_indices",
    "accepted",
    is_a(list),
    lambda y: [[str(v) for v in row] for row in y],
)
accept_labels(
    "check_rejects_mixed_rows",
    "a bare name beside sets was",
    is_a(list),
    lambda y: [[row] if isinstance(row, str) else row for row in y],
)
accept_labels(
    "check_rejects_no_labels",
    "accepted",
    lambda y: np.size(y) == 0,
    lambda y: np.zeros((len(y), 1)),
)
accept_labels("check_rejects_unordered_labels", "a str as y was accepted", is_a(str), list)


# --- y with unknown labels


def with_float_labels(change):
    """Override `fit`: change a float array of labels."""
    return with_labels(lambda y: change(y) if is_array(2, "f")(y) else y)


mutate(
    "check_unknown_labels",
    "NaN in an array, and stored in a csr_matrix",
    **with_labels(lambda y: sp.csr_matrix(y) > 0 if sp.issparse(y) else y),
)
mutate(
    "check_unknown_labels_as_dataframe",
    "and in a DataFrame of float64",
    **with_labels(lambda y: y.fillna(0) if hasattr(y, "columns") else y),
)
mutate("check_unknown_is_not_negative", "hidden positives", **with_float_labels(np.nan_to_num))


def drop_incomplete(X, y, w):
    if not is_array(2, "f")(y):
        return X, y, w
    kept = np.flatnonzero(np.isfinite(y).all(axis=1))
    return [X[i] for i in kept], y[kept], w


mutate("check_independent_labels", "and with others unknown", **refit(drop_incomplete))
mutate(
    "check_complete_float_labels",
    "and on float64",
    **with_float_labels(lambda y: np.vstack([1 - y[:1], y[1:]])),
)
mutate(
    "check_documents_without_known_labels",
    "no UnknownLabelWarning with '10 of 64 documents'",
    **with_float_labels(lambda y: np.where(np.isnan(y).all(axis=1, keepdims=True), 0, y)),
)
mutate(
    "check_label_without_known_entries",
    "it is predicted somewhere",
    **wrap("_logits", lambda s, out: np.where(s._n_seen[1] == 0, 16, out)),
)
mutate(
    "check_score_counts_known_labels",
    "instead of",
    score=lambda self, X, y, sample_weight=None: TfidfLogRegTagger.score(self, X, np.nan_to_num(y)),
)


# --- weights and what inputs must stay

mutate(
    "check_weights_of_one",
    "with ones as list",
    **with_weights(lambda w: np.linspace(1, 2, len(w)) if isinstance(w, list) else w),
)
mutate(
    "check_weights_as_series",
    "as a Series",
    **with_weights(lambda w: w.sort_index() if hasattr(w, "sort_index") else w),
)
mutate("check_weight_zero_removes", "of weight 0", **with_weights(lambda w: np.maximum(w, 1e-3)))
mutate("check_weight_repeats", "documents repeated", **with_weights(np.sqrt))
mutate("check_weight_errors", "a weight of nan was accepted", **with_weights(np.nan_to_num))


@breaks("check_inputs_kept", "changed: ['X']")
class LowersInPlace(TfidfLogRegTagger):
    def _check_X(self, X, *, reset):
        documents = super()._check_X(X, reset=reset)
        documents[:] = [document.lower() for document in documents]
        return documents


def write_into(y):
    if isinstance(y, np.ndarray):
        y[:1] = y[:1]
    return y


mutate("check_readonly_inputs", "read-only", **with_labels(write_into))
mutate(
    "check_class_weight",
    "mean log-probability",
    **wrap("_training_data", lambda s, data: dataclasses.replace(data, class_weight=None)),
)


@breaks("check_class_weight_errors", "accepted")
class DropsUnknownNames(TfidfLogRegTagger):
    def _training_data(self, *args, **options):
        class_weight = self.class_weight
        try:
            if isinstance(class_weight, dict):
                self.class_weight = {k: v for k, v in class_weight.items() if k in ("0", "1")}
            return super()._training_data(*args, **options)
        finally:
            self.class_weight = class_weight


@breaks("check_threshold_errors", "accepted")
class DropsUnknownThresholds(TfidfLogRegTagger):
    def _training_data(self, *args, **options):
        threshold = self.threshold
        try:
            if isinstance(threshold, dict):
                self.threshold = {k: v for k, v in threshold.items() if k in ("0", "1")}
            return super()._training_data(*args, **options)
        finally:
            self.threshold = threshold
