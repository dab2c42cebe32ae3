"""Log a tagger with MLflow: parameters, scores of the folds, and the saved model as an artifact.

    python examples/recipes/mlflow_logging.py [FOLDER]

Writes to a folder, which works in mlflow-skinny without a database; with a server, set its tracking
URI. The artifact is the directory that `save` writes: it contains no pickle, and `skmultitext.load`
reads it.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow
from sklearn.model_selection import cross_validate

import skmultitext
from skmultitext import TfidfLogRegTagger
from skmultitext.datasets import load_support_tickets
from skmultitext.metrics import get_scorer
from skmultitext.model_selection import MultilabelStratifiedKFold

SCORES = ("f1_micro", "f1_macro", "neg_log_loss")


def main(store):
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"  # MLflow recommends a database
    mlflow.set_tracking_uri(store.resolve().as_uri())
    mlflow.set_experiment("support messages")
    tickets = load_support_tickets()
    tagger = TfidfLogRegTagger(C=100, ngram_range=(1, 2), random_state=0)
    with mlflow.start_run() as run, TemporaryDirectory() as folder:
        mlflow.log_params(tagger.get_params())
        found = cross_validate(
            tagger,
            tickets.data,
            tickets.target,
            scoring={name: get_scorer(name) for name in SCORES},
            cv=MultilabelStratifiedKFold(3, shuffle=True, random_state=0),
        )
        for fold in range(3):
            mlflow.log_metrics({name: found[f"test_{name}"][fold] for name in SCORES}, step=fold)
        tagger.fit(tickets.data, tickets.label_sets)
        skmultitext.save(tagger, Path(folder, "tagger"))
        mlflow.log_artifacts(str(Path(folder, "tagger")), "tagger")

    logged = mlflow.get_run(run.info.run_id)
    print(f"logged C={logged.data.params['C']}, micro-F1 {logged.data.metrics['f1_micro']:.3f}")
    with TemporaryDirectory() as folder:
        path = mlflow.artifacts.download_artifacts(
            run_id=run.info.run_id, artifact_path="tagger", dst_path=folder
        )
        loaded = skmultitext.load(path)
    message = "I was charged twice, please refund me"
    print(f"from the store: {message!r} -> {loaded.predict_labels([message])[0]}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with TemporaryDirectory() as place:
            main(Path(place))
