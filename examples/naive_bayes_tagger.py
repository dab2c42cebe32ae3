"""A tagger of your own in one file: naive Bayes on the words of a text.

Run: python examples/naive_bayes_tagger.py

You only write two methods. `_fit_engine` gets checked texts and labels and returns the fitted
attributes; `_logits` gets checked texts and returns one score for each label. `BaseTextTagger` does
the rest: labels in any form, thresholds, probabilities, names, errors, and a failed `fit` that
leaves the tagger unchanged.
"""

from numbers import Real

import numpy as np
from scipy.sparse import issparse
from sklearn.feature_extraction.text import CountVectorizer

from skmultitext.base import CONSTANT_LOGIT, BaseTextTagger


class NaiveBayesTagger(BaseTextTagger):
    """Multinomial naive Bayes for each label: each word adds its log-odds to the score."""

    _parameter_constraints = {
        "alpha": [Real],
        "threshold": [Real, "array-like", dict],
    }

    def __init__(self, alpha=0.1, *, threshold=0.5):
        self.alpha = alpha
        self.threshold = threshold

    def _fit_engine(self, data):
        if self.alpha <= 0:
            raise ValueError(f"alpha is {self.alpha!r}; pass a number above 0.")
        weight = np.ones(data.n_samples) if data.sample_weight is None else data.sample_weight
        vectorizer = CountVectorizer(token_pattern=r"(?u)\w+|[^\w\s]")
        counts = vectorizer.fit_transform(data.X)
        indicator = data.indicator.toarray() if issparse(data.indicator) else data.indicator
        yes = indicator.T * weight
        no = weight - yes
        log_odds = self._log_share(yes @ counts) - self._log_share(no @ counts)
        n_yes, n_no = yes.sum(axis=1), no.sum(axis=1)
        with np.errstate(divide="ignore"):
            prior = np.log(n_yes) - np.log(n_no)
        constant = ~np.isfinite(prior)  # a label of all documents, or of none
        log_odds[constant] = 0.0
        prior = np.clip(prior, -CONSTANT_LOGIT, CONSTANT_LOGIT)
        return {"vectorizer_": vectorizer, "log_odds_": log_odds, "prior_": prior}

    def _log_share(self, totals):
        """Logarithm of the share of each word, smoothed by alpha."""
        totals = totals + self.alpha
        return np.log(totals / totals.sum(axis=1, keepdims=True))

    def _logits(self, documents):
        return self.vectorizer_.transform(documents) @ self.log_odds_.T + self.prior_


def main():
    from skmultitext import TunedThresholdTaggerCV
    from skmultitext.datasets import load_support_tickets
    from skmultitext.metrics import get_scorer
    from skmultitext.model_selection import multilabel_train_test_split

    tickets = load_support_tickets()
    texts, new_texts, labels, new_labels = multilabel_train_test_split(
        tickets.data, tickets.label_sets, test_size=0.25, random_state=0
    )
    tagger = TunedThresholdTaggerCV(NaiveBayesTagger(), random_state=0).fit(texts, labels)
    print(f"macro-F1 {get_scorer('f1_macro')(tagger, new_texts, new_labels):.2f}")
    print(tagger.predict_labels(["I was charged twice, please send my money back"]))


if __name__ == "__main__":
    main()
