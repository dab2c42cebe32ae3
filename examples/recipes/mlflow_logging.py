"""Log a tagger with MLflow: parameters, scores of the folds, and the model, without pickle.

    python examples/recipes/mlflow_logging.py [FOLDER]

Writes to a folder, which works in mlflow-skinny without a database; with a server, set its tracking
URI. The model holds what `skmultitext.save` writes. `skmultitext.mlflow.load_model` loads the
tagger, MLflow a function of a DataFrame, also in its own server (``mlflow models serve``).
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow
import pandas as pd
from sklearn.model_selection import cross_validate

import skmultitext.mlflow
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
    tagger = TfidfLogRegTagger(random_state=0)
    with mlflow.start_run() as run:
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
        info = skmultitext.mlflow.log_model(
            tagger,
            "tagger",
            registered_model_name="support-messages",
            input_example=pd.DataFrame({"text": tickets.data[:3]}),
        )

    logged = mlflow.get_run(run.info.run_id)
    print(f"logged C={logged.data.params['C']}, micro-F1 {logged.data.metrics['f1_micro']:.3f}")
    message = "I was charged twice, please refund me"
    loaded = skmultitext.mlflow.load_model("models:/support-messages/1")
    print(f"from the registry: {message!r} -> {loaded.predict_labels([message])[0]}")
    function = mlflow.pyfunc.load_model(
        info.model_uri, model_config={"pyfunc_predict_fn": "predict_proba"}
    )
    proba = function.predict(pd.DataFrame({"text": [message]}))
    print(f"as a function of a DataFrame: refund {proba['refund'][0]:.2f}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with TemporaryDirectory() as place:
            main(Path(place))
