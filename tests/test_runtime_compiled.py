"""Kernels load where numba works; where it does not, there is another way and no surprise."""

import os
import pickle
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from skmultitext._runtime.compiled import run_kernels

pytest.importorskip("numba", reason="the kernels need numba (extra 'fast')")


def run(code, **kwargs):
    """Run code in a fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=300,
        **kwargs,
    )


FIT = """
import warnings
from skmultitext import TfidfLogRegTagger
from skmultitext.feature_extraction import _fast_tfidf
from skmultitext.linear import _solvers
from skmultitext.datasets import make_multilabel_text
corpus = make_multilabel_text(4_000, n_words=12, n_labels=3, random_state=0)
tagger = TfidfLogRegTagger(random_state=0).fit(corpus.data, corpus.target)
print(f"{tagger.score(corpus.data, corpus.target):.2f}", _solvers.dual_solver() is None)
"""


@pytest.mark.slow
def test_without_numba_a_fit_gives_the_same_figures():
    blocked = run("import sys\nsys.modules['numba'] = None\n" + FIT)
    assert blocked.returncode == 0, blocked.stderr
    plain = run(FIT)
    assert blocked.stdout.split()[1] == "True"
    assert plain.stdout.split()[1] == "False"
    assert float(blocked.stdout.split()[0]) == pytest.approx(
        float(plain.stdout.split()[0]), abs=0.02
    )


@pytest.mark.slow
def test_a_numba_that_cannot_be_imported_is_passed_over_with_a_warning(tmp_path):
    (tmp_path / "numba").mkdir()
    (tmp_path / "numba" / "__init__.py").write_text("raise ImportError('Numba needs NumPy 2.2')")
    done = run(FIT, env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert "numba is installed but cannot be imported (Numba needs NumPy 2.2)" in done.stderr


def test_where_no_cache_can_be_written_kernels_still_run():
    code = """
    import numba
    real = numba.njit
    def njit(*args, **options):
        if options.get("cache"):
            def refuse(function):
                raise RuntimeError("cannot cache function: no locator available")
            return refuse
        return real(*args, **options)
    numba.njit = njit
    from skmultitext._runtime.compiled import compiled
    @compiled
    def double(x):
        return 2 * x
    print(double(21))
    """
    assert run(code).stdout.strip() == "42"


def printed(script, folder):
    """The words that a script prints with its cache of kernels in a folder."""
    done = subprocess.run(
        [sys.executable, script],
        env={**os.environ, "NUMBA_CACHE_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


DOUBLE = """
from skmultitext._runtime.compiled import compiled

@compiled
def double(x):
    return 2 * x

print(double(21), sum(double.stats.cache_hits.values()))
"""


@pytest.mark.slow
@pytest.mark.parametrize(("ending", "kept"), [("nbi", 30), ("nbc", 200)])
def test_a_broken_cache_is_compiled_anew(tmp_path, ending, kept):
    script = tmp_path / "double.py"
    script.write_text(DOUBLE)
    folder = tmp_path / "cache"

    assert printed(script, folder)[0] == "42"
    broken = [path for path in folder.rglob(f"*.{ending}") if "double" in path.name]
    assert broken
    for path in broken:
        path.write_bytes(path.read_bytes()[:kept] + b"garbage")
    assert printed(script, folder)[0] == "42"
    assert printed(script, folder) == ["42", "1"]  # mended


@pytest.mark.slow
def test_a_cached_file_of_other_types_is_compiled_anew(tmp_path):
    script = tmp_path / "add_up.py"
    script.write_text(
        "import numpy as np\n"
        "from skmultitext._runtime.compiled import compiled\n"
        "@compiled\n"
        "def add_up(x):\n"
        "    return x.sum()\n"
        "print(add_up(np.ones(3)), add_up(np.ones(3, np.float32)))\n"
    )
    folder = tmp_path / "cache"

    assert printed(script, folder) == ["3.0", "3.0"]
    first, second = folder.rglob("*.nbc")
    contents = first.read_bytes(), second.read_bytes()
    first.write_bytes(contents[1])
    second.write_bytes(contents[0])
    assert printed(script, folder) == ["3.0", "3.0"]


def test_the_cache_runs_what_is_written_there_as_the_security_page_says(tmp_path):
    script = tmp_path / "double.py"
    script.write_text(DOUBLE)
    folder, mark = tmp_path / "cache", tmp_path / "ran"

    class Forged:
        def __reduce__(self):
            return os.mkdir, (str(mark),)

    assert printed(script, folder)[0] == "42"
    (index,) = folder.rglob("*double*.nbi")  # in the directory that the page names
    index.write_bytes(pickle.dumps(Forged()))
    assert printed(script, folder)[0] == "42"
    assert mark.is_dir()  # run, and no error: nobody would notice


@pytest.mark.slow
def test_a_cache_that_is_no_folder_or_cannot_be_written_is_done_without(tmp_path):
    script = tmp_path / "double.py"
    script.write_text(
        DOUBLE.replace(
            "print(",
            "import numba.core.caching as caching\n"
            "def refuse(self, name):\n"
            "    raise OSError('No space left on device')\n"
            "caching.IndexDataCacheFile._open_for_write = refuse\n"
            "print(",
        )
    )
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "cache", tmp_path / "cache"):
        assert printed(script, folder)[:1] == ["42"]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_ctrl_c_stops_a_fit():
    code = """
    import threading, os, signal, time
    from skmultitext import MultilabelLogisticRegression
    from skmultitext.datasets import make_multilabel_text
    from skmultitext.feature_extraction import TfidfVectorizer
    corpus = make_multilabel_text(20_000, n_words=60, n_labels=8, random_state=0)
    X = TfidfVectorizer().fit_transform(corpus.data)
    small = make_multilabel_text(2_500, n_labels=2, random_state=0)
    tagger = MultilabelLogisticRegression(C=900.0, tol=1e-300)  # as tight as that takes seconds
    tagger.fit(TfidfVectorizer().fit_transform(small.data), small.target)  # compiles the kernels
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have had it ignored
    sent = []

    def interrupt():
        sent.append(time.process_time())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.3, interrupt)
    try:
        timer.start()
        tagger.fit(X, corpus.target)
    except KeyboardInterrupt:
        timer.join()
        print("interrupted", time.process_time() - sent[0] < 5, threading.active_count())
    """
    assert run(code).stdout.strip() == "interrupted True 1"  # no kernel runs on


def test_an_error_in_one_thread_stops_the_others():
    seen, all_run = [], threading.Barrier(3)

    def kernel(stop, number):
        all_run.wait(timeout=300)
        if number == 0:
            raise ZeroDivisionError
        while not stop[0]:
            time.sleep(0.001)
        seen.append(number)

    with pytest.raises(ZeroDivisionError):
        run_kernels(kernel, range(3), n_threads=3)
    assert sorted(seen) == [1, 2]


def test_results_come_in_order():
    assert run_kernels(lambda stop, a, b: a - b, range(5), [1] * 5, n_threads=2) == [-1, 0, 1, 2, 3]
