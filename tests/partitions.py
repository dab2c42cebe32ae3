"""A small corpus in partitions, for the tests of skmultitext.distributed."""

import numpy as np
import pandas as pd

from skmultitext import TfidfLogRegTagger

NAMES = ["delivery", "refund", "account"]
WORDS = {"delivery": "parcel late", "refund": "money back", "account": "login password"}


def table(n_rows=60, seed=0):
    """A DataFrame of texts, an indicator with unknown entries, label lists and weights."""
    random = np.random.default_rng(seed)
    given = random.random((n_rows, 3)) < 0.4
    noise = random.choice(["hello", "please", "parcel", "money", "login"], n_rows)
    texts = [
        " ".join([word, *(WORDS[name] for name, yes in zip(NAMES, row, strict=True) if yes)])
        for word, row in zip(noise, given, strict=True)
    ]
    frame = pd.DataFrame({"text": texts, "weight": random.integers(0, 3, n_rows) / 2})
    for j, name in enumerate(NAMES):
        frame[name] = np.where(random.random(n_rows) < 0.1, np.nan, given[:, j])
    lists = [[n for n, yes in zip(NAMES, row, strict=True) if yes] for row in given]
    frame["lists"] = pd.Series(lists, dtype=object)
    frame.loc[random.random(n_rows) < 0.1, "lists"] = None
    return frame


def parts_of(frame):
    """Four partitions of unequal length, one of them empty."""
    return [frame[:7], frame[7:7], frame[7:40], frame[40:]]


def fitted():
    """A tagger that makes mistakes."""
    frame = table(40, seed=1)
    return TfidfLogRegTagger(C=0.3, random_state=0).fit(frame["text"], frame[NAMES].fillna(0))
