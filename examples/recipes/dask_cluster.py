"""Search and cross-validate on a Dask cluster: joblib sends the fits to its workers.

    python examples/recipes/dask_cluster.py

The taggers need no changes: everything that uses joblib (GridSearchCV, cross_validate,
TunedThresholdTaggerCV, CalibratedTaggerCV) runs on the backend of `parallel_config`. This script
starts two workers on this machine; on a cluster, pass `Client` the address of your scheduler.
"""

import joblib
from dask.distributed import Client, LocalCluster
from sklearn.model_selection import GridSearchCV

from skmultitext import TfidfLogRegTagger, TunedThresholdTaggerCV
from skmultitext.datasets import load_support_tickets
from skmultitext.metrics import get_scorer
from skmultitext.model_selection import MultilabelStratifiedKFold


def main():
    tickets = load_support_tickets()
    search = GridSearchCV(
        TfidfLogRegTagger(random_state=0),
        {"C": [0.03, 0.1, 1]},
        scoring=get_scorer("f1_micro"),
        cv=MultilabelStratifiedKFold(3, shuffle=True, random_state=0),
    )
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
        ) as cluster,
        Client(cluster) as client,
        joblib.parallel_config("dask", wait_for_workers_timeout=60),
    ):
        search.fit(tickets.data, tickets.target)
        tuned = TunedThresholdTaggerCV(search.best_estimator_, cv=3, n_jobs=-1, random_state=0)
        tuned.fit(tickets.data, tickets.label_sets)
        tasks = client.run(lambda dask_worker: dask_worker.state.executed_count)
    print(f"best {search.best_params_}, micro-F1 {search.best_score_:.3f}")
    print(f"thresholds from {tuned.thresholds_.min():.2f} to {tuned.thresholds_.max():.2f}")
    print(f"tasks done by each worker: {sorted(tasks.values())}")


if __name__ == "__main__":
    main()
