"""
A baseline and a grid search
============================

TF-IDF with one logistic regression per label; scikit-learn's grid search selects the settings, with
folds that are stratified by all labels and scores for multi-label data.
"""

# %%
# The data: messages to the support of a shop, each with any of ten labels, one of which is rare.

import matplotlib.pyplot as plt
from sklearn.model_selection import GridSearchCV

from skmultitext import TfidfLogRegTagger
from skmultitext.datasets import load_support_tickets
from skmultitext.display import LabelFrequencyDisplay, MultilabelPrecisionRecallDisplay
from skmultitext.metrics import get_scorer
from skmultitext.model_selection import MultilabelStratifiedKFold, multilabel_train_test_split

tickets = load_support_tickets()
LabelFrequencyDisplay.from_labels(tickets.label_sets)

# %%
# The search. ``refit`` is the score that selects the best settings.

texts, new_texts, labels, new_labels = multilabel_train_test_split(
    tickets.data, tickets.label_sets, test_size=0.25, random_state=0
)
search = GridSearchCV(
    TfidfLogRegTagger(random_state=0),
    {"C": [0.03, 0.1, 0.3, 1], "class_weight": [None, "balanced"]},
    scoring=get_scorer(["f1_macro", "neg_log_loss"]),
    refit="f1_macro",
    cv=MultilabelStratifiedKFold(n_splits=5, shuffle=True, random_state=0),
)
search.fit(texts, labels)
print(search.best_params_)

# %%
# Mean and standard deviation over five folds. Class weights increase macro-F1 at the threshold of
# 0.5, especially for a small C, but make the probabilities worse, as the log loss shows. Tuned
# thresholds increase F1 too, and do not change the probabilities:
# :doc:`/gallery/plot_3_thresholds`.

results = search.cv_results_
figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
for ax, score in zip(axes, ("f1_macro", "neg_log_loss"), strict=True):
    for weight in (None, "balanced"):
        rows = [i for i, p in enumerate(results["params"]) if p["class_weight"] == weight]
        ax.errorbar(
            [results["params"][i]["C"] for i in rows],
            results[f"mean_test_{score}"][rows],
            results[f"std_test_{score}"][rows],
            marker="o",
            capsize=3,
            label=f"class_weight={weight}",
        )
    ax.set(xscale="log", xlabel="C", title=score)
axes[0].legend()

# %%
# Precision and recall on the quarter that was held out.

MultilabelPrecisionRecallDisplay.from_estimator(search.best_estimator_, new_texts, new_labels)
plt.show()
