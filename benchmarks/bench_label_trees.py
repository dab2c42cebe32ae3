"""Label trees beside omikuji, PECOS, napkinXC, LibMultiLabel and our one-vs-rest.

    python benchmarks/bench_label_trees.py [SET ...] [--only WORD ...] [--peers PYTHON ...]
    python benchmarks/bench_label_trees.py --smoke

Sets, by default all but debian:

small
    18,000 generated documents with 2,000 labels: one-vs-rest takes part.
large
    200,000 generated documents with 30,000 labels.
growth
    Prediction with 1,000, 10,000 and 100,000 labels, our trees only.
debian
    Descriptions of Debian's packages; labels are the packages that they depend on, recommend and
    suggest, their section and their tags. Reads apt's lists (``apt-get -o
    Acquire::Languages=en update`` gets the descriptions); one-vs-rest takes part.

All read the same TF-IDF features, float32, in two threads, each in a process of its own, one after
the other. --peers names interpreters that have other libraries; one that is in none is said to be
absent. --only chooses rows by words that their names contain. Seconds are elapsed (processor time
in parentheses); peak is the largest resident set up to the end of the fit, data included.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from _side_by_side import print_machine
from label_tree_fits import FITS, K

from skmultitext.datasets import make_multilabel_text
from skmultitext.feature_extraction import TfidfVectorizer
from skmultitext.metrics import label_propensities, precision_at_k, psp_at_k

SETS = ("small", "large", "growth", "debian")
ONLY_IN = {  # sets on which rows end in reasonable time
    "skmultitext, one-vs-rest": ("small", "debian", "smoke"),
    "one-vs-rest, squared hinge": ("small", "smoke"),
}
MOST_SECONDS = 3_000  # of one fit with its prediction
LISTS = "/var/lib/apt/lists"


def generated(n_train, n_labels, n_test=5_000):
    """Make texts and labels, and the number of training documents."""
    texts, y = make_multilabel_text(
        n_train + n_test,
        n_labels=n_labels,
        n_words=40,
        labels_per_text=4,
        vocabulary_size=max(20_000, 2 * n_labels),
        label_distribution="zipf",
        random_state=0,
        return_X_y=True,
    )
    return texts, y, n_train


def debian(lists=LISTS):
    """Read descriptions and labels of packages from apt's lists; the last tenth is for tests."""
    descriptions, sets = {}, {}
    for file in sorted(Path(lists).glob("*_main_i18n_Translation-en*")):
        for fields in _paragraphs(file):
            descriptions[fields["Description-md5"]] = fields.get("Description-en", "")
    for file in sorted(Path(lists).glob("*_main_binary-*_Packages*")):
        for fields in _paragraphs(file):
            key = fields.get("Description-md5")
            labels = {f"section:{fields.get('Section', '')}"}
            tags = re.sub(r"\{([^}]*)\}", lambda m: m[1].split(",")[0], fields.get("Tag", ""))
            labels.update(f"tag:{tag.strip()}" for tag in tags.split(",") if tag.strip())
            for field in ("Depends", "Recommends", "Suggests"):
                names = re.findall(r"(?:^|[,|])\s*([a-z0-9][a-z0-9+.-]+)", fields.get(field, ""))
                labels.update(names)
            sets.setdefault(key, set()).update(labels)  # packages with one text are one document
    keys = sorted(key for key in sets if descriptions.get(key))
    if not keys:
        sys.exit(f"There are no descriptions in {lists}.")
    order = np.random.default_rng(0).permutation(len(keys))
    names = sorted(set().union(*(sets[key] for key in keys)))
    place = {name: j for j, name in enumerate(names)}
    rows, columns = [], []
    for row, i in enumerate(order):
        own = sorted(place[name] for name in sets[keys[i]])
        rows += [row] * len(own)
        columns += own
    y = sp.csr_array((np.ones(len(rows), np.int64), (rows, columns)), (len(keys), len(names)))
    return [descriptions[keys[i]] for i in order], y, len(keys) - len(keys) // 10


def _paragraphs(file):
    if file.suffix == ".lz4":
        text = subprocess.run(["lz4", "-dc", file], capture_output=True, check=True).stdout
    else:
        text = file.read_bytes()
    for paragraph in text.decode("utf-8", "replace").split("\n\n"):
        fields = re.findall(r"^([A-Za-z0-9-]+): ?(.*(?:\n .*)*)", paragraph, re.M)
        if fields:
            yield dict(fields)


