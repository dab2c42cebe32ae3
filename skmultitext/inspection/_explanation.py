"""Weights of the words of texts: one result type for all taggers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, overload

import numpy as np

from .._gate.types import FloatArray

__all__ = ["DocumentExplanation", "SentenceExplanation", "TextExplanation"]

# colours of positive and negative weights: red, green, blue as in CSS
_FOR, _AGAINST = "35, 120, 200", "215, 95, 20"


@dataclass(frozen=True, eq=False)
class SentenceExplanation:
    """A sentence, its words and their weights.

    Parameters
    ----------
    words : tuple of str
        The words as the tagger sees them.
    word_weights : ndarray of shape (n_words,), dtype float64
        Weight of each word. Attention weights are positive and add up to 1; other weights are
        negative if a word contradicts the label.
    weight : float or None, default=None
        Attention weight of the sentence; None if the tagger has no weights for sentences.

    Examples
    --------
    >>> import numpy as np
    >>> print(SentenceExplanation(("late", "again"), np.array([0.75, 0.25]), 0.6))
    0.60 | late (0.75) again (0.25)
    """

    words: tuple[str, ...]
    word_weights: FloatArray
    weight: float | None = None

    def __str__(self) -> str:
        """Write the words, each followed by its weight."""
        pairs = zip(self.words, self.word_weights, strict=True)
        words = " ".join(f"{word} ({weight:.2f})" for word, weight in pairs)
        return words if self.weight is None else f"{self.weight:.2f} | {words}"

    def _html(self, largest: float) -> str:
        pairs = zip(self.words, self.word_weights, strict=True)
        words = " ".join(_marked(escape(word), weight, largest) for word, weight in pairs)
        if self.weight is None:
            return f"<p>{words}</p>"
        return f"<p>{_marked(f'{self.weight:.2f}', self.weight, 1.0)} {words}</p>"


@dataclass(frozen=True, eq=False)
class DocumentExplanation:
    """A document, its labels, and the weights of its sentences and words.

    Parameters
    ----------
    sentences : tuple of SentenceExplanation
        Its sentences; empty for a document without words.
    probabilities : dict of {str: float}
        The probability of each label by its name.
    labels : tuple of str
        The labels that the tagger gives.
    label : str or None, default=None
        The label that the weights are for; None if they are for all labels together.
    intercept : float or None, default=None
        The intercept of a linear tagger: the sum of intercept and weights is the logit of the
        label. None for other taggers.

    Examples
    --------
    >>> import numpy as np
    >>> sentence = SentenceExplanation(("late", "again"), np.array([0.75, 0.25]))
    >>> print(DocumentExplanation((sentence,), {"delivery": 0.9, "praise": 0.1}, ("delivery",)))
    delivery (0.90)
      late (0.75) again (0.25)
    """

    sentences: tuple[SentenceExplanation, ...]
    probabilities: dict[str, float]
    labels: tuple[str, ...]
    label: str | None = None
    intercept: float | None = None

    def __str__(self) -> str:
        """Write the labels on one line, and each sentence on one line."""
        lines = [self._heading(), *(f"  {sentence}" for sentence in self.sentences)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Write HTML, as Jupyter shows it: the larger a weight, the stronger its colour."""
        weights = [np.abs(sentence.word_weights).max() for sentence in self.sentences]
        largest = max(weights, default=0.0)
        body = "".join(sentence._html(largest) for sentence in self.sentences)
        return f"<div><p><strong>{escape(self._heading())}</strong></p>{body}</div>"

    def _heading(self) -> str:
        names = ", ".join(f"{name} ({self.probabilities[name]:.2f})" for name in self.labels)
        heading = names or "no label"
        if self.label is not None:
            heading += f"; weights for {self.label}"
        if self.intercept is not None:
            heading += f", intercept {self.intercept:.2f}"
        return heading


class TextExplanation(Sequence[DocumentExplanation]):
    """Weights of the words of texts: a sequence with one entry per document.

    Parameters
    ----------
    documents : iterable of DocumentExplanation
        The documents.

    Examples
    --------
    >>> import numpy as np
    >>> sentence = SentenceExplanation(("late", "again"), np.array([0.75, 0.25]))
    >>> document = DocumentExplanation((sentence,), {"delivery": 0.9}, ("delivery",))
    >>> explanation = TextExplanation([document])
    >>> print(explanation)
    delivery (0.90)
      late (0.75) again (0.25)
    >>> explanation[0].sentences[0].word_weights
    array([0.75, 0.25])
    """

    def __init__(self, documents: Iterable[DocumentExplanation]) -> None:
        self._documents = tuple(documents)

    def __len__(self) -> int:
        """Count the documents."""
        return len(self._documents)

    @overload
    def __getitem__(self, index: int) -> DocumentExplanation: ...

    @overload
    def __getitem__(self, index: slice) -> "TextExplanation": ...

    def __getitem__(self, index: Any) -> Any:
        """Return one document, or with a slice a `TextExplanation` of several."""
        if isinstance(index, slice):
            return TextExplanation(self._documents[index])
        return self._documents[index]

    def __repr__(self) -> str:
        return f"<TextExplanation of {len(self)} document{'s' * (len(self) != 1)}; print it>"

    def __str__(self) -> str:
        """Write all documents, a blank line between two."""
        return "\n\n".join(map(str, self._documents))

    def _repr_html_(self) -> str:
        """Write HTML, as Jupyter shows it."""
        return "<hr>".join(document._repr_html_() for document in self._documents)


def _marked(content: str, weight: float, largest: float) -> str:
    """Colour HTML by the sign and size of a weight."""
    strength = min(abs(weight) / largest, 1.0) if largest else 0.0
    hue = _FOR if weight >= 0 else _AGAINST
    return (
        f'<span style="background-color: rgba({hue}, {0.6 * strength:.3f})" '
        f'title="{weight:.4f}">{content}</span>'
    )
