"""Fit, score and tag a corpus larger than memory on a Dask cluster.

    python examples/recipes/dask_corpus.py [TRAINING TEST TAGGED]

TRAINING and TEST are folders of Parquet files with a column of texts and one of lists of label
names; TAGGED is a folder for the result. Without arguments, the script writes the bundled messages
to such files first. It starts two workers of 1 GB on this machine; on a cluster, pass `Client` the
address of your scheduler. The files must be where all workers can read them.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import dask.dataframe as dd
import pandas as pd
from dask.distributed import Client, LocalCluster

from skmultitext import TfidfLogRegTagger
from skmultitext.datasets import load_support_tickets
from skmultitext.distributed import evaluate_partitions, fit_partitions, tag_partitions


def fit_and_tag(training, test, tagged):
    """Fit on Parquet files, score and tag others; return the tagger."""
    columns = {"text": "text", "labels": "labels"}
    train, held_out = (dd.read_parquet(path, dtype_backend="pyarrow") for path in (training, test))
    tagger = fit_partitions(TfidfLogRegTagger(), train, **columns)
    rounds = tagger.rounds_
    print(f"{rounds['n_rounds']} rounds, duality gap {rounds['gap']:.1e}")

    scores = evaluate_partitions(tagger, held_out, **columns)
    print(f"micro-F1 {scores['f1_micro']:.3f} on {scores['n_samples']} texts")

    result = tag_partitions(
        tagger, held_out[["text"]], text="text", column="tags", proba_column="probabilities"
    )
    result.to_parquet(tagged, write_index=False)
    return tagger


def write_messages(folder):
    """Write the bundled messages to six files for training and two for the test."""
    tickets = load_support_tickets()
    table = pd.DataFrame({"text": tickets.data, "labels": [list(x) for x in tickets.label_sets]})
    for i in range(8):
        path = Path(folder, "training" if i < 6 else "test")
        path.mkdir(exist_ok=True)
        table[i::8].to_parquet(path / f"{i}.parquet", index=False)


def main(training, test, tagged):
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            memory_limit="1GB",
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
        ) as cluster,
        Client(cluster),
    ):
        fit_and_tag(training, test, tagged)
    first = pd.read_parquet(tagged, dtype_backend="pyarrow").iloc[0]
    print(f"{first['text'][:40]}... {list(first['tags'])}")


if __name__ == "__main__":
    if len(sys.argv) > 3:
        main(*sys.argv[1:4])
    else:
        with TemporaryDirectory() as place:
            write_messages(place)
            main(f"{place}/training", f"{place}/test", f"{place}/tagged")
