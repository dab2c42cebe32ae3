"""The limits of other tests: they hold against a slow call, and only against that."""

import gc
import threading
import time

import pytest
from limits import limited, measure, memory

from skmultitext._runtime.compiled import run_kernels


def spin(seconds):
    """Use up processor time of this thread."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
    return "done"


def test_a_call_that_is_always_slow_fails():
    calls = []

    def slow():
        calls.append(spin(0.06))

    message = r"a case took 0\.\d\d s and \d+ MB; less than 0\.05 s and 1024 MB are allowed"
    with pytest.raises(AssertionError, match=message):
        limited(slow, seconds=0.05)
    assert len(calls) == 3


def test_a_call_that_is_slow_and_raises_fails():
    def slow():
        spin(0.06)
        raise ZeroDivisionError

    with pytest.raises(AssertionError, match="a case took"):
        limited(slow, seconds=0.05)


def test_a_call_that_is_slow_once_passes():
    calls = []

    def slow_once():
        calls.append(len(calls) or spin(0.06))
        return "done"

    assert limited(slow_once, seconds=0.05) == "done"
    assert len(calls) == 2


def test_errors_of_a_quick_call_are_raised():
    with pytest.raises(ZeroDivisionError):
        limited(lambda: 1 / 0)


def test_the_time_of_kernels_counts():
    def kernels():
        return run_kernels(lambda stop, seconds: spin(seconds), [0.04, 0.04], n_threads=2)

    outcome, seconds, _ = measure(kernels)
    assert outcome.result() == ["done", "done"]
    assert seconds > 0.08


def test_the_time_of_other_threads_does_not_count():
    done = threading.Event()

    def spin_on():
        while not done.is_set():
            pass

    other = threading.Thread(target=spin_on)
    other.start()
    try:
        process_time = time.process_time()
        _, seconds, _ = measure(time.sleep, 0.3)
        spent = time.process_time() - process_time
    finally:
        done.set()
        other.join()
    assert seconds < spent / 2


def test_nothing_is_collected_meanwhile():
    collections = []

    def watch(phase, info):
        collections.append(threading.get_ident())

    def litter():
        for _ in range(100_000):
            knot = []
            knot.append(knot)
        return collections.count(threading.get_ident())  # a cluster's thread may collect too

    gc.callbacks.append(watch)
    try:
        assert litter() > 0
        collections.clear()
        assert measure(litter)[0].result() == 0
    finally:
        gc.callbacks.remove(watch)
    assert gc.isenabled()


@pytest.mark.skipif(not memory("VmRSS"), reason="this system does not tell a process' memory")
def test_a_call_that_takes_much_memory_fails():
    def large():
        return len(b"x" * 60_000_000)

    with pytest.raises(AssertionError, match=r"and [56]\d MB; less than 1 s and 40 MB are allowed"):
        limited(large, megabytes=40)
    assert limited(large) == 60_000_000
