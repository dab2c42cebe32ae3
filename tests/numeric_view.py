"""A view that lets scikit-learn's own suite, which only knows numbers, run on a text tagger.

Each row of numbers becomes a text: a number x of column j turns into the words
``fj_a fj_b ...`` for every cut point below it, so that near numbers share most of their words
and a linear model on words can learn what one on numbers could. The code has no state: a row
is the same text whatever stands beside it.
"""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.validation import check_is_fitted, validate_data

# finer near 0, where the data of scikit-learn's checks lie; "z" would be a stop word nowhere
_CUTS = np.concatenate([np.linspace(-12, 12, 97), [-1e3, -1e2, -30, 30, 1e2, 1e3]])


def rows_to_texts(X):
    """Write each row of a 2-D array as a text."""
    return [
        " ".join(f"f{j}w{c}" for j, x in enumerate(row) for c in np.flatnonzero(x > _CUTS))
        + " bias"
        for row in X
    ]


class NumericView(ClassifierMixin, BaseEstimator):
    """A text tagger seen as an estimator of features.

    Every parameter but `tagger_class` is the tagger's own.
    """

    tagger_class = None

    @classmethod
    def of(cls, tagger_class, **defaults):
        """Make a view class whose constructor has the tagger's own parameters."""
        parameters = {**tagger_class().get_params(deep=False), **defaults}
        signature = ", ".join(f"{name}=_d[{name!r}]" for name in parameters)
        body = "; ".join(f"self.{name} = {name}" for name in parameters)
        namespace = {"_d": parameters}
        exec(f"def __init__(self, *, {signature}): {body}", namespace)
        name = f"{tagger_class.__name__}View"
        view = type(
            name,
            (cls,),
            {
                "__init__": namespace["__init__"],
                "tagger_class": tagger_class,
                "__module__": __name__,
                "__doc__": tagger_class.__doc__,
            },
        )
        globals()[name] = view  # so that it pickles
        return view

    def _texts(self, X, *, reset):
        return rows_to_texts(validate_data(self, X, reset=reset, dtype=np.float64))

    def fit(self, X, y, sample_weight=None):
        """Fit the tagger on the texts of X."""
        texts = self._texts(X, reset=True)
        weight = {} if sample_weight is None else {"sample_weight": sample_weight}
        tagger = self.tagger_class(**clone(self).get_params(deep=False)).fit(texts, y, **weight)
        self.tagger_ = tagger
        for name in ("classes_", "n_iter_"):
            if hasattr(tagger, name):
                setattr(self, name, getattr(tagger, name))
        return self

    def _ask(self, method, X):
        check_is_fitted(self, "tagger_")
        return getattr(self.tagger_, method)(self._texts(X, reset=False))

    def predict(self, X):
        """Ask the tagger."""
        return self._ask("predict", X)

    def predict_proba(self, X):
        """Ask the tagger."""
        return self._ask("predict_proba", X)

    def decision_function(self, X):
        """Ask the tagger."""
        return self._ask("decision_function", X)

    def __sklearn_tags__(self):
        tags = self.tagger_class().__sklearn_tags__()
        tags.input_tags.string = False
        tags.input_tags.two_d_array = True
        tags.input_tags.sparse = False
        return tags
