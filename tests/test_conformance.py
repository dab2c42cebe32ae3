"""scikit-learn's own suite: on the estimator of features, and on the view of the text tagger.

``python tests/test_conformance.py`` prints the table of both suites.
"""

import os

os.environ.setdefault("SCIPY_ARRAY_API", "1")  # before scipy: else upstream checks are skipped

from collections import Counter
from unittest import SkipTest

import pytest
from numeric_view import NumericView
from sklearn.ensemble import StackingClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks

from skmultitext import (
    ChainTagger,
    FixedThresholdTagger,
    HierarchicalTagger,
    LabelTreeTagger,
    MultilabelLogisticRegression,
    TfidfLogRegTagger,
    TfidfLogRegTaggerCV,
    VotingTagger,
)
from skmultitext.testing import check_text_estimator, parametrize_with_text_checks

TfidfLogRegTaggerView = NumericView.of(TfidfLogRegTagger)
UPSTREAM = [
    MultilabelLogisticRegression(),
    MultilabelLogisticRegression(loss="squared_hinge"),
    LabelTreeTagger(),
    LabelTreeTagger(max_leaf=2, branching_factor=2, n_trees=2, beam_width=3),
    TfidfLogRegTaggerView(),
    TfidfLogRegTaggerView(loss="squared_hinge"),
    VotingTagger(
        [
            ("log", MultilabelLogisticRegression()),
            ("hinge", MultilabelLogisticRegression(loss="squared_hinge")),
        ],
        weights=[2, 1],
    ),
    ChainTagger(MultilabelLogisticRegression()),
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
        if "pandas is not installed" in str(skip):
            pytest.skip("needs pandas (extra 'plot')")
        pytest.fail(f"was skipped, so nothing is known: {skip}")


NOT_OF_A_STACK = {
    "check_text_tags": "scikit-learn's stack does not pass on that its estimators take texts",
    "check_rejects_unordered": "scikit-learn's stack does not look at X",
    "check_rejects_empty": "scikit-learn's stack does not look at X",
    "check_weight_zero_removes": "scikit-learn's stack splits documents of weight 0, too",
}


NO_WEIGHTS = "KNeighborsClassifier takes no sample weights"
NOT_OF_NEIGHBORS = NOT_OF_A_STACK | {
    "check_constant_labels": "KNeighborsClassifier gives probabilities of exactly 0 and 1",
    "check_predict_proba_form": "KNeighborsClassifier gives probabilities of exactly 0 and 1",
    "check_weights_of_one": NO_WEIGHTS,
    "check_weights_as_series": NO_WEIGHTS,
    "check_weight_zero_removes": NO_WEIGHTS,
    "check_weight_repeats": NO_WEIGHTS,
    "check_inputs_kept": NO_WEIGHTS,
    "check_readonly_inputs": NO_WEIGHTS,
}


def stack(final):
    """A stack of two taggers of texts under a final estimator."""
    parts = [("words", TfidfLogRegTagger()), ("pairs", TfidfLogRegTagger(ngram_range=(1, 2)))]
    return FixedThresholdTagger(StackingClassifier(parts, final, cv=2))


@pytest.mark.slow
@parametrize_with_text_checks(
    [stack(MultilabelLogisticRegression())],
    expected_failed_checks=lambda _: NOT_OF_A_STACK,
    xfail_strict=True,
)
def test_a_stack_of_our_taggers(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_text_checks(
    [stack(KNeighborsClassifier(5))],
    expected_failed_checks=lambda _: NOT_OF_NEIGHBORS,
    xfail_strict=True,
)
def test_a_stack_under_neighbors(estimator, check):
    check(estimator)


VOTERS = [("words", TfidfLogRegTagger()), ("pairs", TfidfLogRegTagger(ngram_range=(1, 2)))]
FOLDS = "folds of repeated documents are others than those of weighted ones"


@pytest.mark.slow
@parametrize_with_text_checks(
    [VotingTagger(VOTERS), VotingTagger(VOTERS, weights="fit", cv=2)],
    expected_failed_checks=lambda tagger: (
        {"check_weight_repeats": FOLDS} if tagger.weights == "fit" else {}
    ),
    xfail_strict=True,
)
def test_votes(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_text_checks(
    [ChainTagger(TfidfLogRegTagger(), cv=2)],
    expected_failed_checks=lambda _: {"check_weight_repeats": FOLDS},
    xfail_strict=True,
)
def test_a_chain(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_text_checks([HierarchicalTagger(TfidfLogRegTagger(), {})])
def test_a_hierarchy_without_an_edge(estimator, check):
    check(estimator)


HIERARCHY = {  # of the names that the checks give to columns, and of columns without names
    **{"delivery": "billing", "login": ["billing", "delivery"]},
    **{"alpha": "zeta", "mu": ["zeta", "alpha"]},
    **{"1": "0", "2": ["0", "1"]},
}
ONE_LABEL = "a hierarchy is refused where y has one label only"
CLOSED = "labels are closed upwards: a label comes with those that it implies"
NOT_OF_A_HIERARCHY = {
    "check_label_names": ONE_LABEL,
    "check_classes": ONE_LABEL,
    "check_binary_labels": ONE_LABEL,
    "check_column_labels": ONE_LABEL,
    "check_predict_form": ONE_LABEL,
    "check_predict_proba_form": ONE_LABEL,
    "check_decision_function_form": ONE_LABEL,
    "check_scorers": ONE_LABEL,
    "check_cross_val_predict": ONE_LABEL,
    "check_constant_labels": CLOSED,
    "check_predict_exceeds_threshold": CLOSED,
    "check_score": CLOSED,
    "check_label_without_known_entries": CLOSED,
    "check_score_counts_known_labels": CLOSED,
}


@parametrize_with_text_checks(
    [
        HierarchicalTagger(TfidfLogRegTagger(), HIERARCHY),
        HierarchicalTagger(TfidfLogRegTagger(), HIERARCHY, training="conditional"),
    ],
    expected_failed_checks=lambda _: NOT_OF_A_HIERARCHY,
    xfail_strict=True,
)
def test_a_hierarchy(estimator, check):
    check(estimator)


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
