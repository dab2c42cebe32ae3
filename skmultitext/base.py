"""The way of every tagger: gate, engine, probabilities, thresholds, labels.

A tagger defines two hooks. `_fit_engine` gets gated input and returns the fitted attributes;
`_logits` gets gated input and returns one score per label. The rest stands here, once.
"""

from abc import ABCMeta, abstractmethod
from numbers import Integral

import numpy as np
import scipy.sparse as sp
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples, check_is_fitted, validate_data

from ._decision import decide, top_labels
from ._documents import check_documents, refuse_documents
from ._label_parameters import resolve_class_weight, resolve_thresholds
from ._labels import LabelSpace
from ._pickling import VersionedPickle
from ._rows import check_lengths, checked_weight, count_positives, drop_weightless
from .persistence import model_card, save

# The logit of a label that is constant in training: certain for every threshold in use, and
# still strictly inside (0, 1) as a probability, also in float32.
CONSTANT_LOGIT = 16.0

# Scores of so many pairs of document and label are made at a time: 32 MiB of float64.
BLOCK = 2**22

_LOWEST_PROBABILITY = np.finfo(np.float64).tiny
_HIGHEST_PROBABILITY = 1.0 - np.finfo(np.float64).epsneg


class BaseTagger(VersionedPickle, ClassifierMixin, BaseEstimator, metaclass=ABCMeta):
    """Base of all taggers.

    Subclasses take a parameter `threshold` and define `_check_X`, `_fit_engine` and `_logits`.
    """

    @abstractmethod
    def _check_X(self, X, *, reset):
        """Gate X; with `reset` learn what later X must agree with."""

    @abstractmethod
    def _fit_engine(self, X, indicator, space, sample_weight):
        """Fit on gated input; return the fitted attributes as a dict, set nothing on self."""

    @abstractmethod
    def _logits(self, X):
        """Score gated X; return float64 logits of shape (n_samples, n_labels)."""

    def fit(self, X, y, sample_weight=None):
        """Fit the tagger.

        Parameters
        ----------
        X : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
            Training documents: texts for a tagger of text, else features.
        y : array-like, sparse matrix, DataFrame or sequence of label sets
            Labels: an indicator of 0 and 1 of shape (n_samples, n_labels), a sequence of sets
            of label names, a single column with two codes, or a 1-D binary y.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights. Weight 0 equals removal, an integer weight repetition; a label
            that only rows of weight 0 have is known, and never given.

        Returns
        -------
        self
            The fitted tagger.

        Raises
        ------
        ValueError
            If X, y, sample_weight or a parameter is not legal. What was fitted before stays.
        """
        before = dict(vars(self))
        try:
            self._fit_gated(*self._gate(X, y, sample_weight))
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise
        return self

    def _gate(self, X, y, sample_weight):
        """Check what `fit` gets; return X, indicator, space and sample_weight."""
        self._validate_params()
        X = self._check_X(X, reset=True)
        space, indicator = LabelSpace.learn(y)
        check_lengths(X, indicator, "y")
        X, indicator, sample_weight = drop_weightless(X, indicator, sample_weight)
        return X, indicator, space, sample_weight

    def _fit_gated(self, X, indicator, space, sample_weight=None):
        """Fit on input that has passed the gates, and set the fitted state last."""
        thresholds = resolve_thresholds(self.threshold, space)
        # refuse a bad class_weight before the engine starts; the engine resolves it for itself
        resolve_class_weight(getattr(self, "class_weight", None), indicator, space, sample_weight)
        fitted = self._fit_engine(X, indicator, space, sample_weight)
        vars(self).update(
            fitted,
            _n_seen=(indicator.shape[0], count_positives(indicator)),
            _label_space=space,
            classes_=space.classes,
            label_names_=space.label_names,
            thresholds_=thresholds,
        )
        return self

    def __sklearn_is_fitted__(self):
        """Whether `fit` has come to its end; scikit-learn asks this."""
        return hasattr(self, "_label_space")

    def decision_function(self, X):
        """Score the labels of documents.

        Parameters
        ----------
        X : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
            Documents.

        Returns
        -------
        ndarray of shape (n_samples, n_labels), or (n_samples,) for a 1-D y, dtype float64
            Logits: the logarithm of the odds that the label is given.

        Raises
        ------
        ValueError
            If X is not legal.
        NotFittedError
            If the tagger is not fitted.
        """
        logits = _joined(self._by_rows(self._logits, X))
        return logits[:, 0] if self._label_space.form == "binary" else logits

    def predict_proba(self, X):
        """Estimate the probability of each label.

        Parameters
        ----------
        X : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
            Documents.

        Returns
        -------
        ndarray of shape (n_samples, n_labels), or (n_samples, 2) for a 1-D y, dtype float64
            Probabilities, strictly inside (0, 1). For a 1-D y those of both classes.

        Raises
        ------
        ValueError
            If X is not legal.
        NotFittedError
            If the tagger is not fitted.
        """
        proba = self._proba(X)
        if self._label_space.form == "binary":
            return np.column_stack([_inside(1.0 - proba[:, 0]), proba[:, 0]])
        return proba

    def predict(self, X):
        """Give each document its labels: those whose probability exceeds the threshold.

        Parameters
        ----------
        X : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
            Documents.

        Returns
        -------
        ndarray or csr_matrix of shape (n_samples, n_labels), dtype int64
            Indicator: 1 where ``predict_proba > thresholds_``; sparse where y was sparse at
            fit. For a 1-D y or a single column the codes of y, in the shape of y.

        Raises
        ------
        ValueError
            If X is not legal.
        NotFittedError
            If the tagger is not fitted.
        """
        decisions = self._decisions(X)
        return self._label_space.decode(decisions)

    def predict_labels(self, X):
        """Name the labels of each document.

        Parameters
        ----------
        X : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
            Documents.

        Returns
        -------
        list of tuple of str, of length n_samples
            The names of each document's labels, in the order of `label_names_`.

        Raises
        ------
        ValueError
            If X is not legal.
        NotFittedError
            If the tagger is not fitted.
        """
        decisions = self._decisions(X)
        return self._label_space.label_sets(decisions)

    def predict_topk(self, X, k):
        """Find the most probable labels of each document, whatever the thresholds.

        Parameters
        ----------
        X : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
            Documents.
        k : int
            How many labels, from 1 to n_labels.

        Returns
        -------
        labels : ndarray of shape (n_samples, k), dtype int64
            Indices of labels in `label_names_`, the most probable first; among equal
            probabilities the lower index comes first.
        proba : ndarray of shape (n_samples, k), dtype float64
            Their probabilities, as in `predict_proba`; for a 1-D y that of its second class.

        Raises
        ------
        ValueError
            If X or k is not legal.
        NotFittedError
            If the tagger is not fitted.
        """
        check_is_fitted(self)
        n_labels = self._label_space.n_labels
        if not isinstance(k, Integral) or isinstance(k, bool) or not 1 <= k <= n_labels:
            raise ValueError(f"k is {k!r}; pass an integer from 1 to n_labels={n_labels}.")

        def best(X):
            proba = self._proba_of(X)
            labels = top_labels(proba, k)
            return labels, np.take_along_axis(proba, labels, axis=1)

        labels, proba = zip(*self._by_rows(best, X), strict=True)
        return np.concatenate(labels), np.concatenate(proba)

    def score(self, X, y, sample_weight=None):
        """Compute the exact match: the share of documents whose labels are all right.

        Parameters
        ----------
        X : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
            Documents.
        y : array-like, sparse matrix, DataFrame or sequence of label sets
            Their labels, in a form that `fit` takes. A name in a label set that was not there
            at fit counts as a missed label.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        float
            Exact match (subset accuracy) in [0, 1].

        Raises
        ------
        ValueError
            If X or y is not legal, or their lengths differ.
        NotFittedError
            If the tagger is not fitted.
        """
        decisions = self._decisions(X)
        truth = self._label_space.encode(y, unknown="append")
        check_lengths(decisions, truth, "y")
        known = truth[:, : decisions.shape[1]].astype(bool)
        if sp.issparse(known) and not sp.issparse(decisions):
            known = known.toarray()
        right = np.asarray((known != decisions).sum(axis=1)).ravel() == 0
        if truth.shape[1] > decisions.shape[1]:
            right &= ~truth[:, decisions.shape[1] :].any(axis=1)
        if sample_weight is not None:
            sample_weight = checked_weight(sample_weight, right)
        return float(np.average(right, weights=sample_weight))

    def save(self, path):
        """Save the fitted tagger without pickle; `skmultitext.load` brings it back.

        Parameters
        ----------
        path : str or os.PathLike
            A directory, or a file if it ends with ``.zip``. A model that is there is replaced, at
            once and as a whole.

        Raises
        ------
        ValueError
            If the tagger holds what no file can without code, such as a function of yours; the
            message says where.
        FileExistsError
            If `path` is a directory that holds something else.
        OSError
            If it cannot be written; what was at `path` stays.
        NotFittedError
            If the tagger is not fitted.
        """
        save(self, path)

    def model_card(self, metrics=None):
        """Describe the fitted tagger in Markdown.

        Parameters
        ----------
        metrics : dict of {str: float}, default=None
            Scores to state, by name.

        Returns
        -------
        str
            Markdown: what it tags, the labels with their base rates and thresholds, the
            parameters, the scores, the versions of the libraries, and what its author should add.

        Raises
        ------
        ValueError
            If `metrics` is no dict of numbers by name.
        NotFittedError
            If the tagger is not fitted.
        """
        return model_card(self, metrics)

    def _by_rows(self, method, X):
        """Gate X, and call a method with a block of its rows after the other; yield the results.

        So nothing of the size of all documents times all labels is made on the way.
        """
        check_is_fitted(self)
        X = self._check_X(X, reset=False)
        n_samples, n_rows = _num_samples(X), max(1, BLOCK // self._label_space.n_labels)
        if n_samples <= n_rows:
            yield method(X)
            return
        for start in range(0, n_samples, n_rows):
            yield method(_safe_indexing(X, slice(start, start + n_rows)))

    def _proba_of(self, X):
        """Probabilities for gated X, (n_samples, n_labels) whatever the form of y."""
        return _inside(expit(self._logits(X)))

    def _decisions_of(self, X):
        """Take the 0/1 decisions for gated X, dtype bool."""
        return decide(self._proba_of(X), self.thresholds_)

    def _proba(self, X):
        return _joined(self._by_rows(self._proba_of, X))

    def _decisions(self, X):
        """Take the 0/1 decisions, dtype bool: CSR where y was sparse at fit."""

        def decide_rows(X):
            decisions = self._decisions_of(X)
            return sp.csr_array(decisions) if self._label_space.form == "sparse" else decisions

        return _joined(self._by_rows(decide_rows, X))

    def __sklearn_tags__(self):
        """Tell scikit-learn what y may be."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        tags.classifier_tags.multi_class = False
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags


class BaseFeatureTagger(BaseTagger):
    """Base of taggers whose X is a matrix of features, dense or sparse."""

    _dtype = np.float64  # what the engine computes in

    def _check_X(self, X, *, reset):
        refuse_documents(X)
        with np.errstate(over="ignore"):  # what does not fit the type is refused as infinite
            return validate_data(
                self, X, reset=reset, accept_sparse="csr", dtype=self._dtype, order="C"
            )

    def __sklearn_tags__(self):
        """Tell scikit-learn what X may be."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


class BaseTextTagger(BaseTagger):
    """Base of taggers whose X is a sequence of texts."""

    def _check_X(self, X, *, reset):
        return check_documents(X)

    def __sklearn_tags__(self):
        """Tell scikit-learn what X may be."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


def _joined(blocks):
    """Put blocks of rows together; a single one stays what it is."""
    blocks = list(blocks)
    if len(blocks) == 1:
        return blocks[0]
    return sp.vstack(blocks, format="csr") if sp.issparse(blocks[0]) else np.concatenate(blocks)


def _inside(proba):
    """Keep probabilities strictly inside (0, 1)."""
    return np.clip(proba, _LOWEST_PROBABILITY, _HIGHEST_PROBABILITY)
