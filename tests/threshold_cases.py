"""Objectives with their parameters, and probabilities that tie."""

LEVELS = [0.0, 0.25, 0.5, 0.75, 1.0]
COSTS = {"cost_fp": [1.0, 3.0, 0.5], "cost_fn": [2.0, 0.0, 5.0]}
CASES = {
    "f1_macro": {},
    "f1_micro": {},
    "fbeta_macro": {"beta": 2.0},
    "fbeta_micro": {"beta": 0.5},
    "neg_hamming_loss": {},
    "youden": {},
    "precision_at_recall": {"min_recall": 0.6},
    "recall_at_precision": {"min_precision": 0.6},
    "neg_expected_cost": COSTS,
}
