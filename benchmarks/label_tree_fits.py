"""Fit and measure one label tree or one-vs-rest: a subprocess of bench_label_trees.py.

    python label_tree_fits.py NAME FOLDER

NAME is a key of FITS. FOLDER has the features and labels of training and test documents. Needs only
numpy, scipy and the library measured, so that each library may have its own environment. Prints
JSON, and writes the five best labels of each test document to FOLDER.
"""

import contextlib
import json
import os
import shutil
import sys
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "2"

import numpy as np
import scipy.sparse as sp

THREADS, K, BEAM = 2, 5, 10


class Clock:
    """Seconds elapsed and seconds of processor time since the start."""

    def __init__(self):
        self.start = time.perf_counter(), time.process_time()

    def read(self):
        """Return both."""
        return time.perf_counter() - self.start[0], time.process_time() - self.start[1]


def size_of(path):
    """Sum the bytes of a file, or of the files of a directory."""
    path = Path(path)
    return sum(f.stat().st_size for f in ([path] if path.is_file() else path.rglob("*.*")))


def peak():
    """Return the largest resident set of this process so far, in MiB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def skmultitext(data, folder, n_trees=1, **parameters):
    """Fit trees of this package."""
    from skmultitext import LabelTreeTagger

    tagger = LabelTreeTagger(
        n_trees=n_trees, beam_width=BEAM, n_jobs=THREADS, random_state=0, **parameters
    )
    return _own(tagger, data, folder)


def one_vs_rest(data, folder, **parameters):
    """Fit one-vs-rest of this package, with pruned weights."""
    from skmultitext import MultilabelLogisticRegression

    tagger = MultilabelLogisticRegression(prune=0.1, n_jobs=THREADS, random_state=0, **parameters)
    return _own(tagger, data, folder)


def _own(tagger, data, folder):
    import skmultitext

    small = min(2500, data["X"].shape[0])  # compiles the kernels
    type(tagger)(**tagger.get_params()).fit(data["X"][:small], data["Y"][:small]).predict_topk(
        data["X"][:1], k=K
    )
    clock = Clock()
    tagger.fit(data["X"], data["Y"])
    fitted = clock.read()
    skmultitext.save(tagger, folder / "model")
    return fitted, lambda: tagger.predict_topk(data["X_test"], k=K)[0]


def omikuji(data, folder, n_trees=1):
    """Fit the default of omikuji: Parabel's binary trees, squared hinge."""
    import omikuji
    from omikuji import ffi, lib

    pool = omikuji._ThreadPoolHandle(THREADS, initialize=True)
    file = folder / "train.txt"
    _write_lines(data["X"], data["Y"], file)
    read = lib.load_omikuji_data_set(ffi.new("char[]", str(file).encode()), pool.ptr)
    read = ffi.gc(read, lib.free_omikuji_data_set)
    settings = omikuji.Model.default_hyper_param()
    settings.n_trees = n_trees
    clock = Clock()  # without the time to read the text file
    model = omikuji.Model(lib.train_omikuji_model(read, settings, pool.ptr), pool)
    fitted = clock.read()
    model.save(str(folder / "model"))
    X = data["X_test"]
    pairs = [
        list(zip(X.indices[a:b].tolist(), X.data[a:b].tolist(), strict=True))
        for a, b in zip(X.indptr[:-1], X.indptr[1:], strict=True)
    ]

    def predict():
        best = np.full((len(pairs), K), -1)
        for i, row in enumerate(pairs):
            found = model.predict(row, beam_size=BEAM, top_k=K)
            best[i, : len(found)] = [label for label, _ in found]
        return best

    return fitted, predict


def _write_lines(X, Y, file):
    kept = np.flatnonzero(np.diff(X.indptr) > 0)  # omikuji reads no empty rows
    with file.open("w") as stream:
        stream.write(f"{len(kept)} {X.shape[1]} {Y.shape[1]}\n")
        for i in kept:
            labels = ",".join(map(str, Y.indices[Y.indptr[i] : Y.indptr[i + 1]].tolist()))
            own = slice(X.indptr[i], X.indptr[i + 1])
            pairs = zip(X.indices[own].tolist(), X.data[own].tolist(), strict=True)
            stream.write(f"{labels} {' '.join(f'{j}:{v:.7g}' for j, v in pairs)}\n")


