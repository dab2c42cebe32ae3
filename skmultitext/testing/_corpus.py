"""The small corpus that the checks train on: generated, and always the same."""

import random
from functools import cache
from types import SimpleNamespace

import numpy as np

from .._gate.types import IntArray

LABEL_NAMES = ("billing", "delivery", "login")

_TOPICS = {
    "billing": ["refund", "invoice", "card", "charge", "payment", "receipt"],
    "delivery": ["parcel", "courier", "late", "address", "tracking", "door"],
    "login": ["password", "account", "locked", "email", "reset", "sign"],
}
_COMMON = ["please", "help", "my", "since", "yesterday", "order", "again", "thanks", "hello"]

# the label sets, repeated: "login" is rare; each half has positives and negatives of every label
_PATTERN = ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (0, 0, 0), (1, 0, 0), (0, 1, 1), (0, 1, 0))

_N_TRAIN = 64
_N_TEST = 16

# documents without a word of the corpus
UNKNOWN_DOCUMENTS = ["", "   \n\t ", "zzyzx qwrtplk vxcvb", "?!"]


def _write(generator: random.Random, row: tuple[int, ...]) -> str:
    words = generator.sample(_COMMON, generator.randint(2, 4))
    for name, given in zip(LABEL_NAMES, row, strict=True):
        if given:
            words += generator.sample(_TOPICS[name], generator.randint(2, 3))
    generator.shuffle(words)
    return " ".join(words)


@cache
def _documents() -> tuple[list[str], IntArray]:
    generator = random.Random(20)  # not the global generator, whose state is checked
    rows = [_PATTERN[i % len(_PATTERN)] for i in range(_N_TRAIN + _N_TEST)]
    return [_write(generator, row) for row in rows], np.array(rows, dtype=np.int64)


def corpus() -> SimpleNamespace:
    """Return copies of 64 `texts` with their `y`, and 16 `test_texts` with `test_y`."""
    texts, y = _documents()
    return SimpleNamespace(
        texts=texts[:_N_TRAIN],
        y=y[:_N_TRAIN].copy(),
        test_texts=texts[_N_TRAIN:],
        test_y=y[_N_TRAIN:].copy(),
    )
