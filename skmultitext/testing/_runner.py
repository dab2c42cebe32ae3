"""Run all checks on an estimator, with a list of results or as pytest tests."""

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import partial
from typing import Any
from unittest import SkipTest

from sklearn.exceptions import EstimatorCheckFailedWarning, SkipTestWarning

# importing a module of checks enters them in CHECKS, in this order
from .._runtime.messages import shown, warn_caller
from . import (  # noqa: F401
    _api_checks,
    _document_checks,
    _label_checks,
    _label_error_checks,
    _output_checks,
    _state_checks,
    _tool_checks,
    _unknown_label_checks,
    _weight_checks,
)
from ._checks import CHECKS, TextCheck
from ._subject import Subject

_NOT_EXPECTED = "Check is not expected to fail"
_CONTRACTS = ("auto", "scikit-learn", "tagger")


def check_text_estimator(
    estimator: Any,
    *,
    contract: str = "auto",
    expected_failed_checks: Mapping[str, str] | None = None,
    on_skip: str | None = "warn",
    on_fail: str | None = "raise",
    callback: Callable[..., Any] | None = None,
) -> list[dict[str, Any]]:
    """Check that a classifier of text behaves as scikit-learn and its users expect.

    :func:`sklearn.utils.estimator_checks.check_estimator` is for estimators of numbers and runs a
    single check on an estimator of text. This function runs its checks adapted to texts, where this
    makes sense, and checks of multi-label output. The estimator is cloned and never fitted itself;
    models are small, and some are shared between checks.

    Parameters
    ----------
    estimator : estimator
        An instance of a classifier, of this or another library, or a Pipeline, whose `fit` takes a
        sequence of str and an indicator of labels. Parameters named `random_state` are set to 0 in
        its clones.
    contract : {"auto", "scikit-learn", "tagger"}, default="auto"
        Which checks apply: "scikit-learn" for those of every multi-label classifier of text,
        "tagger" also for those of the taggers of this package (`predict_labels`, `thresholds_`,
        label sets, one array of probabilities, ...). "auto" is "tagger" for subclasses of
        `BaseTagger`, otherwise "scikit-learn".
    expected_failed_checks : dict of {str: str}, default=None
        Names of checks that are expected to fail, each with the reason.
    on_skip : {"warn"} or None, default="warn"
        Whether a check that cannot be run causes a `SkipTestWarning`.
    on_fail : {"raise", "warn"} or None, default="raise"
        What to do at an unexpected failure: "raise" its exception, which ends the run, or "warn"
        with an `EstimatorCheckFailedWarning`, or nothing (None).
    callback : callable, default=None
        Called with the entries of each result as keyword arguments. Not legal with
        ``on_fail="raise"``.

    Returns
    -------
    list of dict
        One result per check, in the order of the run, as `check_estimator` returns them:
        "estimator", "check_name" (str), "exception" (None or what was raised), "status" (one of
        "passed", "failed", "skipped", "xfail"), "expected_to_fail" (bool) and
        "expected_to_fail_reason" (str).

    Raises
    ------
    CheckFailedError
        An AssertionError that says what is required, what was found and how to fix it, if a check
        fails and ``on_fail="raise"``.
    TypeError
        If `estimator` is a class.
    ValueError
        If `expected_failed_checks` names a check that does not exist, or another parameter is
        not legal.

    See Also
    --------
    parametrize_with_text_checks : The same checks as pytest tests.

    Examples
    --------
    >>> from skmultitext import TfidfLogRegTagger
    >>> from skmultitext.testing import check_text_estimator
    >>> results = check_text_estimator(TfidfLogRegTagger())
    >>> {result["status"] for result in results}
    {'passed'}
    """
    if on_fail not in ("raise", "warn", None):
        raise ValueError(f'on_fail is {shown(on_fail)}; pass "raise", "warn" or None.')
    if on_skip not in ("warn", None):
        raise ValueError(f'on_skip is {shown(on_skip)}; pass "warn" or None.')
    if on_fail == "raise" and callback is not None:
        raise ValueError('callback cannot be called with on_fail="raise"; pass "warn" or None.')
    expected = _check_expected(expected_failed_checks)
    subject = _subject(estimator, contract)
    results = []
    for check in _checks_of(subject):
        result = _run(check, subject, expected)
        if result["status"] == "failed" and on_fail == "raise":
            raise result["exception"]
        _warn(result, on_skip, on_fail)
        results.append(result)
        if callback is not None:
            callback(**result)
    return results


