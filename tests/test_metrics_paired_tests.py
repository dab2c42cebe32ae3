"""p-values against brute force and other code; their size and their power."""

from math import comb

import numpy as np
import pytest
from scipy.stats import binomtest

from skmultitext.metrics import compare_taggers
from skmultitext.metrics._paired_tests import bootstrap_p_value, holm, mcnemar_p_value


def test_holm_is_the_textbooks():
    # sorted 0.01, 0.02, 0.03, 0.04 times 4, 3, 2, 1, made monotone
    assert holm([0.03, 0.01, 0.04, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_mcnemar_is_the_binomial_test_of_what_only_one_got_right():
    rng = np.random.default_rng(0)
    for _ in range(20):
        first, second = rng.random((2, 60)) < rng.random((2, 1))
        n1, n2 = (first & ~second).sum(), (second & ~first).sum()
        expected = binomtest(n1, n1 + n2).pvalue if n1 + n2 else 1.0
        assert mcnemar_p_value(first, second) == pytest.approx(expected)
    one, none = np.array([True] * 6), np.array([False] * 6)
    assert mcnemar_p_value(one, none) == pytest.approx(2 * comb(6, 0) / 2**6)
    assert mcnemar_p_value(one, one) == 1.0


def test_bootstrap_p_value_counts_both_tails():
    differences = np.array([-1.0, 1, 2, 3, 4, 5, 6, 7, 8])
    assert bootstrap_p_value(differences) == pytest.approx(2 * 2 / 10)
    assert bootstrap_p_value(-differences) == pytest.approx(2 * 2 / 10)
    assert bootstrap_p_value(np.zeros(9)) == 1.0
    assert bootstrap_p_value(np.ones(99)) == pytest.approx(0.02)


def compare_noisy(seed, noise, n=200):
    """Compare two taggers that err independently, at these rates."""
    rng = np.random.default_rng(seed)
    y_true = (rng.random((n, 4)) < 0.3).astype(int)
    taggers = {
        f"tagger {i}": np.where(rng.random((n, 4)) < rate, 1 - y_true, y_true)
        for i, rate in enumerate(noise)
    }
    comparison = compare_taggers(taggers, y_true, n_bootstrap=200, random_state=seed)
    return {(test.test, test.score): test for test in comparison.tests}


def test_the_tests_have_the_right_size_and_power():
    none = [compare_noisy(seed, (0.2, 0.2)) for seed in range(150)]
    some = [compare_noisy(seed, (0.2, 0.1)) for seed in range(20)]
    for key in none[0]:
        p_values = np.array([tests[key].p_value for tests in none])
        # 5 % of 150 is 7.5, give or take 2.7; the exact McNemar test stays below
        assert (1 if key[0] == "bootstrap" else 0) <= np.sum(p_values < 0.05) <= 15, key
        assert 0.3 < np.mean(p_values < 0.5) / 0.5 < 1.3, key
        assert np.mean([tests[key].p_value < 0.05 for tests in some]) > 0.9, key
        assert all(tests[key].difference < 0 for tests in some), key
    for tests in none:
        for (kind, _), test in tests.items():
            if kind == "bootstrap":
                # the interval leaves out 0 where p is small, and only there
                assert (test.low > 0 or test.high < 0) == (test.p_value < 0.05) or (
                    abs(test.p_value - 0.05) < 0.02
                )
