"""Load forged models and predict, in a process of its own with limits: see test_fuzz_forged.py.

Prints a line for each: its seed, what became of it, and what was done to it.
"""

import json
import resource
import sys
import warnings
from pathlib import Path

import numpy as np
from forging import forge, write_model
from hand_forged_models import CASES
from limits import limited, memory
from saved_models import Files, answers, apart, fitted, loaded, probe

import skmultitext
from skmultitext import persistence
from skmultitext.exceptions import ModelFileError
from skmultitext.persistence._allowed import key_of

ROOM = 2**30  # memory allowed beyond the process's size at the start


def summary(model):
    """What the manifest says of a model."""
    return {"class": key_of(type(model)), **persistence._decoded_summary(model)}


def forged(name, seed):
    """Forge a model: from the schemas by a number, by hand by the name of the case."""
    if isinstance(seed, int):
        return *forge(name, seed), None
    tree, files, _ = apart(name)
    tree, files = json.loads(json.dumps(tree)), Files(files)
    return tree, files, seed, CASES[seed][1](tree, files)


def load_and_predict(folder, name):
    """Load a model and predict with it; return what became of it."""
    try:
        model = skmultitext.load(folder)
    except ModelFileError:
        return "refused"
    X = probe(name)
    if name in ("features", "partial"):  # a consistent model with that number of features
        X = np.resize(X, (5, min(model.n_features_in_, 10**5)))
    found = answers(model, X)
    known = all(np.isfinite(a).all() for a in found if a.dtype.kind == "f")
    return "answered" if found and known else "answered NaN"


def became(folder, name, seed):
    """Load a forged model and predict with it; return what became of it, and what was done."""
    tree, files, done, state = forged(name, seed)
    try:
        about = summary(loaded(tree, files))
    except ModelFileError:
        about = summary(fitted(name))
    write_model(folder, tree, files, state, **about)
    return limited(load_and_predict, folder, name, seconds=5, megabytes=ROOM / 2**20 / 2), done


def main(folder, cases):
    """Go through cases, each the name of a model and a seed."""
    warnings.simplefilter("ignore")
    for name in dict(cases):
        apart(name)
    now = int(memory("VmSize")) * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (now + ROOM, now + ROOM))
    for name, seed in cases:
        print(seed, "started", flush=True)
        try:
            answer, done = became(folder, name, seed)
        except Exception as error:
            done = forged(name, seed)[2]
            answer = f"{type(error).__name__} {str(error)[:100]!a}"
        print(seed, answer, "|", ascii(done), flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        main(Path(sys.argv[1]), [(name, case) for case, (name, _) in CASES.items()])
    else:
        seeds, models = range(int(sys.argv[2]), int(sys.argv[3])), sys.argv[4].split(",")
        main(Path(sys.argv[1]), [(models[seed % len(models)], seed) for seed in seeds])
