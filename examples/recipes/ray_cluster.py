"""Search on a Ray cluster: joblib sends the fits to its workers.

    python examples/recipes/ray_cluster.py

`register_ray` makes Ray a backend of joblib. This script runs Ray on this machine, with two
processes; on a cluster, pass its address to `ray.init`.
"""

import os

import joblib
import ray
from ray.util.joblib import register_ray
from sklearn.model_selection import cross_validate

from skmultitext import TfidfLogRegTagger
from skmultitext.datasets import load_support_tickets
from skmultitext.metrics import get_scorer


def score(estimator, X, y):
    """Score one fold, and return the process id too."""
    return {"f1_micro": get_scorer("f1_micro")(estimator, X, y), "process": os.getpid()}


def main():
    tickets = load_support_tickets()
    ray.init(num_cpus=2, include_dashboard=False, _node_ip_address="127.0.0.1")
    register_ray()
    try:
        with joblib.parallel_config("ray", n_jobs=2):
            found = cross_validate(
                TfidfLogRegTagger(random_state=0),
                tickets.data,
                tickets.target,
                scoring=score,
                cv=4,
            )
    finally:
        ray.shutdown()
    print("micro-F1 of the folds:", " ".join(f"{f1:.3f}" for f1 in found["test_f1_micro"]))
    print(f"in {len({os.getpid(), *found['test_process']}) - 1} other processes")


if __name__ == "__main__":
    main()
