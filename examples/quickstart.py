"""Choose C and n-grams by grid search on the bundled corpus, then tag new messages.

Run: python examples/quickstart.py
"""

from sklearn.model_selection import GridSearchCV

from skmultitext import TfidfLogRegTagger
from skmultitext.datasets import load_support_tickets
from skmultitext.metrics import get_scorer
from skmultitext.model_selection import MultilabelStratifiedKFold, multilabel_train_test_split

tickets = load_support_tickets()
texts_train, texts_test, labels_train, labels_test = multilabel_train_test_split(
    tickets.data, tickets.label_sets, test_size=0.25, random_state=0
)

search = GridSearchCV(
    TfidfLogRegTagger(random_state=0),
    param_grid={"C": [0.1, 0.3, 1], "ngram_range": [(1, 1), (1, 2)]},
    scoring={name: get_scorer(name) for name in ("f1_micro", "neg_log_loss")},
    refit="f1_micro",
    cv=MultilabelStratifiedKFold(n_splits=5, shuffle=True, random_state=0),
    n_jobs=2,
)
search.fit(texts_train, labels_train)

results = search.cv_results_
print(f"{'C':>5}  {'n-grams':8}  {'micro-F1':>8}  {'log loss':>8}")
for parameters, f1, log_loss in zip(
    results["params"], results["mean_test_f1_micro"], results["mean_test_neg_log_loss"], strict=True
):
    print(f"{parameters['C']:5}  {parameters['ngram_range']!s:8}  {f1:8.3f}  {-log_loss:8.3f}")

print(f"\nbest: {search.best_params_}")
for name in ("f1_micro", "exact_match"):
    score = get_scorer(name)(search.best_estimator_, texts_test, labels_test)
    print(f"{name} on the held-out quarter: {score:.3f}")

for text in ["I was charged twice, please refund me", "The app crashes when I open my parcel"]:
    print(f"{text!r} -> {search.best_estimator_.predict_labels([text])[0]}")
