"""Hierarchical documents from files through tf.data: a published TensorFlow pipeline.

    python examples/reproductions/hierarchical_files.py [TRAIN LABELS VALID LABELS] [--every N]

A file of texts has one document per line, with sentences separated by "|&|"; a second file has one
row of 0 and 1 per line. The article builds a vocabulary with padding and a bucket of unknown words,
pads documents x sentences x words, trains a hierarchical attention network with a loss summed over
the labels, and every N steps prints micro-, macro- and weighted F1 and accuracy on the training and
on separate validation files. Without files, the script generates some in the same format.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

from skmultitext import KerasHANTagger
from skmultitext.datasets import make_multilabel_text, read_text_and_onehot
from skmultitext.metrics import StreamingMetrics

BATCH = 256


def generate(folder, n_documents):
    """Write training and validation files; return their four paths."""
    made = make_multilabel_text(n_documents, n_labels=5, n_words=30, random_state=0)
    documents = []
    for text in made.data:
        words = text.split()
        sentences = [" ".join(words[start : start + 8]) for start in range(0, len(words), 8)]
        documents.append(" |&| ".join(sentences))
    n_train = int(0.8 * n_documents)
    paths = []
    for name, rows in (("train", slice(n_train)), ("valid", slice(n_train, None))):
        texts, labels = folder / f"{name}.txt", folder / f"{name}.onehot"
        texts.write_text("\n".join(documents[rows]) + "\n", encoding="utf-8")
        np.savetxt(labels, made.target[rows], fmt="%d", delimiter=",")
        paths += [texts, labels]
    return paths


def print_validation(event):
    """Print the training scores of this epoch so far, and the validation scores."""
    if event.name == "validation":
        figures = ", ".join(f"{name} {value:.4f}" for name, value in event.values.items())
        print(f"step {event.step}: {figures}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path, help="texts, labels, texts, labels")
    parser.add_argument("--every", type=int, default=50, help="steps between two validations")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--smoke", action="store_true", help="few generated documents, seconds")
    options = parser.parse_args()
    if len(options.files) not in (0, 4):
        parser.error("pass four files: texts and labels to train on, and to validate on")
    with tempfile.TemporaryDirectory() as folder:
        n_documents = 300 if options.smoke else 4000
        files = options.files or generate(Path(folder), n_documents)
        run(*files, options)


def run(train_texts, train_labels, valid_texts, valid_labels, options):
    """Train with validation every few steps, then stream the F1 of the validation documents."""
    tagger = KerasHANTagger(
        "han",
        sentence_separator="|&|",
        token_pattern=None,
        embedding_dim=16 if options.smoke else 64,
        units=8 if options.smoke else 32,
        n_oov_buckets=1,
        loss_params={"reduction": "sum_over_labels"},
        monitor=["f1_micro", "f1_macro", "f1_weighted", "exact_match"],
        max_epochs=1 if options.smoke else options.epochs,
        callbacks=print_validation,
        training_params={"validate_every": 4 if options.smoke else options.every},
        random_state=0,
    )
    tagger.fit_files(
        train_texts,
        train_labels,
        validation=(valid_texts, valid_labels),
    )
    print(f"vocabulary: {len(tagger.vocabulary_)} ids, of padding, of unknown words, of words")
    valid = read_text_and_onehot(valid_texts, valid_labels)
    scores = StreamingMetrics(n_labels=valid.target.shape[1], undefined="zero", n_bins=0)
    for start in range(0, len(valid.data), BATCH):
        rows = slice(start, start + BATCH)
        scores.update(valid.target[rows], tagger.predict_proba(valid.data[rows]))
    found = scores.compute()
    for average in ("micro", "macro", "weighted"):
        print(f"{average}-F1 {found[f'f1_{average}']:.4f}")


if __name__ == "__main__":
    main()
