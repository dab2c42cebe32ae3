"""TF-IDF and one logistic regression per label: texts in, labels out."""

from sklearn.utils.validation import check_is_fitted

from ..base import BaseTextTagger
from ..feature_extraction import TfidfVectorizer
from ._logistic_regression import SOLVER_CONSTRAINTS, MultilabelLogisticRegression


class TfidfLogRegTagger(BaseTextTagger):
    r"""TF-IDF features and one logistic regression per label: texts in, labels out.

    Parameters
    ----------
    C : float, default=10.0
        Inverse of the regularisation strength, in (0, inf). Rows of TF-IDF have length one and
        want less regularisation than scikit-learn's usual 1.
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
    TfidfLogRegTaggerCV : Finds C by cross-validation, and makes the features once a fold;
        GridSearchCV over this tagger makes them again for every C.

    Examples
    --------
    >>> from skmultitext import TfidfLogRegTagger
    >>> texts = ["refund my lamp", "my parcel is late", "late lamp, refund please", "hello"]
    >>> labels = [["refund"], ["delivery"], ["delivery", "refund"], []]
    >>> tagger = TfidfLogRegTagger(C=100).fit(texts, labels)
    >>> tagger.predict_labels(["please refund my late lamp"])
    [('delivery', 'refund')]
    """

    _parameter_constraints = SOLVER_CONSTRAINTS

    def __init__(
        self,
        C=10.0,
        *,
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
        self.threshold = threshold
        self.prune = prune
        self.tol = tol
        self.max_iter = max_iter
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _fit_engine(self, documents, indicator, space, sample_weight, **settings):
        vectorizer = self._share_parameters(TfidfVectorizer())
        features = vectorizer.fit_transform(documents, sample_weight=sample_weight)
        classifier = self._share_parameters(MultilabelLogisticRegression(**settings))
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
