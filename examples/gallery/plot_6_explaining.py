"""
Explaining a decision
=====================

Which words indicate a label, and which words of a text led to it? For a linear tagger the answer is
exact: the contributions add up to the logit.
"""

import matplotlib.pyplot as plt

from skmultitext import TfidfLogRegTagger
from skmultitext.datasets import load_support_tickets
from skmultitext.inspection import explain, top_words

tickets = load_support_tickets()
tagger = TfidfLogRegTagger(random_state=0)
tagger.fit(tickets.data, tickets.label_sets)

# %%
# The words with the largest weights of four labels.

figure, axes = plt.subplots(1, 4, figsize=(9, 3.2), layout="constrained")
for ax, label in zip(axes, ("refund", "delivery", "damaged", "praise"), strict=True):
    words, weights = zip(*top_words(tagger, label, n=8), strict=True)
    ax.barh(words, weights)
    ax.invert_yaxis()
    ax.set(title=label, xlabel="weight")

# %%
# One text. Words that support the label are blue, words that contradict it orange.

text = "The lamp came broken, I want my money back, but the parcel was fast!"
explanation = explain(tagger, [text], label="refund")
explanation  # noqa: B018

# %%
# In numbers: contributions and intercept add up to the logit that `decision_function` returns.

contributions = explanation[0].sentences[0]
total = contributions.word_weights.sum() + explanation[0].intercept
logit = tagger.decision_function([text])[0, list(tagger.label_names_).index("refund")]
print(f"contributions and intercept {total:.6f}, logit {logit:.6f}")

order = abs(contributions.word_weights).argsort()[-10:]
figure, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
ax.barh([contributions.words[i] for i in order], contributions.word_weights[order])
ax.axvline(0, color="gray", linewidth=1)
ax.set(xlabel="contribution to the logit of refund")

# %%
# Occlusion works for any tagger of texts: leave out each word in turn, and measure how much the
# logit drops. Here for the same tagger, to compare both methods.

print(explain(tagger, [text], label="refund", method="occlusion"))
plt.show()
