"""List the checks, or run them on classes named ``module:Class`` and print a table.

Usage: ``python -m skmultitext.testing [module:Class ...]``
"""

import sys
from collections import Counter
from importlib import import_module
from operator import attrgetter

from ._checks import CHECKS
from ._runner import check_text_estimator


def list_checks() -> None:
    """Print every check, its contract and what it requires."""
    for check in CHECKS.values():
        print(f"{check.name} ({check.contract})\n    {check.expected}")


def run(names: list[str]) -> int:
    """Run the checks on each class; return how many failed."""
    n_failed = 0
    for name in names:
        module, _, attribute = name.partition(":")
        estimator = attrgetter(attribute)(import_module(module))()
        results = check_text_estimator(estimator, on_fail=None, on_skip=None)
        counts = Counter(result["status"] for result in results)
        for result in results:
            if result["status"] != "passed":
                print(f"{result['status']}: {result['check_name']}: {result['exception']}")
        print(
            f"{attribute:32} {len(results):4} checks: {counts['passed']} passed, "
            f"{counts['failed']} failed, {counts['skipped']} skipped"
        )
        n_failed += counts["failed"]
    return n_failed


if __name__ == "__main__":
    if sys.argv[1:]:
        sys.exit(min(run(sys.argv[1:]), 1))
    list_checks()
