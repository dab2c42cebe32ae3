"""The number of modules of the package that a fit uses.

    python benchmarks/modules_passed.py [CALL ...] [--list]

Counts the modules of skmultitext with a function that runs during a call on tiny inputs: readers
must read these modules to understand the call. Each call runs in a separate process, once to import
and compile and once to count. Compiled functions (numba) do not count, because Python does not
trace them. Calls whose libraries are not installed are left out. --list prints the modules.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
from importlib.util import find_spec
from pathlib import Path

GOALS = {
    "transformer fit, torch": 28,
    "transformer fit, tensorflow": 28,
    "fit_files": 26,
    "tuned fit": 18,
    "linear fit": 10,
}
NEEDED = {
    "transformer fit, torch": ("torch", "transformers"),
    "transformer fit, tensorflow": ("tensorflow", "keras_hub", "torch", "transformers"),
    "fit_files": ("tensorflow",),
}
CHECKPOINTS = Path(__file__).parents[1] / "examples" / "reproductions"


def modules_passed(call):
    """Return the names of the package's modules with a function that runs during a call."""
    files = {}

    def note(frame, event, arg):
        code = frame.f_code
        if event == "call" and code.co_name != "<module>" and code.co_filename not in files:
            files[code.co_filename] = frame.f_globals.get("__name__", "")

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return sorted({name for name in files.values() if name.split(".")[0] == "skmultitext"})


def make_call(name, folder):
    """Prepare a call; return a function without arguments."""
    from skmultitext import (
        KerasHANTagger,
        TfidfLogRegTagger,
        TransformerTagger,
        TunedThresholdTaggerCV,
    )
    from skmultitext.datasets import load_support_tickets

    tickets = load_support_tickets()
    texts, labels = tickets.data[:60], tickets.label_sets[:60]
    if name.startswith("transformer"):
        sys.path.append(str(CHECKPOINTS))
        from _checkpoints import small_checkpoint

        path = small_checkpoint(folder / "checkpoint", "bert", texts, vocabulary_size=50)
        framework = name.split()[-1]
        tagger = TransformerTagger(str(path), framework=framework, max_epochs=1, batch_size=32)
        return lambda: tagger.fit(texts, labels)
    if name == "fit_files":
        (folder / "texts").write_text("".join(f"{' '.join(text.split())}\n" for text in texts))
        rows = tickets.target[:60]
        (folder / "labels").write_text("".join(f"{','.join(map(str, row))}\n" for row in rows))
        tagger = KerasHANTagger(embedding_dim=4, units=2, max_epochs=1, batch_size=32)
        files = folder / "texts", folder / "labels"
        return lambda: tagger.fit_files(*files, validation=files)
    tagger = TfidfLogRegTagger()
    if name == "tuned fit":
        tagger = TunedThresholdTaggerCV(tagger, cv=2)
    return lambda: tagger.fit(tickets.data, tickets.label_sets)


def count_here(name):
    """Print the modules that a call passes, as JSON in the last line."""
    with tempfile.TemporaryDirectory() as folder:
        call = make_call(name, Path(folder))
        call()
        print(f"\n{json.dumps(modules_passed(call))}")


def count_apart(name):
    """Count in a separate process; return the modules."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, __file__, name, "--here"],
        env={**os.environ, **quiet},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("calls", nargs="*", metavar="CALL", help=", ".join(GOALS))
    parser.add_argument("--list", action="store_true", help="name the modules")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = set(options.calls) - set(GOALS)
    if unknown:
        parser.error(f"unknown calls {sorted(unknown)}; known are {list(GOALS)}")
    if options.here:
        return count_here(*options.calls)
    print(f"{'call':30}{'modules':>8}{'goal':>6}")
    for name in options.calls or GOALS:
        missing = [library for library in NEEDED.get(name, ()) if find_spec(library) is None]
        if missing:
            print(f"{name:30}needs {', '.join(missing)}")
            continue
        modules = count_apart(name)
        print(f"{name:30}{len(modules):>8}{GOALS[name]:>6}", flush=True)
        if options.list:
            print("".join(f"    {module}\n" for module in modules), end="")


if __name__ == "__main__":
    main()
