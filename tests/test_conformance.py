"""scikit-learn's own suite: on the estimator of features, and on the view of the text tagger.

``python tests/test_conformance.py`` prints the table of both suites.
"""

import os

os.environ.setdefault("SCIPY_ARRAY_API", "1")  # before scipy: else upstream checks are skipped

from collections import Counter
from unittest import SkipTest

import pytest
from numeric_view import NumericView
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks

from skmultitext import (
    MultilabelLogisticRegression,
    TfidfLogRegTagger,
    TfidfLogRegTaggerCV,
)
from skmultitext.testing import check_text_estimator

TfidfLogRegTaggerView = NumericView.of(TfidfLogRegTagger)
UPSTREAM = [
    MultilabelLogisticRegression(),
    MultilabelLogisticRegression(loss="squared_hinge"),
    TfidfLogRegTaggerView(),
    TfidfLogRegTaggerView(loss="squared_hinge"),
]
TEXT = [
    TfidfLogRegTagger(),
    TfidfLogRegTagger(loss="squared_hinge"),
    TfidfLogRegTaggerCV(Cs=(1.0, 30.0), cv=3),
]


@parametrize_with_checks(UPSTREAM)
def test_scikit_learns_checks(estimator, check):
    try:
        check(estimator)
    except SkipTest as skip:
        pytest.fail(f"was skipped, so nothing is known: {skip}")


def test_scikit_learn_has_checks_to_run():
    for estimator in UPSTREAM:
        assert len(parametrize_with_checks([estimator]).args[1]) >= 60


def table():
    """Run both suites; return one line per estimator: suite, checks, passed, failed, skipped."""
    lines = [f"{'estimator':32} {'suite':14} checks passed failed skipped"]
    runs = [(check_estimator, "scikit-learn", estimator) for estimator in UPSTREAM]
    runs += [(check_text_estimator, "skmultitext", estimator) for estimator in TEXT]
    for run, suite, estimator in runs:
        results = run(estimator, on_fail=None, on_skip=None)
        counts = Counter(result["status"] for result in results)
        lines.append(
            f"{type(estimator).__name__:32} {suite:14} {len(results):6} {counts['passed']:6} "
            f"{counts['failed']:6} {counts['skipped']:7}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
