"""TF-IDF and one linear model per label, whose C is found by cross-validation."""

from numbers import Integral
from warnings import catch_warnings, simplefilter

import numpy as np
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import HasMethods, Interval

from ..exceptions import RareLabelWarning
from ..feature_extraction import TfidfVectorizer
from ..metrics import get_scorer
from ..model_selection import MultilabelStratifiedKFold
from ._logistic_regression import SOLVER_CONSTRAINTS, MultilabelLogisticRegression, check_candidates
from ._tfidf_logreg import TfidfLogRegTagger

_N_SPLITS = 5
_DIGITS = 12  # scores that agree so far tie: the rest is the order in which numbers were added


class TfidfLogRegTaggerCV(TfidfLogRegTagger):
    r"""`TfidfLogRegTagger` that finds its C by cross-validation: texts in, labels out.

    The features of a fold are made once, and its taggers fitted from the smallest C to the largest,
    each from the solution before, as by `MultilabelLogisticRegression.fit_path`; then one tagger is
    fitted on all documents with the best C. GridSearchCV over `TfidfLogRegTagger` finds the same,
    but makes the features again for every C.

    Parameters
    ----------
    Cs : array-like of shape (n_candidates,), default=(0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
        Values of C to choose from, in (0, inf). Of values that score the same the first is taken.
    cv : int, splitter or None, default=None
        Number of stratified folds, at least 2, None for 5; or a splitter with a method `split`.
        Folds by number keep equal documents with equal labels together, so that an integer
        `sample_weight` stays equal to repetition.
    scoring : str or callable, default="f1_micro"
        A name that `skmultitext.metrics.get_scorer` knows, or a scorer
        ``scoring(tagger, X, y)`` of features X, greater is better; with weights it is called
        with ``sample_weight=`` as well.
    loss : {"log", "squared_hinge"}, default="log"
        Logistic regression, or a linear SVM with calibrated probabilities, as in
        `MultilabelLogisticRegression`.
    class_weight : None, "balanced" or dict of {str: float}, default=None
        Factors of the weights, as in `MultilabelLogisticRegression`.
    min_df, max_df : int or float, default=1 and 1.0
        Fewest and most documents that a term may stand in: a count, or a share in [0, 1].
    ngram_range : tuple of (int, int), default=(1, 1)
        Shortest and longest n-grams that become features.
    sublinear_tf : bool, default=False
        Replace the count tf of a term by 1 + log(tf).
    max_features : int or None, default=None
        Keep only the most frequent terms, at most this many.
    lowercase : bool, default=True
        Lower the case of the texts first.
    strip_accents : {"ascii", "unicode"}, callable or None, default=None
        Remove accents first.
    stop_words : {"english"}, list of str or None, default=None
        Words to leave out.
    token_pattern : str or None, default=r"(?u)\b\w\w+\b"
        Regular expression of a word.
    analyzer : {"word", "char", "char_wb"} or callable, default="word"
        Whether features are n-grams of words or of characters.
    threshold : float, array-like of shape (n_labels,) or dict of {str: float}, default=0.5
        A label is given where its probability exceeds this, in [0, 1].
    prune : float, default=0.0
        Weights up to this in absolute value become 0, as in `MultilabelLogisticRegression`.
    tol : float or "auto", default="auto"
        Stopping tolerance of the solver, as in `MultilabelLogisticRegression`. "auto" compares the
        candidates on many documents at three times the tolerance of the final fit.
    max_iter : int, default=1000
        Most passes of the solver over the data, at least 1.
    n_jobs : int or None, default=None
        Labels fitted at the same time, in threads, as in `MultilabelLogisticRegression`.
    random_state : int, RandomState instance or None, default=None
        Order in which the solver visits the rows; other than None it also shuffles the documents
        before they are dealt to the folds.

    Attributes
    ----------
    C_ : float
        The best C.
    best_score_ : float
        Mean score of the best C over the folds.
    cv_results_ : dict of ndarray of shape (n_candidates,), dtype float64
        By candidate, in the order of `Cs`: "C", "mean_test_score", "std_test_score" and, for each
        fold k, "split<k>_test_score".
    vectorizer_ : TfidfVectorizer
        The fitted vectorizer.
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
        "cv": [Interval(Integral, 2, None, closed="left"), HasMethods(["split"]), None],
        "scoring": [str, callable],
    }

    def __init__(
        self,
        Cs=(0.1, 0.3, 1.0, 3.0, 10.0, 30.0),
        *,
        cv=None,
        scoring="f1_micro",
        loss="log",
        class_weight=None,
        min_df=1,
        max_df=1.0,
        ngram_range=(1, 1),
        sublinear_tf=False,
        max_features=None,
        lowercase=True,
        strip_accents=None,
        stop_words=None,
        token_pattern=r"(?u)\b\w\w+\b",
        analyzer="word",
        threshold=0.5,
        prune=0.0,
        tol="auto",
        max_iter=1000,
        n_jobs=None,
        random_state=None,
    ):
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
        self.threshold = threshold
        self.prune = prune
        self.tol = tol
        self.max_iter = max_iter
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _fit_engine(self, documents, indicator, space, sample_weight):
        Cs = check_candidates(self.Cs)
        if isinstance(self.cv, str | type):  # both have a method `split`
            raise ValueError(f"cv is {self.cv!r}; pass an int of at least 2, or a splitter.")
        scorer = get_scorer(self.scoring)
        scores = np.array(
            [
                self._score_path(documents, indicator, space, sample_weight, Cs, scorer, *split)
                for split in self._split(documents, indicator, space)
            ]
        )
        if not np.isfinite(scores).all():
            raise ValueError(
                f"scoring={self.scoring!r} gave {scores[~np.isfinite(scores)][0]}; it must give a "
                f"finite number for each fold. Choose another scorer, or fewer folds."
            )
        mean = scores.mean(axis=0)
        best = int(np.argmax(np.round(mean, _DIGITS)))
        fitted = super()._fit_engine(documents, indicator, space, sample_weight, C=Cs[best])
        results = {"C": np.array(Cs), "mean_test_score": mean, "std_test_score": scores.std(axis=0)}
        results.update({f"split{k}_test_score": fold for k, fold in enumerate(scores)})
        return {
            **fitted,
            "C_": Cs[best],
            "best_score_": float(mean[best]),
            "cv_results_": results,
        }

    def _split(self, documents, indicator, space):
        """List the training and test rows of each fold."""
        if hasattr(self.cv, "split"):
            return list(self.cv.split(documents, space.decode(indicator)))
        seed = self.random_state
        shuffled = {} if seed is None else {"shuffle": True, "random_state": seed}
        splitter = MultilabelStratifiedKFold(self.cv or _N_SPLITS, **shuffled)
        labels = indicator.tocsr() if hasattr(indicator, "tocsr") else indicator
        keys = {}
        of_row = np.array(
            [
                keys.setdefault((document, _positives(labels, i)), len(keys))
                for i, document in enumerate(documents)
            ]
        )
        firsts = np.unique(of_row, return_index=True)[1]
        if len(firsts) < splitter.n_splits:
            raise ValueError(
                f"cv is {splitter.n_splits}, but X and y have only {len(firsts)} different rows of "
                f"weight above 0. Pass a smaller cv, or more documents."
            )
        with catch_warnings():
            # a label that some fold lacks does not stop the choice of one C for all
            simplefilter("ignore", RareLabelWarning)
            parts = list(splitter.split(firsts, labels[firsts]))
        tests = [np.isin(of_row, test) for _, test in parts]
        return [(np.flatnonzero(~test), np.flatnonzero(test)) for test in tests]

    def _score_path(self, documents, indicator, space, sample_weight, Cs, scorer, train, test):
        """Score the taggers of all Cs on one fold."""
        weight = None if sample_weight is None else sample_weight[train]
        options = {} if sample_weight is None else {"sample_weight": sample_weight[test]}
        vectorizer = self._share_parameters(TfidfVectorizer())
        features = vectorizer.fit_transform(_safe_indexing(documents, train), sample_weight=weight)
        unseen = vectorizer.transform(_safe_indexing(documents, test))
        truth = space.decode(indicator[test])
        classifier = self._share_parameters(MultilabelLogisticRegression())
        if self.tol == "auto":
            classifier.set_params(tol="coarse")
        scores = np.empty(len(Cs))
        for place, fitted in classifier._walk_path(features, indicator[train], space, weight, Cs):
            scores[place] = scorer(fitted, unseen, truth, **options)
        return scores


def _positives(labels, i):
    """Positions of the labels of row i, as bytes."""
    if hasattr(labels, "indptr"):
        return np.sort(labels.indices[labels.indptr[i] : labels.indptr[i + 1]]).tobytes()
    return labels[i].tobytes()
