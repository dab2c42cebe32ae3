"""TF-IDF and one linear model per label, with C chosen by cross-validation."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any, Literal, Self, TypeAlias

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn import get_config
from sklearn.utils import Tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing

from .._gate.containers import plain_rows
from .._gate.samples import TrainingData, n_rows, some_known, with_nan
from .._gate.types import (
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
from .._runtime.messages import shown
from .._runtime.progress import VERBOSE, FitProgress
from .._runtime.sklearn import HasMethods, safe_indexing
from .._runtime.threads import ignored_warnings, transaction
from ..exceptions import RareLabelWarning, UnknownLabelWarning
from ..metrics import get_scorer
from ..model_selection import MultilabelStratifiedKFold
from ..model_selection._split_inputs import list_splits, warn_of_groups
from ._logistic_regression import SOLVER_CONSTRAINTS, MultilabelLogisticRegression, check_candidates
from ._tfidf_features import WORDS_AND_MARKS, WORDS_AND_PAIRS
from ._tfidf_logreg import TfidfLogRegTagger

Splits: TypeAlias = Sequence[Sequence[IntArray]]

_N_SPLITS = 5
_DIGITS = 12  # further digits depend on the order of summation: such scores tie


class TfidfLogRegTaggerCV(TfidfLogRegTagger):
    r"""`TfidfLogRegTagger` that chooses C by cross-validation: texts in, labels out.

    The features of each fold are computed once. Taggers are fitted from the smallest C to the
    largest, each starting from the previous solution, as in
    `MultilabelLogisticRegression.fit_path`. Then one tagger is fitted on all documents with the
    best C. GridSearchCV over `TfidfLogRegTagger` finds the same C, but computes the features again
    for every C.

    Parameters
    ----------
    Cs : array-like of shape (n_candidates,), default=(0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
        Values of C to choose from, in (0, inf). The first of several equally good values is chosen.
    cv : int, splitter, iterable or None, default=None
        Number of stratified folds, at least 2, None for 5; a splitter with a method `split`; or
        an iterable of pairs (train, test) of row numbers. A generator can be used for one fit.
        Folds by number keep equal documents with equal labels together, so that an integer
        `sample_weight` stays equal to repetition.
    scoring : str or callable, default="f1_micro"
        A name that `skmultitext.metrics.get_scorer` knows, or a scorer
        ``scoring(tagger, X, y)`` of features X, greater is better; with weights it is called
        with ``sample_weight=`` as well.
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
        Stopping tolerance of the solver, as in `MultilabelLogisticRegression`. "auto" compares the
        candidates on many documents at three times the tolerance of the final fit.
    max_iter : int, default=1000
        Maximum number of passes of the solver over the data, at least 1.
    n_jobs : int or None, default=None
        Number of threads, as in `MultilabelLogisticRegression`.
    random_state : int, RandomState instance or None, default=None
        Order in which the solver visits the rows, if it is a dual solver. Other than None it also
        shuffles the documents before they are dealt to the folds.
    verbose : {0, 1, 2}, default=0
        1 shows fold, candidate, its score and the time left in one line, 2 prints a line per
        candidate and fold.

    Attributes
    ----------
    C_ : float
        The best C.
    best_score_ : float
        Mean score of the best C over the folds.
    cv_results_ : dict of ndarray of shape (n_candidates,), dtype float64
        By candidate, in the order of `Cs`: "C", "mean_test_score", "std_test_score" and, for each
        fold k, "split<k>_test_score".
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

    Examples
    --------
    >>> from skmultitext import TfidfLogRegTaggerCV
    >>> from skmultitext.datasets import load_support_tickets
    >>> tickets = load_support_tickets()
    >>> tagger = TfidfLogRegTaggerCV(Cs=[0.1, 1, 10, 100], cv=3, random_state=0)
    >>> tagger.fit(tickets.data, tickets.label_sets).C_
    100.0
    """

    _parameter_constraints = {
        **{name: what for name, what in SOLVER_CONSTRAINTS.items() if name != "C"},
        "cv": ["cv_object", HasMethods(["split"])],
        "scoring": [str, callable],
        "verbose": VERBOSE,
    }
    _n_parts = 2  # the folds, the fit on all documents

    def __init__(
        self,
        Cs: npt.ArrayLike = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
        *,
        cv: Any = None,
        scoring: str | Callable[..., float] = "f1_micro",
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
        verbose: int = 0,
    ) -> None:
        self.Cs = Cs
        self.cv = cv
        self.scoring = scoring
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
        self.verbose = verbose

    def fit(self, X: Documents, y: Labels, sample_weight: Weights = None, **params: Any) -> Self:
        """Choose C by cross-validation, and fit with it.

        Parameters
        ----------
        X : sequence of str
            Training documents.
        y : array-like, sparse matrix, DataFrame or sequence of label sets
            Labels, in any form that `TfidfLogRegTagger.fit` takes, also with NaN.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the documents, also used to score the candidates.
        **params : dict
            Parameters of the splitter's `split`: `groups`, array-like of shape (n_samples,), or
            with metadata routing what the splitter requests.

        Returns
        -------
        self
            The fitted tagger.

        Raises
        ------
        ValueError
            If X, y, sample_weight, groups or a parameter is not legal. An earlier fit is kept.
        """
        with transaction(self) as draft:
            data = draft._check_data(X, y, sample_weight)
            rows, n_all = _rows_that_count(data, y, sample_weight)
            params = draft._params_of_split(params, rows, n_all)
            splits = draft._split(data, rows, n_all, params)
            draft._fit_checked(replace(data, options={"splits": splits}))
        return self

    def _params_of_split(
        self, params: Mapping[str, Any], rows: IntArray, n_all: int
    ) -> dict[str, Any]:
        """Select the parameters of the splitter, without rows of weight 0."""
        if get_config()["enable_metadata_routing"]:
            params = process_routing(self, "fit", **params).splitter.split if params else {}
        elif params.keys() - {"groups"}:
            unknown = min(params.keys() - {"groups"})
            raise TypeError(f"fit() got an unexpected keyword argument {shown(unknown)}")
        selected = {}
        for name, value in params.items():
            if value is None:
                continue
            values: Any = plain_rows(value)
            if len(values) != n_all:
                raise ValueError(
                    f"{name} has {len(values)} rows, but X has {n_all}. Pass one row of {name} "
                    f"per document."
                )
            selected[name] = safe_indexing(values, rows)
        return selected

    def get_metadata_routing(self) -> MetadataRouter:
        """Return which metadata the tagger and its splitter request.

        Returns
        -------
        MetadataRouter
            The router that scikit-learn's metadata routing uses.
        """
        router = MetadataRouter(owner=self).add_self_request(self)
        if hasattr(self.cv, "split"):
            mapping = MethodMapping().add(caller="fit", callee="split")
            router.add(splitter=self.cv, method_mapping=mapping)
        return router

    def __sklearn_tags__(self) -> Tags:
        """Declare the kinds of y that scikit-learn's tools may pass."""
        tags: Any = super().__sklearn_tags__()
        tags.target_tags.independent_labels = False  # one C for all labels
        return tags

    def _fit_engine(self, data: TrainingData) -> dict[str, Any]:
        Cs = check_candidates(self.Cs)
        scorer = get_scorer(self.scoring)
        progress = FitProgress(len(data.options["splits"]) * len(Cs) + 1, self.verbose)
        scores = self._score_folds(data, Cs, scorer, progress)
        if not np.isfinite(scores).all():
            raise ValueError(
                f"scoring={shown(self.scoring)} gave {scores[~np.isfinite(scores)][0]}; it must "
                f"give a finite number for each fold. Choose another scorer, or fewer folds."
            )
        mean = scores.mean(axis=0)
        best = int(np.argmax(np.round(mean, _DIGITS)))
        results = {"C": np.array(Cs), "mean_test_score": mean, "std_test_score": scores.std(axis=0)}
        results |= {f"split{k}_test_score": fold for k, fold in enumerate(scores)}
        progress.say(f"best C={Cs[best]:g}", f"{self._score_name()} {mean[best]:.4f}")
        with data.task.part("fit with the best C").running():
            parts = self._fit_parts(data, C=Cs[best])
        progress.say(f"fitted on all documents with C={Cs[best]:g}")
        return {
            **parts,
            "C_": Cs[best],
            "best_score_": float(mean[best]),
            "cv_results_": results,
        }

    def _split(
        self, data: TrainingData, rows: IntArray, n_all: int, params: dict[str, Any]
    ) -> Splits:
        """List the training and test rows of each fold, among the `rows` that count.

        An iterable `cv` numbers all `n_all` documents.
        """
        if isinstance(self.cv, str | type):  # both have a method `split`
            raise ValueError(f"cv is {shown(self.cv)}; pass an int of at least 2, or a splitter.")
        if hasattr(self.cv, "split"):
            return list_splits(self.cv, data.X, data.labels(), **params)
        if isinstance(self.cv, Iterable):
            splits = list_splits(self.cv, data.X, np.empty(n_all))
            place = np.full(n_all, -1)
            place[rows] = np.arange(len(rows))
            return [[place[side][place[side] >= 0] for side in split] for split in splits]
        warn_of_groups(MultilabelStratifiedKFold(2), params.get("groups"))
        return self._split_distinct(data)

    def _split_distinct(self, data: TrainingData) -> Splits:
        """Split by number of folds; equal documents with equal labels share a fold."""
        seed = self.random_state
        splitter = MultilabelStratifiedKFold(
            self.cv or _N_SPLITS, shuffle=seed is not None, random_state=seed
        )
        labels = data.indicator.tocsr() if sp.issparse(data.indicator) else data.indicator
        keys: dict[tuple[str, bytes], int] = {}
        of_row = np.array(
            [
                keys.setdefault((document, _entries(labels, i)), len(keys))
                for i, document in enumerate(data.X)
            ]
        )
        firsts = np.unique(of_row, return_index=True)[1]
        if len(firsts) < splitter.n_splits:
            raise ValueError(
                f"cv is {splitter.n_splits}, but X and y have only {len(firsts)} different rows of "
                f"weight above 0. Pass a smaller cv, or more documents."
            )
        # one C is chosen for all labels, so a label may be missing from a fold
        with ignored_warnings(category=RareLabelWarning):
            parts = list(splitter.split(firsts, with_nan(labels[firsts])))
        tests = [np.isin(of_row, test) for _, test in parts]
        return [(np.flatnonzero(~test), np.flatnonzero(test)) for test in tests]

    def _score_name(self) -> str:
        return self.scoring if isinstance(self.scoring, str) else "score"

    def _score_folds(
        self,
        data: TrainingData,
        Cs: Sequence[float],
        scorer: Callable[..., float],
        progress: FitProgress,
    ) -> FloatArray:
        """Score the taggers of all Cs on all folds, (n_folds, n_candidates)."""
        splits = data.options["splits"]
        scores = np.empty((len(splits), len(Cs)))
        folds = data.task.part("folds", len(splits))
        with folds.running():
            for k, split in enumerate(splits):
                fold = folds.part("fold", len(Cs))
                where = f"fold {k + 1}/{len(splits)}"
                scored = self._score_path(data, Cs, scorer, *split)
                with fold.running(), closing(scored):
                    for done in range(k * len(Cs) + 1, (k + 1) * len(Cs) + 1):
                        with fold.part("candidate").running():
                            place, scores[k, place] = next(scored)
                        figure = f"{self._score_name()} {scores[k, place]:.4f}"
                        progress.done(done, f"{where}, C={Cs[place]:g}", figure)
        return scores

    def _score_path(
        self,
        data: TrainingData,
        Cs: Sequence[float],
        scorer: Callable[..., float],
        train: IntArray,
        test: IntArray,
    ) -> Generator[tuple[int, float]]:
        """Score the taggers of all Cs on one fold; yield (index in Cs, score)."""
        weight = data.sample_weight
        own, options = (
            (None, {}) if weight is None else (weight[train], {"sample_weight": weight[test]})
        )
        vectorizer = self._make_vectorizer()
        features = vectorizer.fit_transform(safe_indexing(data.X, train), sample_weight=own)
        unseen = vectorizer.transform(safe_indexing(data.X, test))
        truth = data.labels(test)
        classifier = self._share_parameters(MultilabelLogisticRegression())
        # nothing need be known of a label in each fold: `fit` has warned of those of all documents
        with ignored_warnings(category=UnknownLabelWarning):
            fold = classifier._training_data(features, data.indicator[train], data.space, own)
            fold = replace(fold, options={"own_words": True})
            for place, fitted in classifier._fit_each(fold, Cs, coarse=True):
                yield place, scorer(fitted, unseen, truth, **options)


def _rows_that_count(data: TrainingData, y: Labels, sample_weight: Any) -> tuple[IntArray, int]:
    """Return the rows of weight above 0 with a known label, and the number of all rows."""
    n_all = n_rows(y)
    rows = np.arange(n_all)
    if np.ndim(sample_weight) == 1:
        rows = np.flatnonzero(np.asarray(sample_weight, dtype=np.float64))
    if len(rows) > data.n_samples:
        rows = rows[some_known(data.space.encode(y, allow_unknown=True)[rows])]
    return rows, n_all


def _entries(labels: Any, i: int) -> bytes:
    """Return the positive and the unknown labels of row i, as bytes."""
    if sp.issparse(labels):
        stored = slice(labels.indptr[i], labels.indptr[i + 1])
        return np.sort((labels.indices[stored] + 1) * labels.data[stored]).tobytes()
    return labels[i].tobytes()
