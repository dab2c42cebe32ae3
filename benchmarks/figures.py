"""Run the benchmarks that the README and the documentation quote; write their figures to one file.

    python benchmarks/figures.py PATH [--only PART ...] [--output FILE]
    python benchmarks/figures.py --smoke --output FILE

PATH is the folder of GoEmotions. Each part is a script that prints its figures by `print_figure`.
The file, docs/figures.json unless --output names another, has for each part the date, the machine,
the versions, the load of the machine before the run, the seconds that the part took, and its rows.
A part that fails keeps the figures that it had, and so do the parts that are not named.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docs" / "figures.json"
PARTS = {
    "quality": ["bench_scikit_learn.py", "{path}"],
    "vectorizer": ["bench_vectorizer.py", "{path}", "--first"],
    "linear": ["bench_linear.py", "{path}"],
    "search": ["bench_search.py", "{path}"],
    "transformer": [
        "bench_transformer.py",
        "{path}",
        "--texts",
        "1000",
        "--only",
        "training",
        "prediction",
    ],
}
COLUMNS = ["data", "task", "other", "theirs", "ours", "times"]
LIBRARIES = ["numpy", "scipy", "scikit-learn", "numba", "torch", "transformers"]


def rows_of(printed):
    """Find the rows of the table in what a benchmark printed."""
    lines = [line.split("\t") for line in printed.splitlines() if line.startswith("figure\t")]
    return [dict(zip(COLUMNS, cells, strict=True)) for _, *cells in lines]


def measure(command):
    """Run one benchmark, show what it prints; return its rows with their conditions, if any."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    started = time.perf_counter()
    done = subprocess.run([sys.executable, *command], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    seconds = time.perf_counter() - started
    print(done.stdout, flush=True)
    rows = rows_of(done.stdout)
    if done.returncode or not rows:
        return None
    return {
        "date": str(date.today()),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "versions": {"Python": platform.python_version(), **installed()},
        "load before": load and round(load, 1),
        "seconds": round(seconds),
        "rows": rows,
    }


def installed():
    """Versions of the libraries that are there."""
    found = {}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", default="", help="folder of GoEmotions")
    parser.add_argument("--smoke", action="store_true", help="small generated data, for the tests")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="parts to run")
    parser.add_argument("--output", type=Path, default=FILE, help="file to write")
    options = parser.parse_args()
    if options.smoke == bool(options.path):
        parser.error("pass the folder of GoEmotions, or --smoke")
    if options.smoke and options.output == FILE:
        parser.error("--smoke needs --output: its figures say nothing")
    path = str(Path(options.path).resolve())
    failed = []
    for part in options.only:
        script, *arguments = PARTS[part]
        arguments = ["--smoke"] if options.smoke else [a.format(path=path) for a in arguments]
        print(f"-- {part}", flush=True)
        figures = measure([str(ROOT / "benchmarks" / script), *arguments])
        if figures is None:
            failed.append(part)
            continue
        known = json.loads(options.output.read_text()) if options.output.is_file() else {}
        known = {name: known[name] for name in PARTS if name in known and name != part}
        known[part] = figures
        ordered = {name: known[name] for name in PARTS if name in known}
        options.output.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")
    if failed:
        sys.exit(f"Failed, or without figures: {', '.join(failed)}")


if __name__ == "__main__":
    main()
