"""A multi-layer perceptron on features: a published example, with unambiguous metrics.

    python examples/reproductions/mlp_on_features.py

The article trains 32-16-8 hidden units with Adam, batches of 250 documents and 50 epochs on 10,000
generated documents with 6 features and 3 labels, and prints a test loss of 0.308 and an "accuracy"
of 0.856. This is the *binary* accuracy: the share of correct decisions among all pairs of document
and label. (In Keras 3, the string "accuracy" means categorical accuracy here, which is 0.61.) The
exact match, scikit-learn's accuracy, is much lower.
"""

import argparse

from sklearn.datasets import make_multilabel_classification
from sklearn.model_selection import train_test_split

from skmultitext import KerasMLPTagger
from skmultitext.metrics import binary_accuracy, exact_match, f1_score, log_loss

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--smoke", action="store_true", help="2 epochs on 500 documents")
smoke = parser.parse_args().smoke

X, y = make_multilabel_classification(
    n_samples=500 if smoke else 10_000, n_features=6, n_classes=3, n_labels=2, random_state=42
)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.33, random_state=42)
n_train = int(0.8 * len(X_train))  # as Keras does: the last 20% validate

tagger = KerasMLPTagger((32, 16, 8), batch_size=250, max_epochs=2 if smoke else 50, random_state=0)
tagger.fit(
    X_train[:n_train], y_train[:n_train], validation_data=(X_train[n_train:], y_train[n_train:])
)
for record in tagger.history_[9::10]:
    print(
        f"epoch {record['epoch']}: loss {record['loss'] / 3:.3f} a label, "
        f"validation {-record['validation_neg_log_loss']:.3f}"
    )

decisions, proba = tagger.predict(X_test), tagger.predict_proba(X_test)
print(f"test loss        {log_loss(y_test, proba):.3f}   (published 0.308)")
print(f"binary accuracy  {binary_accuracy(y_test, decisions):.3f}   (published 0.856)")
print(f"exact match      {exact_match(y_test, decisions):.3f}")
print(f"micro-F1         {f1_score(y_test, decisions, average='micro'):.3f}")
