"""
Comparing taggers, with intervals
=================================

Two taggers differ on a test set. Would they differ on another test set? `compare_taggers` scores
all taggers on the same resamples of the documents, and tests the differences.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.dummy import DummyClassifier

from skmultitext import TfidfLogRegTagger
from skmultitext.datasets import load_support_tickets
from skmultitext.display import TaggerComparisonDisplay
from skmultitext.metrics import compare_taggers
from skmultitext.model_selection import multilabel_train_test_split

tickets = load_support_tickets()
texts, new_texts, y, y_new = multilabel_train_test_split(
    tickets.data, tickets.target, test_size=0.3, random_state=0
)
common = {"class_weight": "balanced", "random_state": 0}
taggers = {
    "prior": DummyClassifier(strategy="stratified", random_state=0),
    "words": TfidfLogRegTagger(1, **common),
    "letters": TfidfLogRegTagger(1, analyzer="char_wb", ngram_range=(3, 4), **common),
}
decisions = {
    name: np.asarray(tagger.fit(texts, y).predict(new_texts)) for name, tagger in taggers.items()
}
comparison = compare_taggers(
    decisions, y_new, label_names=tickets.target_names, n_bootstrap=2000, random_state=0
)
print(comparison)

# %%
# Scores with their 95 % intervals. If two intervals overlap, the taggers may still differ
# significantly: they are scored on the same documents, which the tests of the differences above
# take into account.

figure, axes = plt.subplots(1, 3, figsize=(9, 3.2), layout="constrained")
for ax, score in zip(axes, ("f1_micro", "f1_macro", "exact_match"), strict=True):
    s = comparison.scoring.index(score)
    low, high = comparison.intervals[:, s].T
    value = comparison.scores[:, s]
    ax.errorbar(comparison.taggers, value, (value - low, high - value), fmt="o", capsize=4)
    ax.set(title=score, ylim=(0, 1))

# %%
# Label by label.

TaggerComparisonDisplay.from_predictions(
    y_new,
    {name: decisions[name] for name in ("words", "letters")},
    label_names=tickets.target_names,
)
plt.show()
