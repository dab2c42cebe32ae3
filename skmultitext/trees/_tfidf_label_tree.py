"""TF-IDF features and label trees: texts in, labels out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Literal

from .._gate.samples import TrainingData
from .._gate.types import FloatArray, IntArray, LabelNames, RandomState, Threshold
from ..base import BaseTextTagger
from ..feature_extraction import TfidfUnion, TfidfVectorizer
from ..linear._tfidf_features import TfidfFeatures
from ._label_tree import TREE_CONSTRAINTS, BeamTagger, LabelTreeTagger


class TfidfLabelTreeTagger(TfidfFeatures, BeamTagger, BaseTextTagger):
    r"""TF-IDF features and trees of linear models: tens of thousands of labels, from texts.

    The features are those of `TfidfLogRegTagger`, the trees those of `LabelTreeTagger`. By default
    they are words alone, without pairs and marks: the weights of very many labels have to fit in
    memory.

    Parameters
    ----------
    C : float, default=1.0
        Inverse of the regularisation strength, in (0, inf); with the log loss 10 to 100 are better.
    loss : {"squared_hinge", "log_loss"}, default="squared_hinge"
        The nodes are linear SVMs with calibrated probabilities, or logistic regressions.
    n_trees : int, default=1
        Number of trees, at least 1, each from clusters with other starting points. Three gain up
        to a point of precision, and take three times the time and memory.
    branching_factor : int, default=16
        Maximum number of children of a node above the leaves, in [2, 65536]. The solver fits up to
        16 children at once, so fewer save no time.
    max_leaf : int, default=100
        Maximum number of labels of a leaf, in [2, 65536].
    beam_width : int, default=10
        Number of nodes to follow on each level, at least 1.
    min_df, max_df : int, float or dict of {str: float}, default=1 and 1.0
        Minimum and maximum number of documents with a term: a count, or a share in [0, 1]. A dict
        gives that of each analyzer.
    ngram_range : tuple of (int, int) or dict of {str: tuple}, default=(1, 1)
        Shortest and longest n-grams that become features. A dict gives those of each analyzer.
    sublinear_tf : bool, default=False
        Replace the count tf of a term by 1 + log(tf).
    max_features : int, dict of {str: int} or None, default=None
        Keep only the most frequent terms, at most this many. A dict gives that of each analyzer.
    lowercase : bool, default=True
        Convert the texts to lower case first.
    strip_accents : {"ascii", "unicode"}, callable or None, default=None
        Remove accents first.
    stop_words : {"english"}, list of str or None, default=None
        Words to leave out.
    token_pattern : str or None, default=r"(?u)\b\w\w+\b"
        Regular expression of a word.
    analyzer : {"word", "char", "char_wb"}, callable or tuple of str, default="word"
        Whether features are n-grams of words or of characters. A tuple of names, such as
        ``("word", "char_wb")``, takes all of them side by side, as scikit-learn's FeatureUnion.
    analyzer_weights : dict of {str: float} or None, default=None
        Factor of the features of each analyzer of a tuple, in (0, inf); None means 1.
    labels : list of str or None, default=None
        Names and order of the labels; None takes those of y. One without positives is never given.
    threshold : float, array-like of shape (n_labels,) or dict of {str: float}, default=0.5
        A label is given where its probability exceeds this, in [0, 1].
    prune : float or "auto", default="auto"
        Weights of at most this absolute value are set to 0; in [0, inf). "auto" is 0.1 divided by
        the root mean square of the lengths of the rows, and 0 where a tree is one-vs-rest. Unlike
        in `MultilabelLogisticRegression` the default prunes: the weights of so many labels would
        not fit in memory.
    tol : float or "auto", default="auto"
        Stopping tolerance of the solver, as in `MultilabelLogisticRegression`; "auto" is 1e-9 for
        up to 2,000 documents; for more 0.1, or 0.01 with the log loss.
    max_iter : int, default=1000
        Maximum number of passes of the solver over the data, at least 1.
    n_jobs : int or None, default=None
        Number of threads, which fit different nodes and search different documents; None means 1
        unless in a `joblib.parallel_config` context, -1 all processors.
    random_state : int, RandomState instance or None, default=None
        Starting points of the clusters, and the order in which the solver visits the rows.

    Attributes
    ----------
    vectorizer_ : TfidfVectorizer or TfidfUnion
        The fitted vectorizer; a union for a tuple of analyzers.
    classifier_ : LabelTreeTagger
        The fitted trees. Set its `beam_width` and `n_jobs` to change the search after the fit.
    n_iter_ : ndarray of shape (n_children,), dtype int64
        Passes of the solver for each child of each node, level by level.
    classes_ : ndarray of shape (n_labels, 2), or (2,) for a 1-D y
        The codes of "no" and "yes" of each label.
    label_names_ : ndarray of shape (n_labels,), dtype object
        Names of the labels, each a str.
    thresholds_ : ndarray of shape (n_labels,), dtype float64
        The threshold of each label.

    See Also
    --------
    TfidfLogRegTagger : One-vs-rest, for up to a few thousand labels.

    Examples
    --------
    >>> from skmultitext import TfidfLabelTreeTagger
    >>> from skmultitext.datasets import make_multilabel_text
    >>> texts, y = make_multilabel_text(
    ...     3000, n_labels=500, label_distribution="zipf", random_state=0, return_X_y=True
    ... )
    >>> tagger = TfidfLabelTreeTagger(random_state=0).fit(texts[:2500], y[:2500])
    >>> labels, proba = tagger.predict_topk(texts[2500:], k=3)
    >>> labels.shape
    (500, 3)
    """

    _parameter_constraints = TREE_CONSTRAINTS
    vectorizer_: TfidfVectorizer | TfidfUnion
    classifier_: LabelTreeTagger

    def __init__(
        self,
        C: float = 1.0,
        *,
        loss: str = "squared_hinge",
        n_trees: int = 1,
        branching_factor: int = 16,
        max_leaf: int = 100,
        beam_width: int = 10,
        min_df: float | dict[str, float] = 1,
        max_df: float | dict[str, float] = 1.0,
        ngram_range: tuple[int, int] | dict[str, tuple[int, int]] = (1, 1),
        sublinear_tf: bool = False,
        max_features: int | dict[str, int] | None = None,
        lowercase: bool = True,
        strip_accents: str | Callable[[str], str] | None = None,
        stop_words: str | list[str] | None = None,
        token_pattern: str | None = r"(?u)\b\w\w+\b",
        analyzer: str | Callable[[str], Iterable[str]] | Sequence[str] = "word",
        analyzer_weights: dict[str, float] | None = None,
        labels: LabelNames | None = None,
        threshold: Threshold = 0.5,
        prune: float | Literal["auto"] = "auto",
        tol: float | Literal["auto"] = "auto",
        max_iter: int = 1000,
        n_jobs: int | None = None,
        random_state: RandomState = None,
    ) -> None:
        self.C = C
        self.loss = loss
        self.n_trees = n_trees
        self.branching_factor = branching_factor
        self.max_leaf = max_leaf
        self.beam_width = beam_width
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
        vectorizer = self._make_vectorizer()
        features = vectorizer.fit_transform(data.X, sample_weight=data.sample_weight)
        classifier = self._share_parameters(LabelTreeTagger())
        classifier._fit_checked(replace(data, X=features, options={"own_words": True}))
        return {"vectorizer_": vectorizer, "classifier_": classifier}

    def _n_scored(self) -> int:
        return self.classifier_._n_scored()

    def _logits(self, documents: list[str]) -> FloatArray:
        return self.classifier_._logits(self.vectorizer_.transform(documents))

    def _proba_of(self, documents: list[str]) -> Any:
        return self.classifier_._proba_of(self.vectorizer_.transform(documents))

    def _decisions_of(self, documents: list[str]) -> Any:
        features = self.vectorizer_.transform(documents)
        return self.classifier_._decide(features, self.thresholds_)

    def _best_of(self, documents: list[str], k: int) -> tuple[IntArray, FloatArray]:
        return self.classifier_._best_of(self.vectorizer_.transform(documents), k)

    @property
    def n_iter_(self) -> IntArray:
        """Passes of the solver, ndarray of shape (n_children,), dtype int64."""
        return self.classifier_.n_iter_
