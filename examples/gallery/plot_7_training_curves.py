"""
Training curves
===============

A neural tagger records every epoch in ``history_``: the training loss and, with validation data,
the validation loss and scores. The curves show whether it was trained for too few or too many
epochs.
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
# Too many: forty epochs without early stopping. The training loss falls to almost 0; the validation
# score, the negative log loss, is best after a few epochs and then falls.

tagger = KerasHANTagger(
    "mean", max_epochs=40, early_stopping=False, learning_rate=0.01, dropout=0.2, random_state=0
)
tagger.fit(texts, y, validation_data=(new_texts, y_new))
print(f"epoch {tagger.n_iter_}: micro-F1 {get_scorer('f1_micro')(tagger, new_texts, y_new):.3f}")
TrainingHistoryDisplay.from_estimator(tagger)

# %%
# With early stopping, the training ends a few epochs after the best validation score, and the
# weights of the best epoch are kept. `monitor` selects the score.

stopped = KerasHANTagger(
    "mean", max_epochs=40, learning_rate=0.01, dropout=0.2, monitor="f1_micro", random_state=0
)
stopped.fit(texts, y, validation_data=(new_texts, y_new))
print(f"epoch {stopped.n_iter_}: micro-F1 {get_scorer('f1_micro')(stopped, new_texts, y_new):.3f}")
TrainingHistoryDisplay.from_estimator(stopped)
plt.show()

# %%
# The epoch was chosen on these documents, so the score is slightly too good: to report a score,
# hold out a third part of the data.
