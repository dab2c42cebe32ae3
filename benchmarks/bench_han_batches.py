"""Batches of similar length compared with padding the corpus to its longest document.

    python benchmarks/bench_han_batches.py PATH [--encoder bigru] [--smoke]

PATH is the folder of GoEmotions; without it, texts are generated. Both methods train the same
network on the same documents, alternately; the medians of the seconds per document are compared.
The logits of both must agree.
"""

import argparse
import os
import statistics
import time
from functools import partial
from pathlib import Path

import numpy as np

from skmultitext.datasets import make_multilabel_text, read_label_column_csv
from skmultitext.neural._text_network import text_network
from skmultitext.neural.losses import make_loss
from skmultitext.sequences import (
    Tokenizer,
    Vocabulary,
    count_words,
    encode_texts,
    length_batches,
    round_up_lengths,
)
from skmultitext.training import KerasStep, make_optimizer

WANTED = 3.0


def read(path, smoke):
    if path is None:
        bunch = make_multilabel_text(2000, n_words=16, random_state=0)
    else:
        bunch = read_label_column_csv(
            path / "train.tsv.gz",
            header=False,
            text_column=0,
            labels_column=1,
            id_column=2,
            label_indices=True,
            label_names=path / "labels.txt",
        )
    return (bunch.data[:2000], bunch.target[:2000]) if smoke else (bunch.data, bunch.target)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path, nargs="?")
    parser.add_argument("--encoder", default="bigru", choices=("han", "bigru", "cnn", "mean"))
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--smoke", action="store_true", help="few documents, nothing asserted")
    arguments = parser.parse_args()
    texts, target = read(arguments.path, arguments.smoke)
    rounds = 1 if arguments.smoke else arguments.rounds

    tokenizer = Tokenizer()
    vocabulary = Vocabulary.from_counts(count_words(texts, tokenizer), max_size=20_000)
    encode = partial(encode_texts, tokenizer=tokenizer, vocabulary=vocabulary)
    word_ids = encode(
        texts, by_sentence=arguments.encoder == "han", max_sentences=32, max_words=256
    )
    longest = round_up_lengths(np.atleast_1d(word_ids.shapes.max(axis=0)))
    mean = word_ids.lengths.mean(axis=0)
    print(f"{arguments.encoder}: {len(texts)} documents, mean length {mean}, padded to {longest}")
    network = text_network(
        arguments.encoder, len(vocabulary), target.shape[1], random_state=np.random.RandomState(0)
    )
    step = KerasStep(network, make_loss("log_loss"), make_optimizer("adam", 1e-3))
    rng = np.random.RandomState(0)

    some = rng.choice(len(texts), 8, replace=False)
    near = np.asarray(network(word_ids.padded(some)))
    far = np.asarray(network(word_ids.padded(some, shape=tuple(longest))))
    np.testing.assert_allclose(near, far, rtol=1e-4, atol=1e-5)
    print(f"largest difference of logits: {np.abs(near - far).max():.1e}")

    def seconds_per_document(batches, shape):
        start = time.perf_counter()
        for rows in batches:
            ids = word_ids.padded(rows, shape=shape)
            step([(ids, target[rows], None)])
        return (time.perf_counter() - start) / sum(map(len, batches))

    found = {"whole corpus": [], "similar length": []}
    for round_ in range(rounds + 1):
        order = length_batches(word_ids.lengths, arguments.batch_size, rng=rng)
        n_batches = 8 if arguments.smoke else 60
        like = seconds_per_document(order[:n_batches], None)
        padded = [rng.choice(len(texts), arguments.batch_size, replace=False) for _ in range(3)]
        whole = seconds_per_document(padded[: 1 if arguments.smoke else 3], tuple(longest))
        if round_:  # the first one warms up
            found["similar length"].append(like)
            found["whole corpus"].append(whole)
    medians = {name: statistics.median(values) for name, values in found.items()}
    for name, value in medians.items():
        print(f"{name:>14}: {1e3 * value:8.3f} ms a document (median of {rounds})")
    ratio = medians["whole corpus"] / medians["similar length"]
    print(f"ratio {ratio:.1f}, wanted {WANTED:.0f} (load {os.getloadavg()[0]:.1f})")
    assert arguments.smoke or ratio >= WANTED


if __name__ == "__main__":
    main()
