"""
Thresholds
==========

For F1, a threshold of 0.5 is too high, especially for rare labels. `TunedThresholdTaggerCV` finds
the threshold of each label on out-of-fold scores.
"""

import matplotlib.pyplot as plt

from skmultitext import TfidfLogRegTagger, TunedThresholdTaggerCV
from skmultitext.datasets import load_support_tickets
from skmultitext.display import TaggerComparisonDisplay, ThresholdCurveDisplay
from skmultitext.metrics import get_scorer
from skmultitext.model_selection import multilabel_train_test_split

tickets = load_support_tickets()
texts, new_texts, labels, new_labels = multilabel_train_test_split(
    tickets.data, tickets.label_sets, test_size=0.25, random_state=0
)
plain = TfidfLogRegTagger(random_state=0).fit(texts, labels)
tuned = TunedThresholdTaggerCV(plain, objective="f1_macro", random_state=0).fit(texts, labels)

# %%
# Precision and recall of one label on new documents, by threshold. The line marks the threshold in
# use.

figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), sharey=True, layout="constrained")
for ax, tagger, title in zip(axes, (plain, tuned), ("threshold 0.5", "tuned"), strict=True):
    ThresholdCurveDisplay.from_estimator(tagger, new_texts, new_labels, label="refund", ax=ax)
    ax.set_title(f"refund, {title}")

# %%
# The effect on each label.

TaggerComparisonDisplay.from_estimators(
    {"threshold 0.5": plain, "tuned": tuned}, new_texts, new_labels
)

# %%
# The thresholds depend on the objective.

figure, ax = plt.subplots(figsize=(7, 3.8), layout="constrained")
for objective in ("f1_macro", "f1_micro", "neg_hamming_loss"):
    tagger = TunedThresholdTaggerCV(plain, objective=objective, random_state=0).fit(texts, labels)
    ax.plot(tagger.best_thresholds_, tagger.label_names_, "o", label=f"tuned for {objective}")
    scores = [get_scorer(name)(tagger, new_texts, new_labels) for name in ("f1_micro", "f1_macro")]
    print(f"{objective:18} micro-F1 {scores[0]:.3f}  macro-F1 {scores[1]:.3f}")
ax.axvline(0.5, color="gray", linewidth=1)
ax.set(xlim=(0, 1), xlabel="threshold")
ax.legend()
plt.show()