def parametrize_with_text_checks(
    estimators: Iterable[Any],
    *,
    contract: str = "auto",
    expected_failed_checks: Callable[[Any], Mapping[str, str]] | None = None,
    xfail_strict: bool | None = None,
) -> Any:
    """Parametrize a pytest test with the checks of `check_text_estimator`.

    Every check of every estimator is a test of its own, so that pytest-xdist can run them in
    parallel.

    Parameters
    ----------
    estimators : list of estimator
        Instances, as for `check_text_estimator`.
    contract : {"auto", "scikit-learn", "tagger"}, default="auto"
        Which checks apply, as in `check_text_estimator`.
    expected_failed_checks : callable, default=None
        Takes an estimator and returns the checks that are expected to fail, as in
        `check_text_estimator`. They are marked xfail.
    xfail_strict : bool, default=None
        Whether a check that is expected to fail, but passes, is a failure. None uses the setting
        of pytest.

    Returns
    -------
    pytest.MarkDecorator
        A decorator for a test function with the arguments `estimator` and `check`.

    Raises
    ------
    TypeError
        If one of the estimators is a class.
    ValueError
        If a check that does not exist is expected to fail.

    Examples
    --------
    >>> from skmultitext import TfidfLogRegTagger
    >>> from skmultitext.testing import parametrize_with_text_checks
    >>> @parametrize_with_text_checks([TfidfLogRegTagger()])
    ... def test_contract(estimator, check):
    ...     check(estimator)
    """
    import pytest

    strict: dict[str, Any] = {} if xfail_strict is None else {"strict": xfail_strict}
    parameters = []
    for estimator in estimators:
        expected = expected_failed_checks(estimator) if expected_failed_checks else None
        expected = _check_expected(expected)
        subject = _subject(estimator, contract)
        for check in _checks_of(subject):
            marks: Any = ()
            if check.name in expected:
                marks = pytest.mark.xfail(reason=expected[check.name], **strict)
            test = partial(_check_as_test, check, subject)
            test_id = f"{_short(estimator)}-{check.name}"
            parameters.append(pytest.param(estimator, test, marks=marks, id=test_id))
    return pytest.mark.parametrize(("estimator", "check"), parameters)


def _short(estimator: Any) -> str:
    """Format an estimator on a short line; without addresses, as pytest's workers compare ids."""
    shown = re.sub(r" at 0x[0-9a-fA-F]+|\s", "", repr(estimator))
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _check_as_test(check: TextCheck, subject: Subject, estimator: Any) -> None:
    """Run a check; use the shared models if the estimator is the subject's."""
    if estimator is not subject.estimator:
        subject = Subject(estimator, "tagger" if subject.is_tagger else "scikit-learn")
    check.run(subject)


def _subject(estimator: Any, contract: str) -> Subject:
    if isinstance(estimator, type):
        raise TypeError(f"estimator is the class {estimator.__name__}; pass an instance of it.")
    if not hasattr(estimator, "__sklearn_tags__"):
        raise TypeError(
            f"estimator is a {type(estimator).__name__} without tags; inherit from "
            f"sklearn.base.ClassifierMixin and BaseEstimator, in this order."
        )
    if contract not in _CONTRACTS:
        raise ValueError(f"contract is {shown(contract)}; pass one of {', '.join(_CONTRACTS)}.")
    return Subject(estimator, contract)


def _checks_of(subject: Subject) -> list[TextCheck]:
    return [check for check in CHECKS.values() if check.applies_to(subject)]


def _check_expected(given: Mapping[str, str] | None) -> dict[str, str]:
    """Refuse names of checks that do not exist."""
    expected = dict(given or {})
    for name in expected:
        if name not in CHECKS:
            near = get_close_matches(name, CHECKS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"expected_failed_checks names the unknown check {shown(name)}.{hint}")
    return expected


def _run(check: TextCheck, subject: Subject, expected: Mapping[str, str]) -> dict[str, Any]:
    """Run one check and return its result."""
    result: dict[str, Any] = {
        "estimator": subject.estimator,
        "check_name": check.name,
        "exception": None,
        "status": "passed",
        "expected_to_fail": check.name in expected,
        "expected_to_fail_reason": expected.get(check.name, _NOT_EXPECTED),
    }
    try:
        check.run(subject)
    except SkipTest as skip:
        return result | {"exception": skip, "status": "skipped"}
    except AssertionError as error:
        status = "xfail" if result["expected_to_fail"] else "failed"
        return result | {"exception": error, "status": status}
    return result


def _warn(result: dict[str, Any], on_skip: str | None, on_fail: str | None) -> None:
    if result["status"] == "skipped" and on_skip == "warn":
        name = type(result["estimator"]).__name__
        warn_caller(
            f"Skipping {result['check_name']} for {name}: {result['exception']}",
            SkipTestWarning,
        )
    if result["status"] in ("failed", "xfail") and on_fail == "warn":
        warn_caller(EstimatorCheckFailedWarning(**result))
