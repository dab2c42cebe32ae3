"""
Training curves
===============

A neural tagger records every epoch in ``history_``: the loss, and with validation data a loss
and a score there. The curves show whether it learned long enough, or too long.
"""

import matplotlib.pyplot as plt

from skmultitext import KerasHANTagger
from skmultitext.datasets import load_support_tickets
from skmultitext.display import TrainingHistoryDisplay
from skmultitext.metrics import get_scorer
from skmultitext.model_selection import multilabel_train_test_split

tickets = load_support_tickets()
texts, new_texts, y, y_new = multilabel_train_test_split(
    tickets.data, tickets.target, test_size=0.25, random_state=0
)

# %%
# Too long: forty epochs, no early stopping. The loss of the training documents falls to nothing;
# the score of new ones, the negative log loss, has its best epoch early and falls from there on.

tagger = KerasHANTagger(
    "mean", max_epochs=40, early_stopping=False, learning_rate=0.01, dropout=0.2, random_state=0
)
tagger.fit(texts, y, validation_data=(new_texts, y_new))
print(f"epoch {tagger.n_iter_}: micro-F1 {get_scorer('f1_micro')(tagger, new_texts, y_new):.3f}")
TrainingHistoryDisplay.from_estimator(tagger)

# %%
# With early stopping the training ends a few epochs after the score on the validation data was
# best, and the weights of that epoch are kept. Which score decides, `monitor` says.

stopped = KerasHANTagger(
    "mean", max_epochs=40, learning_rate=0.01, dropout=0.2, monitor="f1_micro", random_state=0
)
stopped.fit(texts, y, validation_data=(new_texts, y_new))
print(f"epoch {stopped.n_iter_}: micro-F1 {get_scorer('f1_micro')(stopped, new_texts, y_new):.3f}")
TrainingHistoryDisplay.from_estimator(stopped)
plt.show()

# %%
# The score was chosen on these documents, and is a little too good therefore: for a figure to
# report, hold a third part out.