def pecos(data, folder):
    """Fit PECOS' XLinear with its defaults: trees of 16 children, squared hinge."""
    from pecos.xmc import Indexer, LabelEmbeddingFactory
    from pecos.xmc.xlinear.model import XLinearModel

    X, Y = sp.csr_matrix(data["X"]), sp.csr_matrix(data["Y"]).astype(np.float32)
    clock = Clock()
    features = LabelEmbeddingFactory.create(Y, X, method="pifa", threads=THREADS)
    chain = Indexer.gen(features, threads=THREADS)
    model = XLinearModel.train(X, Y.tocsc(), C=chain, threads=THREADS)
    fitted = clock.read()
    model.save(str(folder / "model"))
    del model
    model = XLinearModel.load(str(folder / "model"), is_predict_only=True)
    X_test = sp.csr_matrix(data["X_test"])

    def predict():
        found = model.predict(X_test, beam_size=BEAM, only_topk=K, threads=THREADS)
        return _best(sp.csr_matrix(found))

    return fitted, predict


def _best(scores):
    """Order the stored scores of each row."""
    best = np.full((scores.shape[0], K), -1)
    for i, (a, b) in enumerate(zip(scores.indptr[:-1], scores.indptr[1:], strict=True)):
        order = np.argsort(-scores.data[a:b], kind="stable")[:K]
        best[i, : len(order)] = scores.indices[a:b][order]
    return best


def napkinxc(data, folder):
    """Fit napkinXC's probabilistic label tree with its defaults, log loss."""
    from napkinxc.models import PLT

    X, Y = sp.csr_matrix(data["X"]), data["Y"]
    labels = [Y.indices[a:b].tolist() for a, b in zip(Y.indptr[:-1], Y.indptr[1:], strict=True)]
    model = PLT(str(folder / "model"), threads=THREADS, seed=0)
    clock = Clock()
    model.fit(X, labels)
    fitted = clock.read()
    model.load()
    X_test = sp.csr_matrix(data["X_test"])

    def predict():
        best = np.full((X_test.shape[0], K), -1)
        for i, found in enumerate(model.predict(X_test, top_k=K)):
            best[i, : len(found)] = found
        return best

    return fitted, predict


def libmultilabel(data, folder):
    """Fit LibMultiLabel's tree: 100 children of a node, squared hinge in the dual."""
    import pickle

    from libmultilabel import linear

    X, Y = sp.csr_matrix(data["X"]).astype(np.float64), sp.csr_matrix(data["Y"])
    np.random.seed(0)  # noqa: NPY002 -- the library draws from it
    clock = Clock()
    model = linear.train_tree(Y, X, options=f"-s 1 -e 0.1 -m {THREADS} -q", verbose=False)
    fitted = clock.read()
    with (folder / "model.pickle").open("wb") as stream:
        pickle.dump(model, stream)
    (folder / "model.pickle").rename(folder / "model")
    X_test = sp.csr_matrix(data["X_test"]).astype(np.float64)

    def predict():
        best = []
        for start in range(0, X_test.shape[0], 256):  # scores are dense
            scores = model.predict_values(X_test[start : start + 256], beam_width=BEAM)
            best.append(np.argsort(-scores, axis=1, kind="stable")[:, :K])
        return np.vstack(best)

    return fitted, predict


FITS = {
    "skmultitext, one tree": skmultitext,
    "skmultitext, three trees": lambda data, folder: skmultitext(data, folder, n_trees=3),
    "skmultitext, log loss": lambda data, folder: skmultitext(
        data, folder, loss="log_loss", C=10.0
    ),
    "skmultitext, one-vs-rest": lambda data, folder: one_vs_rest(data, folder, C=10.0),
    "one-vs-rest, squared hinge": lambda data, folder: one_vs_rest(
        data, folder, loss="squared_hinge"
    ),
    "omikuji, one tree": omikuji,
    "omikuji, three trees": lambda data, folder: omikuji(data, folder, n_trees=3),
    "PECOS XLinear": pecos,
    "napkinXC PLT": napkinxc,
    "LibMultiLabel tree": libmultilabel,
}


def main():
    name, folder = sys.argv[1], Path(sys.argv[2])
    data = {key: sp.csr_array(sp.load_npz(folder / f"{key}.npz")) for key in ("X", "Y", "X_test")}
    before = peak()
    work = folder / "fit"
    work.mkdir()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            fitted, predict = FITS[name](data, work)
            fit_peak, size = peak(), size_of(work / "model")
            clock = Clock()
            best = predict()
            predicted = clock.read()
    finally:
        shutil.rmtree(work)
    np.save(folder / "best.npy", best)
    print(
        json.dumps(
            {
                "fit": fitted,
                "predict": predicted,
                "data": before,
                "peak": fit_peak,
                "peak_predict": peak(),
                "size": size / 2**20,
            }
        )
    )


if __name__ == "__main__":
    try:
        main()
    except ImportError as error:
        print(json.dumps({"absent": str(error)}))
