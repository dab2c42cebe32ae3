"""Tag a Dask DataFrame partition by partition: more rows than fit into memory.

    python examples/recipes/dask_frame.py [texts.csv OUTPUT_FOLDER]

The tagger is saved once; each worker loads it on first use and tags its partitions, so nothing
large is sent. Without arguments, the script first writes some bundled messages to a CSV file.
"""

import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import dask.dataframe as dd
import pandas as pd

import skmultitext
from skmultitext import TfidfLogRegTagger
from skmultitext.datasets import load_support_tickets


@cache
def load(path):
    """Load the tagger once per process."""
    return skmultitext.load(path)


def tag(part, path):
    """Add the labels of a partition, and the highest probability."""
    if part.empty:
        return part.assign(labels=pd.Series(dtype=object), confidence=pd.Series(dtype=float))
    tagger = load(path)
    texts = part["text"].tolist()
    return part.assign(
        labels=[" ".join(labels) for labels in tagger.predict_labels(texts)],
        confidence=tagger.predict_proba(texts).max(axis=1),
    )


def main(texts, output):
    tickets = load_support_tickets()
    tagger = TfidfLogRegTagger(random_state=0).fit(tickets.data, tickets.label_sets)
    with TemporaryDirectory() as folder:
        path = str(Path(folder, "tagger"))
        skmultitext.save(tagger, path)
        frame = dd.read_csv(texts, dtype={"text": "string"}, blocksize=20_000)
        meta = {"text": "string", "labels": "string", "confidence": float}
        tagged = frame.map_partitions(tag, path, meta=pd.DataFrame(columns=list(meta)).astype(meta))
        files = tagged.to_csv(
            f"{output}/part-*.csv", index=False, compute_kwargs={"scheduler": "processes"}
        )
    first = pd.read_csv(files[0], keep_default_na=False)
    n_rows = sum(len(pd.read_csv(file)) for file in files)
    print(f"{n_rows} rows in {len(files)} partitions")
    print(first[["labels", "confidence"]].head(3).to_string())


if __name__ == "__main__":
    if len(sys.argv) > 2:
        main(sys.argv[1], sys.argv[2])
    else:
        with TemporaryDirectory() as place:
            table = pd.DataFrame({"text": load_support_tickets().data})
            table.to_csv(f"{place}/texts.csv", index=False)
            main(f"{place}/texts.csv", place)
