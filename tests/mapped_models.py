"""A forest with many weights, saved; what a process that maps it needs in memory."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import scipy.sparse as sp

import skmultitext
from skmultitext import LabelTreeTagger

N_FEATURES, N_LABELS = 20_000, 1_000


def save_large(path):
    """Save one leaf of 1,000 labels whose 20,000,000 weights take 120 MB; return a document."""
    random = np.random.default_rng(0)
    X = sp.csr_array((np.ones(N_LABELS), (range(N_LABELS), range(N_LABELS))), (2100, N_FEATURES))
    y = sp.csr_array((np.ones(N_LABELS, int), (range(N_LABELS), range(N_LABELS))), (2100, N_LABELS))
    tagger = LabelTreeTagger(max_leaf=N_LABELS, tol=0.1, random_state=0).fit(X, y)
    tagger._forest = replace(
        tagger._forest,
        intercept=tagger._forest.intercept.astype(np.float32),
        feature_ptr=np.array([0, N_FEATURES]),
        features=np.arange(N_FEATURES, dtype=np.int32),
        weight_ptr=np.arange(N_FEATURES + 1, dtype=np.int64) * N_LABELS,
        children=np.tile(np.arange(N_LABELS, dtype=np.uint16), N_FEATURES),
        weights=random.standard_normal(N_FEATURES * N_LABELS, dtype=np.float32),
    )
    skmultitext.save(tagger, path)
    return tagger


def document():
    """Ten words."""
    places = np.arange(5, N_FEATURES, N_FEATURES // 10)
    return sp.csr_array(
        (np.ones(len(places)), (np.zeros(len(places), int), places)), (1, N_FEATURES)
    )


def resident():
    """MB of memory that this process has."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1000


def main():
    path, mmap = sys.argv[1], sys.argv[2] == "mmap"
    # compiles for weights of float32, and loads what a prediction imports
    small = LabelTreeTagger().fit(np.eye(4), np.eye(4, dtype=int))
    forest = small._forest
    single = {name: getattr(forest, name).astype(np.float32) for name in ("intercept", "weights")}
    small._forest = replace(forest, **single)
    small.predict_topk(sp.csr_array(np.eye(4)), k=2)
    before = resident()
    tagger = skmultitext.load(path, mmap=mmap)
    loaded = resident()
    labels, proba = tagger.predict_topk(document(), k=5)
    print(json.dumps([loaded - before, resident() - before, labels.tolist(), proba.tolist()]))


if __name__ == "__main__":
    main()
