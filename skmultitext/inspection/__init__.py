"""Explanations, doubtful labels, documents to label next, and what changed between corpora."""

from collections.abc import Sequence
from typing import Any

from .._gate.documents import check_documents
from .._gate.parameters import check_choice, check_int
from .._gate.types import Documents
from .._runtime.messages import shown
from ._corpus_comparison import CorpusComparison, compare_corpora
from ._explanation import DocumentExplanation, SentenceExplanation, TextExplanation
from ._label_audit import LabelAudit, find_label_errors
from ._occlusion import explain_by_occlusion
from ._tagger import Predictions, find_label, fitted_state, unwrap
from ._to_annotate import AnnotationBatch, to_annotate
from ._votes import find_model, is_linear

__all__ = [
    "AnnotationBatch",
    "CorpusComparison",
    "DocumentExplanation",
    "LabelAudit",
    "SentenceExplanation",
    "TextExplanation",
    "compare_corpora",
    "explain",
    "find_label_errors",
    "to_annotate",
    "top_words",
]


def __dir__() -> list[str]:
    return __all__


_METHODS = ("auto", "contributions", "attention", "occlusion")


def top_words(tagger: Any, label: str, n: int = 10) -> list[tuple[str, float]]:
    """Find the terms with the largest weights for a label of a linear tagger.

    Parameters
    ----------
    tagger : estimator
        A fitted `TfidfLogRegTagger`, or a Pipeline of a vectorizer and a linear classifier (with
        `coef_`, or `OneVsRestClassifier` or `MultiOutputClassifier` of such); also one inside a
        search, `TunedThresholdTaggerCV`, `FixedThresholdTagger` or `CalibratedTaggerCV`, which do
        not change the order of the weights.
    label : str
        Name of the label. If y was an indicator without names: the number of its column, such as
        "0".
    n : int, default=10
        Maximum number of terms, at least 1.

    Returns
    -------
    list of tuple (str, float)
        Terms and their weights, the largest first. Only terms with a positive weight are listed,
        so there may be fewer than `n`.

    Raises
    ------
    ValueError
        If the tagger is not a linear one of texts, has no such label, or `n` is not legal.
    NotFittedError
        If the tagger is not fitted.

    Examples
    --------
    >>> from skmultitext import TfidfLogRegTagger
    >>> from skmultitext.datasets import load_support_tickets
    >>> tickets = load_support_tickets()
    >>> tagger = TfidfLogRegTagger(random_state=0).fit(tickets.data, tickets.label_sets)
    >>> [word for word, _ in top_words(tagger, "refund", n=3)]
    ['refund', 'back', 'money']
    """
    check_int("n", n)
    tagger = fitted_state(tagger)
    model = find_model(*unwrap(tagger), "top_words")
    weights = model.weights(find_label(label, model.label_names(tagger)))
    terms = model.terms()
    order = (-weights).argsort(kind="stable")[:n]
    return [(str(terms[j]), float(weights[j])) for j in order if weights[j] > 0]


