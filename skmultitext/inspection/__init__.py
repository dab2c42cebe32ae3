"""What speaks for a label: words of a linear tagger, and the words of single texts."""

from numbers import Integral

from .._documents import check_documents
from .._explanation import DocumentExplanation, SentenceExplanation, TextExplanation
from ._answers import Answers, find_label
from ._chain import is_fitted_estimator, unwrap
from ._linear import find_linear_model, linear_parts
from ._occlusion import explain_by_occlusion

__all__ = [
    "DocumentExplanation",
    "SentenceExplanation",
    "TextExplanation",
    "explain",
    "top_words",
]

_METHODS = ("auto", "contributions", "attention", "occlusion")


def top_words(tagger, label, n=10):
    """Name the terms that speak most for a label, by the weights of a linear tagger.

    Parameters
    ----------
    tagger : estimator
        A fitted `TfidfLogRegTagger`, or a Pipeline of a vectorizer and a linear classifier (with
        `coef_`, or `OneVsRestClassifier` or `MultiOutputClassifier` of such); also one inside a
        search, `TunedThresholdTaggerCV`, `FixedThresholdTagger` or `CalibratedTaggerCV`, none of
        which changes the order of the weights.
    label : str
        Name of the label. Where y was an indicator without names it is the number of its column,
        such as "0".
    n : int, default=10
        Most terms, at least 1.

    Returns
    -------
    list of tuple (str, float)
        Terms and their weights, the greatest first. Terms with weights of 0 and below are left
        out, so that there may be fewer.

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
    if not isinstance(n, Integral) or isinstance(n, bool) or n < 1:
        raise ValueError(f"n is {n!r}; pass an int of at least 1.")
    model = find_linear_model(*unwrap(is_fitted_estimator(tagger)), "top_words")
    weights = model.weights(find_label(label, model.label_names(tagger)))
    terms = model.terms()
    order = (-weights).argsort(kind="stable")[:n]
    return [(str(terms[j]), float(weights[j])) for j in order if weights[j] > 0]


def explain(tagger, texts, *, label=None, method="auto"):
    """Show which words of texts spoke for a label.

    Three methods, for three kinds of tagger:

    - "contributions" of a linear tagger: the weight of a term times its feature, exact. With the
      intercept they add up to the logit of the linear classifier. (`CalibratedTaggerCV` maps
      that logit to another one.)
    - "attention" of a `KerasHANTagger`: where the network looked, for all labels together. It is
      no proof that another word would have changed the result.
    - "occlusion", for every tagger of texts: how far the score of the label falls if a word is
      left out [1]_, in logits (of estimators of other packages: whatever their
      `decision_function` gives). Costs one prediction per word. Words that say the same hide
      each other: leaving out one of them changes little.

    Parameters
    ----------
    tagger : estimator
        A fitted tagger of texts: any of this package, or a Pipeline of scikit-learn that gives
        probabilities; also inside a search or a tagger with tuned thresholds or calibration.
    texts : sequence of str, of length n_samples
        Documents.
    label : str, default=None
        The label to explain. None explains, of each document, the label of the highest
        probability; with "attention" all labels together.
    method : {"auto", "contributions", "attention", "occlusion"}, default="auto"
        "auto" takes contributions of a linear tagger, attention where there is some and `label`
        is None, else occlusion.

    Returns
    -------
    TextExplanation
        One entry per document: ``explanation[0].sentences[0].word_weights``. It prints as text,
        and as HTML in Jupyter. Contributions are of terms, the strongest first, each once, and
        `intercept` is set; with the other methods words stand as in the text.

    Raises
    ------
    ValueError
        If a parameter is not legal, the tagger has no such label, or the method does not suit
        the tagger.
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
    >>> tagger = TfidfLogRegTagger(C=100).fit(texts, labels)
    >>> print(explain(tagger, ["refund my late parcel"], label="delivery"))
    delivery (0.84); weights for delivery, intercept -0.18
      late (2.03) parcel (1.27) my (-0.97) refund (-0.52)
    """
    if method not in _METHODS:
        raise ValueError(f"method is {method!r}; pass one of {', '.join(map(repr, _METHODS))}.")
    chain = unwrap(is_fitted_estimator(tagger))
    texts = check_documents(texts)
    if method == "auto":
        method = _choose_method(chain, label)
    if method == "attention":
        return _explain_by_attention(tagger, *chain, texts, label)
    model = None
    if method == "contributions":
        model = find_linear_model(*chain, "method='contributions'")
    answers = Answers.ask(tagger, texts)
    labels = answers.labels_to_explain(label)
    if model is not None:
        explained = model.explain(texts, labels)
    else:
        explained = explain_by_occlusion(tagger, texts, labels, one_label=answers.one_label)
    return TextExplanation(
        answers.document(i, (words,) if words.words else (), labels[i], intercept)
        for i, (words, intercept) in enumerate(explained)
    )


def _choose_method(chain, label):
    """Choose the method that suits a tagger best."""
    transformers, estimator = chain
    if transformers and linear_parts(estimator):
        return "contributions"
    return "attention" if label is None and hasattr(estimator, "explain") else "occlusion"


def _explain_by_attention(tagger, transformers, estimator, texts, label):
    """Explain by what the tagger inside looked at, with the answers of the one outside."""
    if not hasattr(estimator, "explain"):
        raise ValueError(
            f"method='attention' needs a KerasHANTagger with encoder 'han' or 'bigru', and this "
            f"is {type(estimator).__name__}. Pass method='occlusion'."
        )
    if label is not None:
        raise ValueError(
            f"label is {label!r}, but attention is for all labels together. Leave label=None, or "
            f"pass method='occlusion'."
        )
    answers = Answers.ask(tagger, texts)
    for transformer in transformers:
        texts = transformer.transform(texts)
    found = estimator.explain(texts)
    return TextExplanation(
        answers.document(i, document.sentences) for i, document in enumerate(found)
    )
