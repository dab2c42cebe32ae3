"""Run a script as a reader would, in a process of its own."""

import os
import subprocess
import sys


def run(script, *arguments, timeout=600, launcher=("-W", "error"), **environment):
    """Run a script with warnings as errors, offline; return what it prints."""
    done = subprocess.run(
        [sys.executable, *launcher, str(script), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={
            **os.environ,
            "HF_HUB_OFFLINE": "1",
            "MPLBACKEND": "Agg",
            "PYTHONHASHSEED": "0",
            **environment,
        },
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
