"""Taggers in threads, worker processes and forks, under a plain locale, and without a network."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
from joblib import Parallel, delayed, parallel_config
from limits import memory
from sklearn.base import clone

from skmultitext import KerasHANTagger, KerasMLPTagger, TfidfLogRegTagger, TransformerTagger
from skmultitext.datasets import make_multilabel_text

CORPUS = make_multilabel_text(120, n_labels=3, n_words=12, vocabulary_size=300, random_state=0)
TEXTS, Y = CORPUS.data, CORPUS.target


def make_tagger(kind):
    if kind == "linear":
        return TfidfLogRegTagger(random_state=0)
    if kind == "han":
        pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
        small = {"embedding_dim": 8, "units": 4, "max_epochs": 1, "early_stopping": False}
        return KerasHANTagger(**small, random_state=0)
    pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")
    pytest.importorskip(kind, reason=f"needs {kind}")
    import transformer_toys as toys

    return TransformerTagger(
        toys.checkpoint(), framework=kind, max_length=24, max_epochs=1, random_state=0
    )


KINDS = [
    "linear",
    pytest.param("han", marks=pytest.mark.slow),
    pytest.param("torch", marks=pytest.mark.slow),
    pytest.param("tensorflow", marks=pytest.mark.slow),
]


def fit_and_predict(tagger, texts, y):
    return tagger.fit(texts, y).predict_proba(texts)


@pytest.mark.parametrize("kind", KINDS)
def test_sixteen_threads_predict_at_once(kind):
    tagger = make_tagger(kind).fit(TEXTS, Y)
    wanted = tagger.predict_proba(TEXTS)
    found, barrier = [None] * 16, threading.Barrier(16)

    def predict(i):
        barrier.wait(120)
        found[i] = tagger.predict_proba(TEXTS)

    threads = [threading.Thread(target=predict, args=(i,)) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert not any(thread.is_alive() for thread in threads)
    for probabilities in found:
        np.testing.assert_array_equal(probabilities, wanted)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["linear", "han", "torch"])
@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_fits_run_on_the_backends_of_joblib(kind, backend):
    tagger = make_tagger(kind)
    wanted = fit_and_predict(clone(tagger), TEXTS, Y)
    with parallel_config(backend):
        found = Parallel(n_jobs=2)(
            delayed(fit_and_predict)(clone(tagger), TEXTS, Y) for _ in range(2)
        )
    for probabilities in found:
        np.testing.assert_allclose(probabilities, wanted, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["linear", "han", "torch"])
def test_fits_run_in_spawned_processes(kind):
    tagger = make_tagger(kind)
    wanted = fit_and_predict(clone(tagger), TEXTS, Y)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.apply_async(fit_and_predict, (tagger, TEXTS, Y)).get(300)
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


# run in a process of its own: a fork of the process that runs the tests would take its threads'
# locks along
FORK = """
import os, sys, time
sys.path.insert(0, {tests!r})
import numpy as np
import tensorflow, torch
from test_processes import TEXTS, Y, make_tagger
for kind in {kinds!r}:
    tagger = make_tagger(kind).fit(TEXTS, Y)
    wanted = tagger.predict_proba(TEXTS)
    child = os.fork()
    if child == 0:
        try:
            same = np.array_equal(tagger.predict_proba(TEXTS), wanted)
            tagger.fit(TEXTS, Y)
            print(kind, "same" if same else "other", flush=True)
        except RuntimeError as error:
            print(kind, error, flush=True)
        os._exit(0)
    for _ in range(2500):
        if os.waitpid(child, os.WNOHANG)[0]:
            break
        time.sleep(0.1)
    else:
        os.kill(child, 9)
        print(kind, "hangs", flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize(
    ("kinds", "wanted"),
    [
        (("linear", "torch"), "same"),
        (("han", "tensorflow"), "TensorFlow was started in process"),
    ],
)
def test_a_fork_works_or_says_why_not(kinds, wanted):
    for library in ("tensorflow", "torch", "transformers"):
        pytest.importorskip(library, reason=f"needs {library}")
    code = FORK.format(tests=os.path.dirname(__file__), kinds=kinds)
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=600, check=True
    )
    answers = found.stdout.splitlines()
    assert len(answers) == len(kinds), found.stderr[-500:]
    for kind, answer in zip(kinds, answers, strict=True):
        assert answer.startswith(f"{kind} {wanted}"), found.stderr[-500:]


