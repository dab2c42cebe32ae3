"""Linear taggers: one logistic regression per label, on features and on text."""

from numbers import Integral, Real

from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from .._label_parameters import resolve_class_weight
from ..base import CONSTANT_LOGIT, BaseFeatureTagger, BaseTextTagger
from ..feature_extraction import TfidfVectorizer
from ._logistic_engine import fit_labels

_SOLVER_CONSTRAINTS = {
    "C": [Interval(Real, 0, None, closed="neither")],
    "class_weight": [StrOptions({"balanced"}), dict, None],
    "threshold": [Real, "array-like", dict],
    "tol": [Interval(Real, 0, None, closed="neither"), StrOptions({"auto"})],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "n_jobs": [
        Interval(Integral, 1, None, closed="left"),
        Interval(Integral, None, -1, closed="right"),
        None,
    ],
    "random_state": ["random_state"],
}


class MultilabelLogisticRegression(BaseFeatureTagger):
    """L2-regularised logistic regression, one per label, on features.

    Every label minimises ``||w||^2 / 2 + b^2 / 2 + C * sum_i s_i log(1 + exp(-z_i (w x_i + b)))``
    with ``z_i`` in {-1, 1} and the weights ``s_i``; labels are fitted in parallel threads.

    Parameters
    ----------
    C : float, default=1.0
        Inverse of the regularisation strength, in (0, inf).
    class_weight : None, "balanced" or dict of {str: float}, default=None
        Factors of the weights: "balanced" gives the positives and the negatives of each label
        the same total; a dict gives the factor of a label's positives by label name (for a
        1-D y: of each class by its code). Factors lie in (0, inf).
    threshold : float, array-like of shape (n_labels,) or dict of {str: float}, default=0.5
        A label is given where its probability exceeds this, in [0, 1]. A dict is by label
        name; labels it does not name keep 0.5.
    tol : float or "auto", default="auto"
        Stopping tolerance of the solver, in (0, inf). "auto" is 0.01 where a dual solver stops
        early, less than 1e-6 (relative) above the optimal objective: for sparse X of more than
        2,000 rows whose rows are not too long for it (C times the squared length up to 1,000,
        as always for TF-IDF). It is 1e-8 elsewhere, in a primal solver.
    max_iter : int, default=1000
        Most passes of the solver over the data, at least 1.
    n_jobs : int or None, default=None
        Labels fitted at the same time, in threads; None means 1 unless in a
        `joblib.parallel_config` context, -1 all processors. The dual solver is ours, several
        times faster, where numba is installed (extra `fast`), else liblinear's, which fits
        labels one by one where `random_state` is set, to give the same model twice.
    random_state : int, RandomState instance or None, default=None
        Order in which the dual solver visits the rows.

    Attributes
    ----------
    coef_ : ndarray of shape (n_labels, n_features), dtype float64
        Weights. Zero for a label that is constant in training.
    intercept_ : ndarray of shape (n_labels,), dtype float64
        Intercepts; 16 or -16 for a constant label.
    n_iter_ : ndarray of shape (n_labels,), dtype int64
        Passes of the solver; 0 for a constant label.
    classes_ : ndarray of shape (n_labels, 2), or (2,) for a 1-D y
        The codes of "no" and "yes" of each label.
    label_names_ : ndarray of shape (n_labels,), dtype object
        Names of the labels, each a str.
    thresholds_ : ndarray of shape (n_labels,), dtype float64
        The threshold of each label.
    n_features_in_ : int
        Number of features.

    References
    ----------
    .. [1] H.-F. Yu, F.-L. Huang, C.-J. Lin, "Dual coordinate descent methods for logistic
       regression and maximum entropy models", Machine Learning 85, 2011.
    .. [2] C.-J. Lin, R. C. Weng, S. S. Keerthi, "Trust region Newton method for large-scale
       logistic regression", JMLR 9, 2008.

    Examples
    --------
    >>> from sklearn.datasets import make_multilabel_classification
    >>> from skmultitext import MultilabelLogisticRegression
    >>> X, y = make_multilabel_classification(random_state=0)
    >>> tagger = MultilabelLogisticRegression().fit(X, y)
    >>> tagger.predict(X[:2])
    array([[0, 0, 0, 1, 1],
           [0, 0, 1, 0, 0]])
    """

    _parameter_constraints = _SOLVER_CONSTRAINTS

    def __init__(
        self,
        C=1.0,
        *,
        class_weight=None,
        threshold=0.5,
        tol="auto",
        max_iter=1000,
        n_jobs=None,
        random_state=None,
    ):
        self.C = C
        self.class_weight = class_weight
        self.threshold = threshold
        self.tol = tol
        self.max_iter = max_iter
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _fit_engine(self, X, indicator, space, sample_weight):
        coef, intercept, n_iter = fit_labels(
            X,
            indicator,
            CONSTANT_LOGIT,
            C=self.C,
            factors=resolve_class_weight(self.class_weight, indicator, space, sample_weight),
            sample_weight=sample_weight,
            tol=self.tol,
            max_iter=self.max_iter,
            n_jobs=self.n_jobs,
            random_state=self.random_state,
        )
        return {
            "coef_": coef,
            "intercept_": intercept,
            "n_iter_": n_iter,
            "n_features_in_": X.shape[1],
        }

    def _logits(self, X):
        return X @ self.coef_.T + self.intercept_


