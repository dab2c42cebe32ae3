"""
Text and other columns together
===============================

Labels may depend on other columns than the text: a price, a country, the hour. Taggers of features
take the output of a ColumnTransformer.
"""

# %%
# A table: the messages of the bundled corpus, and two noisy columns, generated here, that depend on
# the labels "delivery" and "technical".

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skmultitext import MultilabelLogisticRegression
from skmultitext.datasets import load_support_tickets
from skmultitext.display import TaggerComparisonDisplay
from skmultitext.feature_extraction import TfidfVectorizer
from skmultitext.metrics import get_scorer
from skmultitext.model_selection import multilabel_train_test_split

tickets = load_support_tickets()
rng = np.random.default_rng(0)
column = {name: tickets.target[:, j] for j, name in enumerate(tickets.target_names)}
table = pd.DataFrame(
    {
        "text": tickets.data,
        "days_since_order": rng.normal(4 + 6 * column["delivery"], 3).clip(0).round(1),
        "sent_from": np.where(
            rng.random(len(tickets.data)) < 0.1 + 0.8 * column["technical"], "app", "mail"
        ),
    }
)
y = pd.DataFrame(tickets.target, columns=tickets.target_names)
print(table.head(3))

# %%
# One transformer for each kind of column, followed by one classifier. The column of the vectorizer
# is a str, not a list, because it needs a sequence of texts, not a table.


def tagger(*columns):
    """Make a pipeline that uses these columns."""
    transformers = {
        "text": ("text", TfidfVectorizer(), "text"),
        "days": ("days", StandardScaler(), ["days_since_order"]),
        "sender": ("sender", OneHotEncoder(drop="if_binary"), ["sent_from"]),
    }
    return make_pipeline(
        ColumnTransformer([transformers[name] for name in columns]),
        MultilabelLogisticRegression(C=10, class_weight="balanced", random_state=0),
    )


X_train, X_test, y_train, y_test = multilabel_train_test_split(
    table, y, test_size=0.25, random_state=0
)
taggers = {
    "text": tagger("text").fit(X_train, y_train),
    "text and columns": tagger("text", "days", "sender").fit(X_train, y_train),
}
for name, model in taggers.items():
    print(f"{name:18}{get_scorer('f1_macro')(model, X_test, y_test):.3f}")

# %%
# The scores of these two labels increase; those of the others do not change much.

TaggerComparisonDisplay.from_estimators(taggers, X_test, y_test)
plt.show()
