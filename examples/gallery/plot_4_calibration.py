"""
Calibration
===========

Of the labels to which a calibrated tagger gives a probability of 0.7, seven in ten are right. Class
weights for rare labels distort probabilities; `CalibratedTaggerCV` corrects them, out of fold.
"""

import matplotlib.pyplot as plt
from sklearn.base import clone

from skmultitext import CalibratedTaggerCV, TfidfLogRegTagger
from skmultitext.datasets import load_support_tickets
from skmultitext.display import MultilabelCalibrationDisplay
from skmultitext.metrics import get_scorer
from skmultitext.model_selection import multilabel_train_test_split

tickets = load_support_tickets()
texts, new_texts, labels, new_labels = multilabel_train_test_split(
    tickets.data, tickets.label_sets, test_size=0.4, random_state=0
)
plain = TfidfLogRegTagger(C=10, loss="log_loss", random_state=0)
balanced = clone(plain).set_params(class_weight="balanced")
taggers = {
    "class_weight=None": plain,
    "class_weight='balanced'": balanced,
    "balanced, temperature": CalibratedTaggerCV(balanced, method="temperature", random_state=0),
    "balanced, sigmoid": CalibratedTaggerCV(balanced, method="sigmoid", random_state=0),
}

# %%
# The curve of all decisions together. Above the diagonal, probabilities are too low; below it, they
# are too high.

figure, axes = plt.subplots(2, 2, figsize=(9, 8), layout="constrained")
for ax, (name, tagger) in zip(axes.flat, taggers.items(), strict=True):
    tagger.fit(texts, labels)
    MultilabelCalibrationDisplay.from_estimator(tagger, new_texts, new_labels, top=2, ax=ax)
    ax.legend(loc="lower right", fontsize=8)
    ax.set_title(name)

# %%
# Calibration lowers log loss, Brier score and calibration error. Without class weights, this tagger
# is underconfident too: strong regularisation pulls probabilities towards the middle.

scores = ("neg_log_loss", "neg_brier_score", "neg_expected_calibration_error")
print(" " * 26 + "".join(f"{name[4:].replace('expected_calibration', 'calibration'):>20}"
                         for name in scores))  # fmt: skip
for name, tagger in taggers.items():
    values = [-get_scorer(score)(tagger, new_texts, new_labels) for score in scores]
    print(f"{name:26}" + "".join(f"{value:20.3f}" for value in values))
plt.show()