def explain(
    tagger: Any, texts: Documents, *, label: str | None = None, method: str = "auto"
) -> TextExplanation:
    """Show which words of a text support a label, and which contradict it.

    There are three methods:

    - "contributions", for linear taggers: the weight of each term times its feature value. With
      the intercept they add up exactly to the logit of the linear classifier.
      (`CalibratedTaggerCV` maps this logit to another one.) For a `VotingTagger` of linear taggers
      they are the weighted sums of those of its members.
    - "attention", for `KerasHANTagger`: the attention weights of the network, for all labels
      together. A word with a high attention weight does not always change the result.
    - "occlusion", for every tagger of texts: how much the score of the label drops if a word is
      left out [1]_, in logits (for estimators of other packages: in the units of their
      `decision_function`). It takes one prediction per word. Redundant words get low weights:
      leaving out one of them changes little.

    Parameters
    ----------
    tagger : estimator
        A fitted tagger of texts: any of this package, or a Pipeline of scikit-learn that gives
        probabilities; also inside a search or a tagger with tuned thresholds or calibration.
    texts : sequence of str, of length n_samples
        Documents.
    label : str, default=None
        The label to explain. None explains the most probable label of each document, or with
        "attention" all labels together.
    method : {"auto", "contributions", "attention", "occlusion"}, default="auto"
        "auto" uses contributions for a linear tagger, attention if the tagger has it and `label`
        is None, otherwise occlusion.

    Returns
    -------
    TextExplanation
        One entry per document, such as ``explanation[0].sentences[0].word_weights``. It prints as
        text, and as HTML in Jupyter. Contributions list each term of a document once, the largest
        absolute values first, and set `intercept`; the other methods list the words in the order
        of the text.

    Raises
    ------
    ValueError
        If a parameter is not legal, the tagger has no such label, or it does not support the
        method.
    NotFittedError
        If the tagger is not fitted.

    References
    ----------
    .. [1] J. Li, W. Monroe, D. Jurafsky, "Understanding neural networks through representation
       erasure", 2016.

    Examples
    --------
    >>> from skmultitext import TfidfLogRegTagger
    >>> texts = ["refund my lamp", "my parcel is late", "late lamp, refund please", "hello"]
    >>> labels = [["refund"], ["delivery"], ["delivery", "refund"], []]
    >>> tagger = TfidfLogRegTagger(C=100, loss="log_loss", ngram_range=(1, 1))
    >>> tagger = tagger.fit(texts, labels)
    >>> print(explain(tagger, ["refund my late parcel"], label="delivery"))
    delivery (0.81); weights for delivery, intercept -0.15
      late (1.77) parcel (1.30) my (-0.80) refund (-0.65)
    """
    check_choice("method", method, _METHODS)
    tagger = fitted_state(tagger)
    parts = unwrap(tagger)
    texts = check_documents(texts)
    if method == "auto":
        method = _choose_method(parts, label)
    if method == "attention":
        return _explain_by_attention(tagger, *parts, texts, label)
    model = None
    if method == "contributions":
        model = find_model(*parts, "method='contributions'")
    predictions = Predictions.of(tagger, texts)
    labels = predictions.labels_to_explain(label)
    explained: Sequence[tuple[SentenceExplanation, float | None]]
    if model is not None:
        explained = model.explain(texts, labels)
    else:
        explained = explain_by_occlusion(
            tagger,
            texts,
            labels,
            one_label=predictions.one_label,
            n_labels=len(predictions.names),
        )
    return TextExplanation(
        predictions.document(i, (words,) if words.words else (), labels[i], intercept)
        for i, (words, intercept) in enumerate(explained)
    )


def _choose_method(parts: tuple[list[Any], Any], label: str | None) -> str:
    """Choose the method for "auto"."""
    transformers, estimator = parts
    if is_linear(transformers, estimator):
        return "contributions"
    return "attention" if label is None and hasattr(estimator, "explain") else "occlusion"


def _explain_by_attention(
    tagger: Any, transformers: list[Any], estimator: Any, texts: list[str], label: str | None
) -> TextExplanation:
    """Explain by the attention of the inner estimator, with probabilities of the outer tagger."""
    if not hasattr(estimator, "explain"):
        raise ValueError(
            f"method='attention' needs a KerasHANTagger with encoder 'han' or 'bigru', but this "
            f"is {type(estimator).__name__}. Pass method='occlusion'."
        )
    if label is not None:
        raise ValueError(
            f"label is {shown(label)}, but attention is for all labels together. Leave label=None, "
            f"or pass method='occlusion'."
        )
    predictions = Predictions.of(tagger, texts)
    features: Any = texts
    for transformer in transformers:
        features = transformer.transform(features)
    found = estimator.explain(features)
    return TextExplanation(
        predictions.document(i, document.sentences) for i, document in enumerate(found)
    )
