"""
Splitting rare labels
=====================

A random split of multi-label data loses rare labels. Iterative stratification balances all labels
at once, and `split_report` measures how well.
"""

# %%
# Generated texts with 40 labels; the rarest label has a dozen texts.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import KFold

from skmultitext.datasets import make_multilabel_text
from skmultitext.display import LabelFrequencyDisplay
from skmultitext.model_selection import MultilabelStratifiedKFold, split_report

corpus = make_multilabel_text(
    2000, n_labels=40, labels_per_text=1.5, vocabulary_size=2000, random_state=0
)
LabelFrequencyDisplay.from_labels(corpus.target, top=30, log=True)

# %%
# Ten folds, random ones and stratified ones.

splitters = {
    "KFold": KFold(10, shuffle=True, random_state=0),
    "MultilabelStratifiedKFold": MultilabelStratifiedKFold(10, shuffle=True, random_state=0),
}
reports = {
    name: split_report(corpus.target, cv.split(corpus.data, corpus.target))
    for name, cv in splitters.items()
}
for name, report in reports.items():
    n_absent = len({label for labels in report.absent_in_test for label in labels})
    print(f"{name:26} deviation {report.mean_relative_label_deviation:.3f}, "
          f"labels that some fold lacks: {n_absent}")  # fmt: skip

# %%
# The points are the largest and the smallest share of each label in a fold; the proportional share
# is a tenth. With random folds, the shares of rare labels are far from it.

support = corpus.target.sum(axis=0)
figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True, layout="constrained")
for ax, (name, report) in zip(axes, reports.items(), strict=True):
    shares = report.label_shares * report.fold_sizes[:, None] / report.label_counts
    for extreme, color in ((np.max, "tab:orange"), (np.min, "tab:blue")):
        ax.scatter(support, extreme(shares, axis=0), s=14, color=color, label=extreme.__name__)
    ax.axhline(0.1, color="gray", linewidth=1)
    ax.set(xscale="log", xlabel="texts with the label", title=name)
axes[0].set_ylabel("share of the label in a fold")
axes[0].legend(["largest", "smallest", "proportional"])
plt.show()
