"""Limits of time and memory for a single call, which other load on the machine cannot break.

A call that exceeds them is repeated, so it must be free to run again.
"""

import gc
import re
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from unittest import mock

from skmultitext._runtime import compiled

TRIES = 3
SECONDS = 1.0
MEGABYTES = 1024


def memory(field):
    """An amount of memory of this process, in MB; 0 where the system does not tell."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return int(re.search(rf"{field}:\s+(\d+) kB", status)[1]) / 1024


def forget_peak_of_memory():
    """Make VmHWM start from what is in use now; return whether that could be done."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return False
    return True


class TimedPool(ThreadPoolExecutor):
    """A pool that appends the processor time of each call to a list."""

    def __init__(self, seconds, n_threads):
        super().__init__(n_threads)
        self.seconds = seconds

    def submit(self, function, /, *arguments):
        def timed():
            start = time.thread_time()
            try:
                return function(*arguments)
            finally:
                self.seconds.append(time.thread_time() - start)

        return super().submit(timed)


def measure(function, *arguments):
    """Call a function; return a Future of what came of it, its seconds and its megabytes.

    Seconds are processor time of this thread and of the kernels that it runs. The process' time
    would include the threads that other libraries keep spinning, and garbage collections, which
    take long in a process that holds TensorFlow and torch.
    """
    outcome, of_kernels = Future(), []
    pool = mock.patch.object(compiled, "ThreadPoolExecutor", partial(TimedPool, of_kernels))
    collects = gc.isenabled()
    before, knows_peak = memory("VmRSS"), forget_peak_of_memory()
    gc.disable()
    start = time.thread_time()
    try:
        with pool:
            outcome.set_result(function(*arguments))
    except Exception as error:
        outcome.set_exception(error)
    finally:
        seconds = time.thread_time() - start + sum(of_kernels)
        if collects:
            gc.enable()
    return outcome, seconds, (memory("VmHWM") - before) * knows_peak


def limited(function, *arguments, seconds=SECONDS, megabytes=MEGABYTES):
    """Return or raise as a call does; fail if it exceeds the limits three times in turn."""
    for _ in range(TRIES):
        outcome, spent, taken = measure(function, *arguments)
        if spent < seconds and taken < megabytes:
            return outcome.result()
    raise AssertionError(
        f"a case took {spent:.2f} s and {taken:.0f} MB; "
        f"less than {seconds:g} s and {megabytes:g} MB are allowed"
    ) from outcome.exception()