def run_elsewhere(code, **environment):
    kept = {name: os.environ[name] for name in ("PATH", "VIRTUAL_ENV") if name in os.environ}
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
        env={**kept, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
        check=False,
    )
    assert found.returncode == 0, found.stderr[-2000:]
    return found.stdout


def test_a_plain_locale_reads_utf_8(tmp_path):
    # PYTHONUTF8=0 and PYTHONCOERCECLOCALE=0: else Python itself would help out
    code = f"""
import locale
from pathlib import Path
assert locale.getpreferredencoding(False).lower() not in ("utf-8", "utf8")
from skmultitext import TfidfLogRegTagger, save
from skmultitext.datasets import load_support_tickets, read_fasttext
path = Path({str(tmp_path)!r}) / "t.txt"
lines = "__label__\\u00e4rger P\\u00e4ckchen da\\r\\n__label__b \\u00dcber uns\\r\\n"
path.write_bytes(lines.encode("utf-8"))
bunch = read_fasttext(path)
assert bunch.data == ["P\\u00e4ckchen da", "\\u00dcber uns"], ascii(bunch.data)
assert bunch.target_names[1] == "\\u00e4rger"
tickets = load_support_tickets()
tagger = TfidfLogRegTagger(random_state=0).fit(bunch.data, bunch.target)
save(tagger, Path({str(tmp_path)!r}) / "model")
"""
    run_elsewhere(code, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")


@pytest.mark.slow
def test_a_home_that_cannot_be_written_does_no_harm(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o500)
    linear = """
from skmultitext import TfidfLogRegTagger
texts, y = ["late parcel", "refund"] * 20, [["d"], ["r"]] * 20
print(TfidfLogRegTagger(random_state=0).fit(texts, y).predict_labels(texts[:2]))
"""
    # Keras keeps its settings there if it may
    network = """
import numpy as np
from skmultitext import KerasMLPTagger
X, y = np.eye(40, 3), np.eye(40, 2, dtype=int)
print(KerasMLPTagger(max_epochs=1, early_stopping=False).fit(X, y).predict(X).shape)
"""
    # /proc takes no files, from root neither
    for place in ("/proc/none", str(home)):
        there = {"HOME": place, "XDG_CACHE_HOME": place}
        assert run_elsewhere(linear, **there) == "[('d',), ('r',)]\n"
        assert not list(home.iterdir())
        assert run_elsewhere(network, **there) == "(40, 2)\n"


NO_NETWORK = """
import socket
class Refusing(socket.socket):
    def connect(self, address):
        if self.family != socket.AF_UNIX:
            raise AssertionError(f"somebody connects to {address}")
        return super().connect(address)
def refuse(*arguments, **named):
    raise AssertionError(f"somebody looks up {arguments}")
socket.socket, socket.getaddrinfo, socket.create_connection = Refusing, refuse, refuse
"""


@pytest.mark.slow
def test_nothing_asks_the_network(tmp_path):
    for library in ("tensorflow", "transformers", "torch"):
        pytest.importorskip(library, reason=f"needs {library}")
    import transformer_toys as toys

    code = f"""
{NO_NETWORK}
from skmultitext import KerasHANTagger, TfidfLogRegTagger, TransformerTagger
texts, y = ["late parcel", "refund"] * 20, [["d"], ["r"]] * 20
TfidfLogRegTagger(random_state=0).fit(texts, y).predict_proba(texts)
KerasHANTagger(max_epochs=1, early_stopping=False).fit(texts, y).predict_proba(texts)
for framework in ("torch", "tensorflow"):
    tagger = TransformerTagger({str(toys.checkpoint())!r}, framework=framework, max_length=16)
    tagger.set_params(max_epochs=1).fit(texts, y).predict_proba(texts)
"""
    run_elsewhere(code, HOME=str(tmp_path))


@pytest.mark.slow
def test_many_texts_take_no_more_memory_than_few():
    code = """
import gc, os, threading
from pathlib import Path
import numpy as np
from skmultitext import TfidfLogRegTagger
from skmultitext.datasets import make_multilabel_text

def resident():
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

corpus = make_multilabel_text(20_000, n_labels=8, n_words=10, random_state=0)
tagger = TfidfLogRegTagger(random_state=0).fit(corpus.data, corpus.target)
first = tagger.predict_proba(corpus.data)
levels, files, threads = [], len(os.listdir("/proc/self/fd")), threading.active_count()
for part in range(50):
    assert np.array_equal(tagger.predict_proba(corpus.data), first)
    levels.append(resident())
assert len(os.listdir("/proc/self/fd")) <= files
assert threading.active_count() <= threads
print(np.mean(levels[-5:]) - np.mean(levels[:5]))
"""
    if not os.path.exists("/proc/self/statm"):
        pytest.skip("needs /proc, from which memory is read")
    assert float(run_elsewhere(code)) < 30


@pytest.mark.slow
def test_many_batches_through_a_transformer_take_no_more_memory():
    if not memory("VmRSS"):
        pytest.skip("needs /proc, from which memory is read")
    tagger = make_tagger("torch").fit(TEXTS, Y)
    files = len(os.listdir("/proc/self/fd"))

    def growth():
        levels = []
        for _ in range(40):
            tagger.predict_proba(TEXTS * 4 + ["word " * 30] * 20)  # 500 texts
            levels.append(memory("VmRSS"))
        return np.mean(levels[-4:]) - np.mean(levels[:4])

    # garbage of earlier tests may be in the way once, a leak grows each time
    assert any(growth() < 40 for _ in range(3))
    assert len(os.listdir("/proc/self/fd")) <= files


def test_an_mlp_predicts_the_same_in_threads():
    pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
    X = np.random.RandomState(0).random_sample((64, 5))
    tagger = KerasMLPTagger(max_epochs=1, early_stopping=False, random_state=0).fit(X, Y[:64])
    wanted = tagger.predict_proba(X)
    found = Parallel(n_jobs=8, backend="threading")(
        delayed(tagger.predict_proba)(X) for _ in range(16)
    )
    for probabilities in found:
        np.testing.assert_array_equal(probabilities, wanted)


# os.write and not print: lines of two threads must not run into one another
INTERRUPTED = r"""
import os, sys, time
import numpy as np
from joblib import parallel_config
from sklearn.model_selection import GridSearchCV
from skmultitext import KerasMLPTagger, TunedThresholdTaggerCV
X = np.random.RandomState(0).randn(200, 10)
Y = (X[:, :3] > 0).astype(int)

def tell(event):
    time.sleep(0.01)
    if event.name == "epoch_end" and event.epoch == 3:
        os.write(1, b"running\n")

tagger = KerasMLPTagger(max_epochs=1000, callbacks=tell, random_state=0)
kind, backend = sys.argv[1:]
search = (
    GridSearchCV(tagger, {"training_params": [{}, {"weight_decay": 0.1}]}, cv=2, n_jobs=2)
    if kind == "grid"
    else TunedThresholdTaggerCV(tagger, cv=4, n_jobs=2)
)
try:
    with parallel_config(backend):
        search.fit(X, Y)
except KeyboardInterrupt:
    os.write(1, b"interrupted\n")
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "backend"), [("grid", "loky"), ("tuned", "loky"), ("tuned", "threading")]
)
def test_ctrl_c_ends_a_search_with_n_jobs(kind, backend):
    pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", INTERRUPTED, kind, backend],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout.readline() == "running\n"
        os.killpg(process.pid, signal.SIGINT)  # what a terminal sends, to the workers too
        said = process.communicate(timeout=300)[0].split()
    finally:
        process.kill()
    assert said.count("interrupted") == 1
    assert said.count("running") <= 2  # of fits that had begun, and of no further ones