class TfidfLogRegTagger(BaseTextTagger):
    r"""TF-IDF features and one logistic regression per label: texts in, labels out.

    Parameters
    ----------
    C : float, default=10.0
        Inverse of the regularisation strength, in (0, inf). Rows of TF-IDF have length one and
        want less regularisation than scikit-learn's usual 1.
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
    tol : float or "auto", default="auto"
        Stopping tolerance of the solver, as in `MultilabelLogisticRegression`.
    max_iter : int, default=1000
        Most passes of the solver over the data, at least 1.
    n_jobs : int or None, default=None
        Labels fitted at the same time, in threads, as in `MultilabelLogisticRegression`.
    random_state : int, RandomState instance or None, default=None
        Order in which the solver visits the rows.

    Attributes
    ----------
    vectorizer_ : TfidfVectorizer
        The fitted vectorizer.
    classifier_ : MultilabelLogisticRegression
        The fitted classifier of its features.
    coef_ : ndarray of shape (n_labels, n_features), dtype float64
        Weights of `classifier_`.
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
    >>> from skmultitext import TfidfLogRegTagger
    >>> texts = ["refund my lamp", "my parcel is late", "late lamp, refund please", "hello"]
    >>> labels = [["refund"], ["delivery"], ["delivery", "refund"], []]
    >>> tagger = TfidfLogRegTagger(C=100).fit(texts, labels)
    >>> tagger.predict_labels(["please refund my late lamp"])
    [('delivery', 'refund')]
    """

    _parameter_constraints = _SOLVER_CONSTRAINTS

    def __init__(
        self,
        C=10.0,
        *,
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
        tol="auto",
        max_iter=1000,
        n_jobs=None,
        random_state=None,
    ):
        self.C = C
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
        self.tol = tol
        self.max_iter = max_iter
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _fit_engine(self, documents, indicator, space, sample_weight):
        vectorizer = self._share_parameters(TfidfVectorizer())
        features = vectorizer.fit_transform(documents, sample_weight=sample_weight)
        classifier = self._share_parameters(MultilabelLogisticRegression())
        classifier._fit_gated(features, indicator, space, sample_weight)
        return {"vectorizer_": vectorizer, "classifier_": classifier}

    def _share_parameters(self, part):
        """Give a part of this tagger the parameters that both have."""
        own = self.get_params(deep=False)
        return part.set_params(**{name: own[name] for name in part.get_params() if name in own})

    def _logits(self, documents):
        return self.classifier_._logits(self.vectorizer_.transform(documents))

    def get_feature_names_out(self, input_features=None):
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
    def coef_(self):
        """Weights of the terms, ndarray of shape (n_labels, n_features), dtype float64."""
        return self.classifier_.coef_

    @property
    def intercept_(self):
        """Intercepts, ndarray of shape (n_labels,), dtype float64."""
        return self.classifier_.intercept_

    @property
    def n_iter_(self):
        """Passes of the solver, ndarray of shape (n_labels,), dtype int64."""
        return self.classifier_.n_iter_
