"""Fit, score and tag a corpus larger than memory on a Ray cluster.

    python examples/recipes/ray_corpus.py [TRAINING TEST TAGGED]

TRAINING and TEST are folders of Parquet files with a column of texts and one of lists of label
names; TAGGED is a folder for the result. Without arguments, the script writes the bundled messages
to such files first. It runs Ray on this machine, with two processes; on a cluster, pass its address
to `ray.init`. The files must be where all workers can read them.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import ray

from skmultitext import TfidfLogRegTagger
from skmultitext.datasets import load_support_tickets
from skmultitext.distributed import evaluate_partitions, fit_partitions, tag_partitions


def fit_and_tag(training, test, tagged):
    """Fit on Parquet files, score and tag others; return the tagger."""
    columns = {"text": "text", "labels": "labels"}
    train, held_out = map(ray.data.read_parquet, (training, test))
    tagger = fit_partitions(TfidfLogRegTagger(), train, **columns)
    rounds = tagger.rounds_
    print(f"{rounds['n_rounds']} rounds, duality gap {rounds['gap']:.1e}")

    scores = evaluate_partitions(tagger, held_out, **columns)
    print(f"micro-F1 {scores['f1_micro']:.3f} on {scores['n_samples']} texts")

    result = tag_partitions(
        tagger,
        held_out.select_columns(["text"]),
        text="text",
        column="tags",
        proba_column="probabilities",
    )
    result.write_parquet(tagged)
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
    ray.init(num_cpus=2, include_dashboard=False, _node_ip_address="127.0.0.1")
    ray.data.DataContext.get_current().enable_progress_bars = False
    try:
        fit_and_tag(training, test, tagged)
        first = ray.data.read_parquet(tagged).take(1)[0]
    finally:
        ray.shutdown()
    print(f"{first['text'][:40]}... {list(first['tags'])}")


if __name__ == "__main__":
    if len(sys.argv) > 3:
        main(*sys.argv[1:4])
    else:
        with TemporaryDirectory() as place:
            write_messages(place)
            main(f"{place}/training", f"{place}/test", f"{place}/tagged")
