"""Fit, score and tag a Spark DataFrame, and search for parameters on the executors.

    pip install "skmultitext[spark]" joblibspark
    apt install default-jre-headless
    python examples/recipes/spark_corpus.py [OUTPUT_FOLDER]

Spark needs Java, 17 or newer. The session has two threads of this machine, whose tasks may fail
three times; on a cluster leave `master` out, and submit the script. Documents stay on the
executors.
"""

import os
import shutil
import sys
import warnings
from tempfile import TemporaryDirectory

import joblib
from joblibspark import register_spark
from pyspark.sql import SparkSession
from sklearn.model_selection import GridSearchCV

from skmultitext import TfidfLogRegTagger
from skmultitext.datasets import load_support_tickets
from skmultitext.distributed import evaluate_partitions, fit_partitions, tag_partitions
from skmultitext.metrics import get_scorer
from skmultitext.model_selection import MultilabelStratifiedKFold


def start_session():
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        sys.exit("Spark needs Java, which is not installed: apt install default-jre-headless")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # the workers use this environment
    builder = SparkSession.builder.master("local[2,4]").config("spark.ui.enabled", False)
    builder = builder.config("spark.ui.showConsoleProgress", False)
    builder = builder.config("spark.driver.host", "127.0.0.1")
    return builder.config("spark.driver.bindAddress", "127.0.0.1").getOrCreate()


def fit_and_tag(spark, output):
    tickets = load_support_tickets()
    rows = list(zip(tickets.data, map(list, tickets.label_sets), strict=True))
    schema = "text string, topics array<string>"
    training = spark.createDataFrame(rows[:600], schema).repartition(4)
    new = spark.createDataFrame(rows[600:], schema).repartition(2)

    tagger = fit_partitions(TfidfLogRegTagger(), training, text="text", labels="topics", tol=1e-2)
    print(f"fitted in {tagger.rounds_['n_rounds']} rounds, gap {tagger.rounds_['gap']:.1e}")
    scores = evaluate_partitions(tagger, new, text="text", labels="topics")
    print(f"micro-F1 {scores['f1_micro']:.3f} of {scores['n_samples']} documents")

    tagged = tag_partitions(tagger, new.select("text"), text="text", proba_column="probabilities")
    tagged.write.parquet(f"{output}/tagged", mode="overwrite")  # computed here
    written = spark.read.parquet(f"{output}/tagged")
    print(
        f"{written.count()} rows tagged, {written.where('size(labels) = 0').count()} without label"
    )


def search():
    """Fit the candidates and folds of a search on the executors: each holds all of the corpus."""
    tickets = load_support_tickets()
    register_spark()
    candidates = GridSearchCV(
        TfidfLogRegTagger(random_state=0),
        {"C": [0.1, 1]},
        scoring=get_scorer("f1_micro"),
        cv=MultilabelStratifiedKFold(2, shuffle=True, random_state=0),
    )
    for of_joblibspark in (
        "Spark local mode doesn't support stage-level scheduling",  # there is no cluster here
        "`apply_async` is deprecated",
        "Spark session is not provided",
    ):
        warnings.filterwarnings("ignore", of_joblibspark)
    with joblib.parallel_config("spark", n_jobs=2):
        candidates.fit(tickets.data, tickets.target)
    print(f"best {candidates.best_params_}, micro-F1 {candidates.best_score_:.3f}")


def main(output):
    spark = start_session()
    try:
        fit_and_tag(spark, output)
        search()
    finally:
        spark.stop()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        with TemporaryDirectory() as folder:
            main(folder)
