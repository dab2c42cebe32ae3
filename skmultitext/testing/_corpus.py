"""The small corpus that the checks train on: made in code, always the same."""

import random
from functools import cache
from types import SimpleNamespace

import numpy as np

LABEL_NAMES = ("billing", "delivery", "login")

_TOPICS = {
    "billing": ["refund", "invoice", "card", "charge", "payment", "receipt"],
    "delivery": ["parcel", "courier", "late", "address", "tracking", "door"],
    "login": ["password", "account", "locked", "email", "reset", "sign"],
}
_COMMON = ["please", "help", "my", "since", "yesterday", "order", "again", "thanks", "hello"]

# the label sets, in turn: "login" is the rare one, every half holds each label and its absence
_PATTERN = ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (0, 0, 0), (1, 0, 0), (0, 1, 1), (0, 1, 0))

_N_TRAIN = 64
_N_TEST = 16

# documents from which no linear model on words can learn a thing
UNKNOWN_DOCUMENTS = ["", "   \n\t ", "zzyzx qwrtplk vxcvb", "?!"]


def _write(generator, row):
    words = generator.sample(_COMMON, generator.randint(2, 4))
    for name, given in zip(LABEL_NAMES, row, strict=True):
        if given:
            words += generator.sample(_TOPICS[name], generator.randint(2, 3))
    generator.shuffle(words)
    return " ".join(words)


@cache
def _documents():
    generator = random.Random(20)  # its own, so that no global generator moves
    rows = [_PATTERN[i % len(_PATTERN)] for i in range(_N_TRAIN + _N_TEST)]
    return [_write(generator, row) for row in rows], np.array(rows, dtype=np.int64)


def corpus():
    """Make the corpus, anew at every call, so that nobody can spoil it for others.

    Returns
    -------
    SimpleNamespace
        ``texts`` (list of 64 str) and ``y`` (ndarray (64, 3), dtype int64) to train on;
        ``test_texts`` (list of 16 str) and ``test_y`` to predict.
    """
    texts, y = _documents()
    return SimpleNamespace(
        texts=texts[:_N_TRAIN],
        y=y[:_N_TRAIN].copy(),
        test_texts=texts[_N_TRAIN:],
        test_y=y[_N_TRAIN:].copy(),
    )
