"""Look into taggers around taggers, down to the one that knows words."""

from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.utils.validation import check_is_fitted

from .._wrapping import WrappingTagger
from ..linear import TfidfLogRegTagger

__all__ = ["is_fitted_estimator", "unwrap"]

# what these do comes after the scores of the estimator inside
_TRANSPARENT = (WrappingTagger, FixedThresholdClassifier, TunedThresholdClassifierCV)


def is_fitted_estimator(tagger):
    """Return a tagger that is a fitted estimator; refuse all else.

    Parameters
    ----------
    tagger : estimator
        The tagger.

    Returns
    -------
    estimator
        The same.

    Raises
    ------
    ValueError
        If it is a class, or no estimator that predicts.
    NotFittedError
        If it is not fitted.
    """
    if isinstance(tagger, type) or not hasattr(tagger, "fit"):
        found = f"the class {tagger.__name__}" if isinstance(tagger, type) else repr(tagger)
        raise ValueError(f"tagger is {found:.80}; pass a fitted tagger.")
    check_is_fitted(tagger)
    return tagger


def unwrap(tagger):
    """Find what a text passes through before the estimator that scores it, and that estimator.

    Parameters
    ----------
    tagger : estimator
        A fitted tagger, or a Pipeline, a search or a tagger with thresholds or calibration
        around one.

    Returns
    -------
    transformers : list of transformer
        What the text passes through, in this order.
    estimator : estimator
        What scores the result.
    """
    transformers = []
    while True:
        if hasattr(tagger, "steps"):
            steps = [step for _, step in tagger.steps]
            transformers += [step for step in steps[:-1] if step not in (None, "passthrough")]
            tagger = steps[-1]
        elif hasattr(tagger, "best_estimator_"):
            tagger = tagger.best_estimator_
        elif isinstance(tagger, _TRANSPARENT):
            tagger = tagger.estimator_
        elif isinstance(tagger, TfidfLogRegTagger):
            transformers.append(tagger.vectorizer_)
            tagger = tagger.classifier_
        else:
            return transformers, tagger
