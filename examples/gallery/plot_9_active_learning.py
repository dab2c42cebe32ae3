"""
Which texts to label next
=========================

`predict_topk` suggests the most probable labels of a text, for a person to confirm. The texts to
label first are those about which the tagger is least certain.
"""

import matplotlib.pyplot as plt
import numpy as np

from skmultitext import TfidfLogRegTagger
from skmultitext.datasets import load_support_tickets
from skmultitext.inspection import to_annotate
from skmultitext.metrics import get_scorer, recall_at_k
from skmultitext.model_selection import multilabel_train_test_split

tickets = load_support_tickets()
texts, new_texts, y, y_new = multilabel_train_test_split(
    np.array(tickets.data, dtype=object), tickets.target, test_size=0.25, random_state=0
)

# %%
# A tagger that was fitted on a hundred texts suggests three labels for a new text.

tagger = TfidfLogRegTagger(random_state=0).fit(texts[:100], y[:100])
names = np.array(tickets.target_names)
suggested, probability = tagger.predict_topk(new_texts[:4], k=3)
for text, labels, values in zip(new_texts, names[suggested], probability, strict=False):
    print(f"{text[:60]!r}...")
    print("   ", ", ".join(f"{name} {p:.2f}" for name, p in zip(labels, values, strict=True)))

# %%
# How many of the true labels are among the first k? These labels need not be typed.

proba = tagger.predict_proba(new_texts)
ks = range(1, 11)
found = [recall_at_k(y_new, proba, k=k) for k in ks]
figure, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
ax.plot(ks, found, marker="o")
ax.set(xlabel="labels suggested", ylabel="share of true labels among them", ylim=(0, 1.02))

# %%
# Label fifty texts at a time: at random, or those that `to_annotate` chooses, which are uncertain
# and not alike. Means of six runs with different first texts.


def grow(seed, choose):
    """Label fifty texts at a time; return the macro-F1 after each round."""
    rng = np.random.default_rng(seed)
    known, scores = rng.permutation(len(texts))[:100], []
    while len(known) <= 400:
        tagger.fit(texts[known], y[known])
        scores.append(get_scorer("f1_macro")(tagger, new_texts, y_new))
        rest = np.setdiff1d(np.arange(len(texts)), known)
        known = np.append(known, rest[choose(rest, rng)[:50]])
    return scores


ways = {
    "at random": lambda rest, rng: rng.permutation(len(rest)),
    "by to_annotate": lambda rest, rng: (
        to_annotate(tagger, texts[rest], 50, at_least_one=True, random_state=0).documents
    ),
}
figure, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
for name, choose in ways.items():
    scores = np.mean([grow(seed, choose) for seed in range(6)], axis=0)
    ax.plot(range(100, 450, 50), scores, marker="o", label=name)
    print(f"{name:21}", scores.round(2))
ax.set(xlabel="labelled texts", ylabel="macro-F1 on new texts")
ax.legend()
plt.show()
