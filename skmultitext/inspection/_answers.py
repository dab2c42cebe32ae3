"""What any tagger of texts answers: probabilities and labels by name, whatever form y had."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from .._explanation import DocumentExplanation
from .._labels import listing
from .._response import find_label_names, label_scores, one_label_space
from ..exceptions import LabelError

__all__ = ["Answers", "find_label", "name_labels"]


def find_label(label, names):
    """Find the position of a label by its name.

    Parameters
    ----------
    label : str
        The name.
    names : list of str
        All names.

    Returns
    -------
    int

    Raises
    ------
    LabelError
        If there is no such label.
    """
    if label not in names:
        raise LabelError(f"label is {label!r}, but this tagger knows {listing(names)}.")
    return names.index(label)


def name_labels(tagger, n_labels):
    """Name the labels of any fitted tagger.

    Parameters
    ----------
    tagger : estimator
        The tagger.
    n_labels : int
        How many labels it has.

    Returns
    -------
    list of str, of length n_labels
        The names that it learned; else its classes, of which one label has two; else numbers.
    """
    names, classes = find_label_names(tagger), tagger.classes_
    if names is None and n_labels == 1:
        names = np.ravel(classes)[-1:]
    elif names is None:
        flat = getattr(classes, "shape", None) == (n_labels,)  # else a list, or codes per label
        names = classes if flat else range(n_labels)
    return [str(name) for name in names]


@dataclass(frozen=True, eq=False)
class Answers:
    """Probabilities and decisions of documents.

    Parameters
    ----------
    names : list of str, of length n_labels
        The labels.
    proba : ndarray of shape (n_samples, n_labels), dtype float64
        Their probabilities.
    decisions : ndarray of shape (n_samples, n_labels), dtype bool
        Whether they are given.
    one_label : bool
        Whether y was 1-D or had a single column.
    """

    names: list
    proba: np.ndarray
    decisions: np.ndarray
    one_label: bool

    @classmethod
    def ask(cls, tagger, texts):
        """Ask a tagger.

        Parameters
        ----------
        tagger : estimator
            A fitted tagger of texts.
        texts : list of str
            Documents.

        Returns
        -------
        Answers

        Raises
        ------
        ValueError
            If the tagger gives no probabilities, or tells more than two classes apart.
        """
        if not hasattr(tagger, "predict_proba"):
            raise ValueError(
                f"explain shows probabilities, and {type(tagger).__name__} has no predict_proba. "
                f"Fit it inside CalibratedTaggerCV."
            )
        given = tagger.predict(texts)
        given = given.toarray() if sp.issparse(given) else np.asarray(given)
        one_label = given.ndim == 1 or given.shape[1] == 1
        if one_label:
            space = one_label_space(tagger.classes_)
            if space is None:
                raise ValueError(
                    f"This tagger tells {np.size(tagger.classes_)} classes apart, of which a text "
                    f"has one; explain is for labels that are given or not."
                )
            given = space.encode(given)
        proba, _ = label_scores(tagger, texts, ("predict_proba",), one_label=one_label)
        names = name_labels(tagger, given.shape[1])
        return cls(names, proba.astype(np.float64), given.astype(bool), one_label)

    def labels_to_explain(self, label):
        """Find the label of each document to explain.

        Parameters
        ----------
        label : str or None
            A name; None for the label of the highest probability.

        Returns
        -------
        ndarray of shape (n_samples,), dtype int64
            Positions of labels.
        """
        if label is None:
            return self.proba.argmax(axis=1)
        return np.full(len(self.proba), find_label(label, self.names))

    def document(self, row, sentences, label=None, intercept=None):
        """Put the explanation of a document together.

        Parameters
        ----------
        row : int
            The document.
        sentences : tuple of SentenceExplanation
            Its words.
        label : int, default=None
            The label that they speak for; None for all together.
        intercept : float, default=None
            The intercept of that label.

        Returns
        -------
        DocumentExplanation
        """
        given = tuple(np.array(self.names, dtype=object)[self.decisions[row]])
        return DocumentExplanation(
            sentences,
            dict(zip(self.names, self.proba[row].tolist(), strict=True)),
            given,
            None if label is None else self.names[label],
            intercept,
        )
