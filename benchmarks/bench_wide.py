"""Everything beside a tagger with 100,000 labels: seconds and memory, part by part.

    python benchmarks/bench_wide.py [WORD ...] [--documents 20000] [--labels 100000]
    python benchmarks/bench_wide.py --smoke

Texts, labels of a long tail and sparse probabilities are made once. Every part runs in a process of
its own, whose address space is limited to --gigabytes. WORDs choose parts by words that their names
contain; the first part, a label tree on the same data, is the measure of all others. Seconds are
elapsed, processor time in parentheses; peak is the memory that a part takes beside its data. A
dense int8 matrix of documents times labels takes 2 GB, one of float64 16 GB.
"""

import argparse
import json
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from functools import cached_property
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "2")

import numpy as np
import scipy.sparse as sp
from _side_by_side import print_machine

import skmultitext
from skmultitext import LabelTreeTagger, TfidfLogRegTagger, datasets, metrics, model_selection
from skmultitext._gate.labels import LabelSpace
from skmultitext.feature_extraction import TfidfVectorizer
from skmultitext.report import multilabel_report

THREADS = 2
GUESSES = 15  # labels of a document with a probability
FEW_DOCUMENTS = 1_000  # of a linear fit


class Data:
    """What parts read, each from its file."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def _matrix(self, name):
        return sp.csr_array(sp.load_npz(self.folder / f"{name}.npz"))

    @cached_property
    def y(self):
        """Labels, CSR."""
        return self._matrix("y")

    @cached_property
    def X(self):
        """Features, CSR."""
        return self._matrix("X")

    @cached_property
    def proba(self):
        """Probabilities, CSR: of most of the labels and of others."""
        return self._matrix("proba")

    @cached_property
    def given(self):
        """Decisions, CSR."""
        return (self.proba > 0.5).astype(np.int64)

    @cached_property
    def names(self):
        """Label names."""
        return np.array([f"label_{j:06d}" for j in range(self.y.shape[1])], dtype=object)

    @cached_property
    def sets(self):
        """The names of each document's labels."""
        ends = pairwise(self.y.indptr)
        return [self.names[self.y.indices[a:b]].tolist() for a, b in ends]

    @cached_property
    def texts(self):
        """The documents."""
        return pickle.loads((self.folder / "texts.pickle").read_bytes())

    @cached_property
    def with_unknown(self):
        """The labels, one in a thousand of them and as many others unknown."""
        y, rng = sp.coo_array(self.y, dtype=np.float64), np.random.default_rng(0)
        n = max(1, y.nnz // 1000)
        rows = np.append(y.coords[0], rng.integers(y.shape[0], size=n))
        columns = np.append(y.coords[1], rng.integers(y.shape[1], size=n))
        values = np.append(y.data, np.full(n, np.nan))
        values[rng.integers(y.nnz, size=n)] = np.nan
        return sp.csr_array((values, (rows, columns)), shape=y.shape)

    @cached_property
    def tagger(self):
        """The tree that the first part has fitted."""
        return skmultitext.load(self.folder / "model")


def write_data(folder, n_documents, n_labels):
    """Write texts, labels, features and probabilities, and files for the readers."""
    texts, y = datasets.make_multilabel_text(
        n_documents, n_labels=n_labels, n_words=30, labels_per_text=4,
        vocabulary_size=max(20_000, n_labels), label_distribution="zipf", random_state=0,
        return_X_y=True,
    )  # fmt: skip
    sp.save_npz(folder / "y.npz", sp.csr_matrix(y), compressed=False)
    (folder / "texts.pickle").write_bytes(pickle.dumps(texts))
    X = TfidfVectorizer(min_df=2, sublinear_tf=True).fit_transform(texts).astype(np.float32)
    sp.save_npz(folder / "X.npz", sp.csr_matrix(X), compressed=False)
    rng = np.random.default_rng(0)
    rows = np.append(np.repeat(np.arange(n_documents), np.diff(y.indptr)),
                     np.repeat(np.arange(n_documents), GUESSES))  # fmt: skip
    columns = np.append(y.indices, rng.integers(n_labels, size=n_documents * GUESSES))
    seen = rng.random(len(rows)) < 0.8
    proba = sp.csr_array((rng.random(len(rows))[seen], (rows[seen], columns[seen])), y.shape)
    proba.sum_duplicates()
    proba.data = np.clip(proba.data, 1e-6, 1 - 1e-6)
    sp.save_npz(folder / "proba.npz", sp.csr_matrix(proba), compressed=False)
    data = Data(folder)
    lines = {"column.csv": ["text,labels"], "rows.jsonl": [], "fasttext.txt": [], "lines.tsv": []}
    for i, (text, labels) in enumerate(zip(texts, data.sets, strict=True)):
        lines["column.csv"].append(f'{text},"{",".join(labels)}"')
        lines["rows.jsonl"].append(json.dumps({"text": text, "labels": labels}))
        lines["fasttext.txt"].append(" ".join([*(f"__label__{name}" for name in labels), text]))
        lines["lines.tsv"].append(f"{i}\t{' '.join(labels)}\t{text}")
    for name, content in lines.items():
        (folder / name).write_text("\n".join(content), encoding="utf-8")
    return X.shape[1], np.count_nonzero(np.bincount(y.indices)), y.nnz / n_documents


PARTS = {}


def part(name):
    """Register a part: a function of the data that returns what to measure."""

    def register(prepare):
        PARTS[name] = prepare
        return prepare

    return register


def scored(name, **options):
    """Register a metric of decisions or probabilities."""
    function = getattr(metrics, name)

    def prepare(data):
        of_decisions = name in _OF_DECISIONS
        output = data.given if of_decisions else data.proba
        return lambda: function(data.y, output, **options)

    shown = "".join(f", {value}" for value in options.values() if isinstance(value, int | str))
    PARTS[f"metrics: {name}{shown}"] = prepare


@part("label tree: fit")
def _(data):
    tagger = LabelTreeTagger(n_jobs=THREADS, random_state=0)

    def fit():
        tagger.fit(data.X, data.y)
        skmultitext.save(tagger, data.folder / "model")

    return fit


@part("label tree: load")
def _(data):
    return lambda: skmultitext.load(data.folder / "model")


@part("label tree: load, mapped")
def _(data):
    return lambda: skmultitext.load(data.folder / "model", mmap=True)


@part("label tree: save")
def _(data):
    return lambda tagger=data.tagger: skmultitext.save(tagger, data.folder / "again")


@part("label tree: score")
def _(data):
    return lambda: data.tagger.score(data.X, data.y)


@part("label tree: predict_labels")
def _(data):
    return lambda: data.tagger.predict_labels(data.X)


@part("labels: sparse indicator")
def _(data):
    return lambda: LabelSpace.learn(data.y)


@part("labels: sets of names")
def _(data):
    return lambda sets=data.sets: LabelSpace.learn(sets)


@part("labels: names given")
def _(data):
    return lambda sets=data.sets: LabelSpace.learn(sets, labels=data.names)


@part("labels: sparse, unknown")
def _(data):
    return lambda y=data.with_unknown: LabelSpace.learn(y, allow_unknown=True)


@part("labels: sparse DataFrame")
def _(data):
    import pandas

    frame = pandas.DataFrame.sparse.from_spmatrix(sp.coo_matrix(data.y), columns=data.names)
    return lambda: LabelSpace.learn(frame)


@part("readers: label column")
def _(data):
    return lambda: datasets.read_label_column_csv(data.folder / "column.csv")


@part("readers: jsonl")
def _(data):
    return lambda: datasets.read_jsonl(data.folder / "rows.jsonl")


@part("readers: fastText")
def _(data):
    return lambda: datasets.read_fasttext(data.folder / "fasttext.txt")


@part("readers: LibMultiLabel")
def _(data):
    return lambda: datasets.read_libmultilabel(data.folder / "lines.tsv")


@part("merge, same labels")
def _(data):
    one = datasets.read_jsonl(data.folder / "rows.jsonl")
    one.target = sp.csr_array(one.target)
    return lambda: datasets.merge(one, one)


def _splits(name, **options):
    def prepare(data):
        splitter = getattr(model_selection, name)(random_state=0, **options)
        groups = {"groups": np.arange(data.y.shape[0]) // 3} if "Group" in name else {}
        return lambda: [*splitter.split(data.X, data.y, **groups)]

    PARTS[f"splits: {name}"] = prepare


_splits("MultilabelStratifiedKFold", shuffle=True)
_splits("RepeatedMultilabelStratifiedKFold", n_repeats=2)
_splits("MultilabelStratifiedShuffleSplit", n_splits=2)
_splits("MultilabelStratifiedGroupKFold", shuffle=True)


@part("splits: train_test_split")
def _(data):
    return lambda: model_selection.multilabel_train_test_split(data.X, data.y, random_state=0)


@part("splits: train_test_split, train")
def _(data):
    return lambda: model_selection.multilabel_train_test_split(
        data.X, data.y, test_size=0.01, random_state=0, singletons="train"
    )


@part("splits: KFold, unknown")
def _(data):
    splitter = model_selection.MultilabelStratifiedKFold()
    return lambda y=data.with_unknown: [*splitter.split(data.X, y)]


@part("splits: split_report")
def _(data):
    fold_of = np.random.default_rng(0).integers(5, size=data.y.shape[0])
    splits = [(np.flatnonzero(fold_of != f), np.flatnonzero(fold_of == f)) for f in range(5)]

    def report():
        found = model_selection.split_report(data.y, splits)
        return str(found), found.to_frame()

    return report


_OF_DECISIONS = {
    "exact_match", "subset_zero_one_loss", "hamming_loss", "binary_accuracy", "f1_score",
    "precision_score", "recall_score", "jaccard_score",
}  # fmt: skip
for _name in sorted(_OF_DECISIONS):
    scored(_name)
scored("f1_score", average="samples")
for _average in ("macro", "micro"):
    scored("average_precision_score", average=_average)
    scored("roc_auc_score", average=_average)
for _name in (
    "log_loss", "brier_score_loss", "expected_calibration_error",
    "label_ranking_average_precision_score", "coverage_error", "label_ranking_loss", "r_precision",
):  # fmt: skip
    scored(_name)
for _name in ("precision_at_k", "recall_at_k", "ndcg_at_k"):
    scored(_name, k=5)


@part("metrics: psp_at_k")
def _(data):
    def score():
        propensities = metrics.label_propensities(data.y)
        return metrics.psp_at_k(data.y, data.proba, propensities=propensities, k=5)

    return score


@part("metrics: with unknown labels")
def _(data):
    def score(y=data.with_unknown):
        return (
            metrics.exact_match(y, data.given),
            metrics.f1_score(y, data.given),
            metrics.log_loss(y, data.proba),
            metrics.average_precision_score(y, data.proba),
            metrics.precision_at_k(y, data.proba),
        )

    return score


@part("metrics: of label sets")
def _(data):
    sets = data.sets
    return lambda: (
        metrics.f1_score(sets, sets),
        metrics.precision_at_k(sets, data.proba, label_names=data.names),
    )


def _streamed(n_bins):
    def prepare(data):
        def stream():
            found = metrics.StreamingMetrics(data.y.shape[1], n_bins=n_bins)
            for start in range(0, data.y.shape[0], 2000):
                rows = slice(start, start + 2000)
                found.update(data.y[rows], data.proba[rows])
            return found.merge(metrics.StreamingMetrics(data.y.shape[1], n_bins=n_bins)).compute()

        return stream

    PARTS[f"metrics: StreamingMetrics, {n_bins} bins"] = prepare


_streamed(0)
_streamed(1024)


@part("metrics: compare_taggers")
def _(data):
    rng = np.random.default_rng(1)
    other = data.proba.copy()
    other.data = rng.permutation(other.data)
    return lambda: metrics.compare_taggers(
        {"one": data.proba, "other": other}, data.y, n_bootstrap=20, random_state=0,
        scoring=["f1_micro", "f1_macro", "exact_match", "precision_at_1"],
    )  # fmt: skip


@part("report: printed")
def _(data):
    return lambda: str(multilabel_report(data.y, data.proba, label_names=data.names))


@part("report: frame, notebook, bootstrap")
def _(data):
    def report():
        found = multilabel_report(data.y, data.proba, n_bootstrap=10, random_state=0)
        return found.to_frame(), found._repr_html_()

    return report


@part("report: page")
def _(data):
    def page():
        found = multilabel_report(data.y, data.proba, texts=data.texts)
        return found.to_html(data.folder / "page.html")

    return page


def _asked(name):
    def prepare(data):
        options = {}
        if name.startswith("psp"):
            options["propensities"] = metrics.label_propensities(data.y)
        scorer = metrics.get_scorer(name, **options)
        rows = slice(0, 2000)
        return lambda tagger=data.tagger: scorer(tagger, data.X[rows], data.y[rows])

    PARTS[f"scorers: {name}"] = prepare


for _name in ("exact_match", "f1_macro", "precision_at_5", "psp_at_5", "average_precision_macro"):
    _asked(_name)


def _linear(**options):
    def prepare(data):
        rows = slice(0, FEW_DOCUMENTS)
        rng = np.random.default_rng(0)
        n_labels = data.y.shape[1]
        # every label occurs
        places = np.append(np.arange(n_labels), rng.integers(n_labels, size=n_labels))
        y = sp.csr_array(
            (np.ones(2 * n_labels), (rng.integers(FEW_DOCUMENTS, size=2 * n_labels), places)),
            shape=(FEW_DOCUMENTS, n_labels),
        )
        y.data[:] = 1
        tagger = TfidfLogRegTagger(random_state=0, n_jobs=THREADS, **options)
        return lambda texts=data.texts[rows]: tagger.fit(texts, y)

    shown = "".join(f", {name}={value}" for name, value in options.items())
    PARTS[f"linear: {FEW_DOCUMENTS} texts{shown}"] = prepare


_linear(prune=0.01)
_linear(loss="log_loss", prune=0.01)


def measure(name, folder, gigabytes):
    """Run one part; return elapsed and processor seconds and the peak of memory in MB."""
    prepare = PARTS[name]
    data = Data(folder)
    if gigabytes is not None:
        resource.setrlimit(resource.RLIMIT_AS, (int(gigabytes * 2**30),) * 2)
    warnings.simplefilter("ignore")
    run = prepare(data)
    for attribute in ("y", "X", "proba"):  # read data before, not while it is measured
        getattr(data, attribute)
    before = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    start = time.perf_counter(), time.process_time()
    run()
    seconds = time.perf_counter() - start[0], time.process_time() - start[1]
    return *seconds, memory("VmHWM") - before


def memory(field):
    """Read an amount of memory of this process, in MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition(f"{field}:")[2].split()[0]) / 1024


def run_part(name, folder, options):
    """Run one part in a process of its own; return its figures, or what went wrong."""
    if options.smoke:  # here: a hundred processes would only start
        return measure(name, folder, None)
    command = [sys.executable, __file__, "--part", name, str(folder)]
    command += ["--gigabytes", str(options.gigabytes)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=options.seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return f"does not end in {options.seconds} s"
    if done.returncode:
        return f"failed: {' '.join(done.stderr.strip().splitlines()[-1:])[:150]}"
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="words of the parts to measure; by default all")
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--labels", type=int, default=100_000)
    parser.add_argument("--gigabytes", type=float, default=8.0, help="address space of a part")
    parser.add_argument("--seconds", type=float, default=600.0, help="the most for a part")
    parser.add_argument("--folder", type=Path, help="keeps the data for the next run")
    parser.add_argument("--part", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--smoke", action="store_true", help="small data, in one process")
    options = parser.parse_args()
    if options.part:
        print(json.dumps(measure(*options.part, options.gigabytes)))
        return
    if options.smoke:
        options.documents, options.labels = 1_200, 300
    print_machine()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(exist_ok=True, parents=True)
        if not (folder / "done").exists():
            n_features, occurring, cardinality = write_data(
                folder, options.documents, options.labels
            )
            text = (
                f"{options.documents} documents, {options.labels} labels of which {occurring} "
                f"occur, {cardinality:.1f} of a document; {n_features} features"
            )
            (folder / "done").write_text(text, encoding="utf-8")
        print((folder / "done").read_text(encoding="utf-8"))
        print(f"{'':44} {'s':>7} {'':>7} {'peak MB':>8}   load")
        for name in PARTS:
            if options.words and not any(word in name for word in options.words):
                continue
            found = run_part(name, folder, options)
            if isinstance(found, str):
                print(f"{name:44} {found}", flush=True)
                continue
            elapsed, processor, peak = found
            print(
                f"{name:44} {elapsed:7.2f} ({processor:5.1f}) {peak:8.0f}   "
                f"{os.getloadavg()[0]:.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
