"""TF-IDF and one linear model per label: texts in, labels out."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal, Self

from sklearn.utils import Tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from .._gate.labels import LabelSpace
from .._gate.samples import TrainingData
from .._gate.types import (
    AnyArray,
    ClassWeight,
    Documents,
    FloatArray,
    IntArray,
    LabelNames,
    Labels,
    RandomState,
    Threshold,
    Weights,
)
from .._meta.incremental import IncrementalMixin
from .._meta.predict_files import predict_files
from .._runtime.sklearn import StrOptions
from .._runtime.threads import snapshot, transaction
from ..base import BaseTextTagger
from ..feature_extraction import TfidfUnion, TfidfVectorizer
from ._fit_files import fit_files, fits_files
from ._label_changes import LabelChangesMixin
from ._logistic_regression import SOLVER_CONSTRAINTS, MultilabelLogisticRegression, check_has_C
from ._tfidf_features import WORDS_AND_MARKS, WORDS_AND_PAIRS, TfidfFeatures

USUAL_C = {"squared_hinge": 0.1, "log_loss": 2.0}  # benchmarks/bench_defaults.py


class TfidfLogRegTagger(TfidfFeatures, LabelChangesMixin, IncrementalMixin, BaseTextTagger):
    r"""TF-IDF features and one linear model per label: texts in, labels out.

    As it comes it is a linear SVM per label, with calibrated probabilities, on words, pairs of
    words and punctuation marks. On a handful of texts, too few to hold some out, logistic
    regression with a large C learns more: ``loss="log_loss", C=100``.

    Corpora that do not fit in memory are read from files by `fit_files`, or passed to `partial_fit`
    in batches.

    Parameters
    ----------
    C : float or "auto", default="auto"
        Inverse of the regularisation strength, in (0, inf). "auto" is 0.1 for the squared hinge,
        and 2.0 for the logistic loss, which is also that of `partial_fit`.
    loss : {"squared_hinge", "log_loss"}, default="squared_hinge"
        A linear SVM with calibrated probabilities, or logistic regression, as in
        `MultilabelLogisticRegression`.
    class_weight : None, "balanced" or dict of {str: float}, default=None
        Factors of the weights, as in `MultilabelLogisticRegression`.
    min_df, max_df : int, float or dict of {str: float}, default=1e-4 and 1.0
        Minimum and maximum number of documents with a term: a count, or a share in [0, 1]. A dict
        gives that of each analyzer. 1e-4 keeps each term of up to 10,000 documents, and bounds the
        size of the model with more.
    ngram_range : tuple of (int, int) or dict of {str: tuple}, default=(1, 2)
        Shortest and longest n-grams that become features. A dict gives those of each analyzer.
    sublinear_tf : bool, default=True
        Replace the count tf of a term by 1 + log(tf).
    max_features : int, dict of {str: int} or None, default=None
        Keep only the most frequent terms, at most this many. A dict gives that of each analyzer.
    lowercase : bool, default=True
        Convert the texts to lower case first.
    strip_accents : {"ascii", "unicode"}, callable or None, default=None
        Remove accents first.
    stop_words : {"english"}, list of str or None, default=None
        Words to leave out.
    token_pattern : str or None, default=r"(?u)\w+|[^\w\s]"
        Regular expression of a word. The default takes words of one letter and punctuation marks
        too, other than scikit-learn.
    analyzer : {"word", "char", "char_wb"}, callable or tuple of str, default="word"
        Whether features are n-grams of words or of characters. A tuple of names, such as
        ``("word", "char_wb")``, takes all of them side by side, as scikit-learn's FeatureUnion.
    analyzer_weights : dict of {str: float} or None, default=None
        Factor of the features of each analyzer of a tuple, in (0, inf); None means 1.
    labels : list of str or None, default=None
        Names and order of the labels; None takes those of y. One without positives is never given.
    threshold : float, array-like of shape (n_labels,) or dict of {str: float}, default=0.5
        A label is given where its probability exceeds this, in [0, 1].
    prune : float, default=0.0
        Weights of at most this absolute value are set to 0, as in `MultilabelLogisticRegression`.
    tol : float or "auto", default="auto"
        Stopping tolerance of the solver, as in `MultilabelLogisticRegression`.
    max_iter : int, default=1000
        Maximum number of passes of the solver over the data, at least 1.
    n_jobs : int or None, default=None
        Number of threads, as in `MultilabelLogisticRegression`.
    random_state : int, RandomState instance or None, default=None
        Order in which the solver visits the rows, if it is a dual solver.

    Attributes
    ----------
    vectorizer_ : TfidfVectorizer or TfidfUnion
        The fitted vectorizer; a union for a tuple of analyzers.
    classifier_ : MultilabelLogisticRegression
        The fitted classifier of its features.
    coef_ : ndarray of shape (n_labels, n_features), dtype float64
        Weights of `classifier_`; a CSR array with `prune` above 0.
    intercept_ : ndarray of shape (n_labels,), dtype float64
        Intercepts of `classifier_`.
    n_iter_ : ndarray of shape (n_labels,), dtype int64
        Passes of the solver; 0 for a label constant in training.
    classes_ : ndarray of shape (n_labels, 2), or (2,) for a 1-D y
        The codes of "no" and "yes" of each label.
    label_names_ : ndarray of shape (n_labels,), dtype object
        Names of the labels, each a str.
    thresholds_ : ndarray of shape (n_labels,), dtype float64
        The threshold of each label.

    See Also
    --------
    TfidfLogRegTaggerCV : Finds C by cross-validation. It computes the features once per fold,
        where GridSearchCV over this tagger computes them again for every C.

    Examples
    --------
    >>> from skmultitext import TfidfLogRegTagger
    >>> from skmultitext.datasets import load_support_tickets
    >>> tickets = load_support_tickets()
    >>> tagger = TfidfLogRegTagger(random_state=0).fit(tickets.data, tickets.label_sets)
    >>> tagger.predict_labels(["I was charged twice, please refund me"])
    [('billing', 'refund')]
    """

    _parameter_constraints = {
        **SOLVER_CONSTRAINTS,
        "C": [*SOLVER_CONSTRAINTS["C"], StrOptions({"auto"})],
    }
    vectorizer_: TfidfVectorizer | TfidfUnion
    classifier_: MultilabelLogisticRegression

    def __init__(
        self,
        C: float | Literal["auto"] = "auto",
        *,
        loss: str = "squared_hinge",
        class_weight: ClassWeight = None,
        min_df: float | dict[str, float] = 1e-4,
        max_df: float | dict[str, float] = 1.0,
        ngram_range: tuple[int, int] | dict[str, tuple[int, int]] = WORDS_AND_PAIRS,
        sublinear_tf: bool = True,
        max_features: int | dict[str, int] | None = None,
        lowercase: bool = True,
        strip_accents: str | Callable[[str], str] | None = None,
        stop_words: str | list[str] | None = None,
        token_pattern: str | None = WORDS_AND_MARKS,
        analyzer: str | Callable[[str], Iterable[str]] | Sequence[str] = "word",
        analyzer_weights: dict[str, float] | None = None,
        labels: LabelNames | None = None,
        threshold: Threshold = 0.5,
        prune: float = 0.0,
        tol: float | Literal["auto"] = "auto",
        max_iter: int = 1000,
        n_jobs: int | None = None,
        random_state: RandomState = None,
    ) -> None:
        self.C = C
        self.loss = loss
        self.class_weight = class_weight
        self.min_df = min_df
        self.max_df = max_df
        self.ngram_range = ngram_range
        self.sublinear_tf = sublinear_tf
        self.max_features = max_features
        self.lowercase = lowercase
        self.strip_accents = strip_accents
        self.stop_words = stop_words
        self.token_pattern = token_pattern
        self.analyzer = analyzer
        self.analyzer_weights = analyzer_weights
        self.labels = labels
        self.threshold = threshold
        self.prune = prune
        self.tol = tol
        self.max_iter = max_iter
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _fit_engine(self, data: TrainingData) -> dict[str, Any]:
        return self._fit_parts(data)

    def _prepared(
        self, classifier: MultilabelLogisticRegression, **settings: Any
    ) -> MultilabelLogisticRegression:
        """Set the parameters that the classifier shares with the tagger, and further ones."""
        self._share_parameters(classifier).set_params(**settings)
        if classifier.C == "auto":
            classifier.set_params(C=USUAL_C[classifier.loss])
        return classifier

    def _fit_parts(self, data: TrainingData, **settings: Any) -> dict[str, Any]:
        """Fit vectorizer and classifier; `settings` are further parameters of the classifier."""
        vectorizer = self._make_vectorizer()
        features = vectorizer.fit_transform(data.X, sample_weight=data.sample_weight)
        classifier = self._prepared(MultilabelLogisticRegression(), **settings)
        classifier._fit_checked(replace(data, X=features, options={"own_words": True}))
        return {"vectorizer_": vectorizer, "classifier_": classifier}

    @available_if(partial(check_has_C, method="partial_fit"))
    def partial_fit(
        self, X: Documents, y: Labels, classes: Any = None, sample_weight: Weights = None
    ) -> Self:
        """Train on more documents, in one pass.

        The first call, or `fit`, determines the vocabulary and the inverse document frequencies.
        Later calls keep them and ignore other words, so the first batch should be a large random
        sample. On GoEmotions, 43,410 texts in random order in batches of 2,000, one pass gave a
        micro-F1 of 0.471 and a macro-F1 of 0.325; the vocabulary of all texts gave 0.480 and 0.336,
        hashed words 0.469 and 0.306, and `fit` 0.471 and 0.334. Unlike hashed words, the features
        have names.

        The classifier then learns as in `MultilabelLogisticRegression.partial_fit`: whatever `loss`
        is, with the logistic loss, and with its C if that is "auto". Weights are changed in place:
        unlike during `fit`, no other thread may predict with the same tagger meanwhile. Predict
        with a copy (`copy.deepcopy`) there.

        Parameters
        ----------
        X : sequence of str
            Documents, in random order.
        y : array-like, sparse matrix, DataFrame or sequence of label sets
            Labels in any form that `fit` takes; the same form in every call.
        classes : array-like of shape (n_labels,) or (2,), default=None
            All labels, for the first call: all label names of label sets, one name per column of
            an indicator, or the two codes of a 1-D y or of a single column. None if the parameter
            `labels` is set, or if the first y contains every label.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.

        Returns
        -------
        self
            The tagger, trained on this batch too.

        Raises
        ------
        ValueError
            If X, y, classes or a parameter is not legal, `prune` is above 0, or `class_weight` is
            "balanced", which needs all labels at once. The tagger is as it was before.

        Examples
        --------
        >>> from skmultitext import TfidfLogRegTagger
        >>> tagger = TfidfLogRegTagger(labels=["delivery", "refund"])
        >>> batches = [
        ...     (["refund my lamp", "hello", "my parcel is late"], [["refund"], [], ["delivery"]]),
        ...     (["refund the parcel", "late again"], [["refund"], ["delivery"]]),
        ... ]
        >>> for texts, labels in batches:
        ...     tagger = tagger.partial_fit(texts, labels)
        >>> tagger.predict_labels(["a late parcel"])
        [('delivery',)]
        """
        with transaction(self) as draft:
            draft._learn_part(X, y, classes, sample_weight)
        return self

    def _fit_part(
        self, data: TrainingData, constants: FloatArray, *, first: bool
    ) -> dict[str, Any]:
        if first:
            vectorizer = self._make_vectorizer()
            features = vectorizer.fit_transform(data.X, sample_weight=data.sample_weight)
            classifier = MultilabelLogisticRegression()
        else:
            vectorizer = self.vectorizer_
            features = vectorizer.transform(data.X)
            classifier = snapshot(self.classifier_)
        self._prepared(classifier, loss="log_loss")
        classifier._learn_checked(replace(data, X=features), first=first)
        return {"vectorizer_": vectorizer, "classifier_": classifier}

    def _fit_added(self, part: Self, data: TrainingData) -> None:
        classifier = part._prepared(MultilabelLogisticRegression(self.classifier_.C))
        features = self.vectorizer_.transform(data.X)
        own_words = bool(features.getnnz(axis=0).all())  # as if fitted on these documents
        classifier._fit_checked(replace(data, X=features, options={"own_words": own_words}))
        part._set_state(data, {"classifier_": classifier})

    def _change_models(self, kept: IntArray, added: Self | None) -> dict[str, Any]:
        classifier = snapshot(self.classifier_)
        classifier._set_models(kept, None if added is None else added.classifier_)
        return {"classifier_": classifier}

    def _set_labels(self, space: LabelSpace) -> None:
        super()._set_labels(space)
        self.classifier_ = snapshot(self.classifier_)
        self.classifier_._set_labels(space)

    fit_files = available_if(fits_files)(fit_files)
    predict_files = predict_files

    def _logits(self, documents: list[str]) -> FloatArray:
        return self.classifier_._logits(self.vectorizer_.transform(documents))

    def to_onnx(self, directory: str | os.PathLike[str]) -> None:
        r"""Write the tagger as ONNX: from texts to probabilities, without Python.

        ``model.onnx`` takes "texts", strings of shape (n_texts,), at least one, and returns
        "logits" and "probabilities", float64 of shape (n_texts, n_labels), those of
        `decision_function` and `predict_proba`; for a 1-D y those of its second class. Its metadata
        has "label_names" and "thresholds", lists as JSON. It runs in ONNX Runtime 1.20 or newer
        without any library of further operators; characters are those of this Python's Unicode.

        Parameters
        ----------
        directory : str or os.PathLike
            Created if it does not exist.

        Raises
        ------
        ValueError
            If ONNX has no counterpart of a parameter: if `analyzer` or `strip_accents` is callable,
            or `token_pattern` is neither a run of at least so many characters of one class, such as
            ``r"\S+"`` or ``r"[a-z]{3,}"``, with or without ``\b`` at its ends, nor a run or else
            one character of another class, such as the default.
        FileExistsError
            If the directory has a config.json, which belongs to another kind of model.
        MissingExtraError
            If onnx is not installed (extra ``onnx``).
        NotFittedError
            If the tagger is not fitted.

        Examples
        --------
        >>> import json, tempfile
        >>> import numpy as np
        >>> import onnxruntime
        >>> from skmultitext import TfidfLogRegTagger
        >>> texts = ["refund my lamp", "my parcel is late", "late lamp, refund please", "hello"]
        >>> labels = [["refund"], ["delivery"], ["delivery", "refund"], []]
        >>> directory = tempfile.TemporaryDirectory()
        >>> TfidfLogRegTagger(C=100, loss="log_loss").fit(texts, labels).to_onnx(directory.name)
        >>> session = onnxruntime.InferenceSession(f"{directory.name}/model.onnx")
        >>> new_texts = np.array(["please refund my late lamp"], dtype=object)
        >>> (proba,) = session.run(["probabilities"], {"texts": new_texts})
        >>> metadata = session.get_modelmeta().custom_metadata_map
        >>> proba > json.loads(metadata["thresholds"])
        array([[ True,  True]])
        >>> json.loads(metadata["label_names"])
        ['delivery', 'refund']
        >>> directory.cleanup()
        """
        state = snapshot(self)
        check_is_fitted(state)
        from ._onnx import export_texts

        export_texts(state, directory)

    def get_feature_names_out(self, input_features: None = None) -> AnyArray:
        """Name the features: the terms in the order of the columns of `coef_`.

        Parameters
        ----------
        input_features : None
            Ignored; there for scikit-learn's convention.

        Returns
        -------
        ndarray of shape (n_features,), dtype object
            Terms, each a str.

        Raises
        ------
        NotFittedError
            If the tagger is not fitted.
        """
        check_is_fitted(self)
        return self.vectorizer_.get_feature_names_out()

    @property
    def coef_(self) -> Any:
        """Weights of the terms, ndarray of shape (n_labels, n_features), dtype float64."""
        return self.classifier_.coef_

    @property
    def intercept_(self) -> FloatArray:
        """Intercepts, ndarray of shape (n_labels,), dtype float64."""
        return self.classifier_.intercept_

    @property
    def n_iter_(self) -> IntArray:
        """Passes of the solver, ndarray of shape (n_labels,), dtype int64."""
        return self.classifier_.n_iter_

    def __sklearn_tags__(self) -> Tags:
        """Declare the kinds of y that scikit-learn's tools may pass."""
        tags: Any = super().__sklearn_tags__()
        tags.target_tags.allow_nan = True
        tags.target_tags.independent_labels = True
        return tags