def write_data(folder, texts, y, n_train):
    """Write features and labels; return the labels of training and test documents."""
    X = TfidfVectorizer(min_df=2, sublinear_tf=True).fit(texts[:n_train])
    features = X.transform(texts).astype(np.float32)
    y = sp.csr_array(y)
    for name, matrix in {
        "X": features[:n_train],
        "X_test": features[n_train:],
        "Y": y[:n_train],
    }.items():
        sp.save_npz(folder / f"{name}.npz", sp.csr_matrix(matrix), compressed=False)
    given = np.bincount(y[:n_train].indices, minlength=y.shape[1])
    print(
        f"{n_train} documents, {features.shape[1]} features, {(given > 0).sum()} labels that "
        f"occur, {y[:n_train].nnz / n_train:.1f} of a document; "
        f"{len(texts) - n_train} test documents"
    )
    return y[:n_train], y[n_train:]


def measure(name, folder, pythons):
    """Fit in the first interpreter that has the library; None if none has."""
    script = Path(__file__).with_name("label_tree_fits.py")
    for python in pythons:
        done = subprocess.run(
            [python, script, name, folder],
            capture_output=True,
            text=True,
            timeout=MOST_SECONDS,
            check=False,
        )
        if done.returncode:
            return f"failed: {done.stderr.strip().splitlines()[-1:]}"
        found = json.loads(done.stdout.splitlines()[-1])
        if "absent" not in found:
            return found
    return "absent"


def scores(best, train, test, propensities):
    """P@1, P@3, P@5 and PSP@5 of columns of labels, the best first."""
    n = len(best)
    kept = best.ravel() >= 0
    ranks = np.tile(np.arange(K, 0, -1.0), n)[kept]
    rows = np.repeat(np.arange(n), K)[kept]
    ranked = sp.csr_array((ranks, (rows, best.ravel()[kept])), test.shape)
    found = [precision_at_k(test, ranked, k=k) for k in (1, 3, 5)]
    return [*found, psp_at_k(test, ranked, propensities=propensities, k=5)]


def compare(name, data, chosen, pythons):
    """Fit all on one set and print a row for each."""
    print(f"\n{name}: ", end="")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        train, test = write_data(folder, *data)
        propensities = label_propensities(train)
        print(
            f"{'':26} {'fit s':>15} {'ms a document':>13} {'peak MB':>8} {'model MB':>8} "
            f"{'P@1':>6} {'P@3':>6} {'P@5':>6} {'PSP@5':>6}   load"
        )
        for row in chosen:
            if name not in ONLY_IN.get(row, [name]):
                continue
            try:
                found = measure(row, folder, pythons)
            except subprocess.TimeoutExpired:
                found = f"does not end in {MOST_SECONDS} s"
            if isinstance(found, str):
                print(f"{row:26} {found}", flush=True)
                continue
            (fit, cpu), (predict, predict_cpu) = found["fit"], found["predict"]
            quality = scores(np.load(folder / "best.npy"), train, test, propensities)
            a, b = (1000 * s / test.shape[0] for s in (predict, predict_cpu))
            print(
                f"{row:26} {fit:7.1f} ({cpu:5.0f}) {a:5.3f} ({b:5.3f}) {found['peak']:8.0f} "
                f"{found['size']:8.1f} {' '.join(f'{q:6.4f}' for q in quality)}   "
                f"{os.getloadavg()[0]:.1f}",
                flush=True,
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="*", choices=[*SETS, []], help="by default all but debian")
    parser.add_argument("--only", nargs="+", default=[""], help="words of the rows to measure")
    parser.add_argument("--peers", nargs="+", default=[], help="interpreters with other libraries")
    parser.add_argument("--lists", default=LISTS, help="apt's lists of packages")
    parser.add_argument("--smoke", action="store_true", help="small generated data")
    options = parser.parse_args()
    print_machine()
    pythons = [sys.executable, *options.peers]
    chosen = [row for row in FITS if any(word in row for word in options.only)]
    if options.smoke:
        compare("smoke", generated(2_500, 300, 300), chosen, pythons)
        return
    for name in options.sets or SETS[:3]:
        if name == "growth":
            for n_labels in (1_000, 10_000, 100_000):
                data = generated(100_000, n_labels)
                compare(f"growth, {n_labels}", data, ["skmultitext, one tree"], pythons)
        elif name == "debian":
            compare(name, debian(options.lists), chosen, pythons)
        else:
            sizes = {"small": (18_000, 2_000), "large": (200_000, 30_000)}
            compare(name, generated(*sizes[name]), chosen, pythons)


if __name__ == "__main__":
    main()
