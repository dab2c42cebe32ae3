"""The runner: what it reports, raises, warns of and skips."""

import warnings
from importlib.util import find_spec
from unittest import SkipTest

import pytest
from sklearn.base import BaseEstimator
from sklearn.exceptions import EstimatorCheckFailedWarning, NotFittedError, SkipTestWarning
from their_pipelines import forest, one_vs_rest

from skmultitext import TfidfLogRegTagger
from skmultitext.testing import (
    CheckFailedError,
    _runner,
    check_text_estimator,
    parametrize_with_text_checks,
)
from skmultitext.testing._checks import CHECKS, TextCheck, expect

# what scikit-learn's own way to tag text really does; none of it is ours to fix
VECTORIZER_FAILURES = {
    "check_rejects_single_str": "bytes as X: AttributeError instead of ValueError",
    "check_rejects_missing_text": "None: AttributeError instead of ValueError",
    "check_rejects_number_among_texts": "AttributeError instead of ValueError",
    "check_rejects_bytes_among_texts": "bytes are decoded as UTF-8 without a word",
    "check_rejects_lists_of_words": "AttributeError instead of ValueError",
    "check_rejects_dataframe": "the column names are read as texts",
    "check_rejects_2d_array": "AttributeError instead of ValueError",
    "check_rejects_sparse": "AttributeError instead of ValueError",
    "check_rejects_unordered": "a set is read in any order",
    "check_rejects_empty": "None: TypeError instead of ValueError",
}
ONE_VS_REST_FAILURES = VECTORIZER_FAILURES | {
    "check_failed_fit": "OneVsRestClassifier sets label_binarizer_ before it fits",
    "check_scorers": "classes_ is np.arange(n_labels): neg_log_loss is another number",
}
FOREST_FAILURES = VECTORIZER_FAILURES | {
    "check_rejects_other_values": "a forest takes multi-class columns",
}
PIPELINE_SKIPS = {"check_text_tags", "check_label_tags", "check_fit_keeps_parameters"}


@parametrize_with_text_checks([TfidfLogRegTagger()])
def test_tfidf_tagger_keeps_the_contract(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("pipeline", "known_failures"),
    [(one_vs_rest(), ONE_VS_REST_FAILURES), (forest(), FOREST_FAILURES)],
    ids=["one_vs_rest", "forest"],
)
def test_pipelines_of_scikit_learn_keep_its_half(pipeline, known_failures):
    results = check_text_estimator(
        pipeline, expected_failed_checks=known_failures, on_fail="raise", on_skip=None
    )
    failed = {result["check_name"] for result in results if result["status"] == "xfail"}
    skipped = {result["check_name"] for result in results if result["status"] == "skipped"}
    of_pandas = {"check_rejects_dataframe", "check_texts_as_series"}
    of_pandas = set() if find_spec("pandas") else of_pandas
    assert failed == set(known_failures) - of_pandas
    assert skipped == PIPELINE_SKIPS | of_pandas


def check_that_passes(subject):
    """It is asked to pass.

    Nothing to fix.
    """


def check_that_fails(subject):
    """A tagger is asked to fly.

    Give it wings.
    """
    expect(False, "it walks")


def check_that_breaks(subject):
    """A tagger is asked to survive.

    Fix it.
    """
    raise ZeroDivisionError("by zero")


def check_that_skips(subject):
    """It is asked for feathers.

    Buy some.
    """
    raise SkipTest("no feathers here")


@pytest.fixture
def few(monkeypatch):
    """Put a few checks in the place of all; return how to choose them."""

    def choose(*functions):
        checks = {f.__name__: TextCheck(f, "scikit-learn", ()) for f in functions}
        monkeypatch.setattr(_runner, "CHECKS", checks)

    choose(check_that_passes, check_that_fails, check_that_breaks, check_that_skips)
    return choose


def test_results_are_those_of_check_estimator(few):
    tagger = TfidfLogRegTagger()
    results = check_text_estimator(tagger, on_fail=None, on_skip=None)
    assert [result["status"] for result in results] == ["passed", "failed", "failed", "skipped"]
    assert [result["check_name"] for result in results] == [
        "check_that_passes",
        "check_that_fails",
        "check_that_breaks",
        "check_that_skips",
    ]
    for result in results:
        assert set(result) == {
            "estimator",
            "check_name",
            "exception",
            "status",
            "expected_to_fail",
            "expected_to_fail_reason",
        }
        assert result["estimator"] is tagger
        assert result["expected_to_fail"] is False
    assert results[0]["exception"] is None
    assert isinstance(results[1]["exception"], CheckFailedError)
    assert isinstance(results[2]["exception"].__cause__, ZeroDivisionError)
    assert str(results[3]["exception"]) == "no feathers here"


def test_the_first_failure_is_raised_and_teaches(few):
    with pytest.raises(CheckFailedError) as caught:
        check_text_estimator(TfidfLogRegTagger())
    assert str(caught.value).splitlines() == [
        "TfidfLogRegTagger fails check_that_fails",
        "  expected: A tagger is asked to fly.",
        "  found:    it walks",
        "  fix:      Give it wings.",
    ]


def test_an_error_inside_a_check_is_what_was_found(few):
    few(check_that_breaks)
    with pytest.raises(CheckFailedError, match="found:    ZeroDivisionError: by zero"):
        check_text_estimator(TfidfLogRegTagger())


def test_failures_can_be_warnings(few):
    few(check_that_passes, check_that_fails)
    with pytest.warns(EstimatorCheckFailedWarning, match="check_that_fails"):
        results = check_text_estimator(TfidfLogRegTagger(), on_fail="warn")
    assert [result["status"] for result in results] == ["passed", "failed"]


def test_failures_can_be_silent(few):
    few(check_that_fails)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        results = check_text_estimator(TfidfLogRegTagger(), on_fail=None)
    assert results[0]["status"] == "failed"


def test_an_expected_failure_is_no_failure(few):
    few(check_that_fails, check_that_passes)
    expected = {"check_that_fails": "no wings", "check_that_passes": "by mistake"}
    failed, passed = check_text_estimator(TfidfLogRegTagger(), expected_failed_checks=expected)
    assert failed["status"] == "xfail"
    assert failed["expected_to_fail"] is True
    assert failed["expected_to_fail_reason"] == "no wings"
    assert passed["status"] == "passed"
    assert passed["expected_to_fail"] is True


def test_an_expected_failure_must_exist():
    message = "unknown check 'check_pickles'. Did you mean 'check_pickle'?"
    with pytest.raises(ValueError, match=message):
        check_text_estimator(TfidfLogRegTagger(), expected_failed_checks={"check_pickles": "?"})
    with pytest.raises(ValueError, match=message):
        parametrize_with_text_checks(
            [TfidfLogRegTagger()], expected_failed_checks=lambda _: {"check_pickles": "?"}
        )


def test_skips_warn_with_the_reason_unless_told_not_to(few):
    few(check_that_skips)
    message = "Skipping check_that_skips for TfidfLogRegTagger: no feathers here"
    with pytest.warns(SkipTestWarning, match=message):
        (result,) = check_text_estimator(TfidfLogRegTagger())
    assert result["status"] == "skipped"
    assert check_text_estimator(TfidfLogRegTagger(), on_skip=None)[0]["status"] == "skipped"


def test_callback_gets_each_result(few):
    few(check_that_passes, check_that_fails)
    seen = []
    results = check_text_estimator(
        TfidfLogRegTagger(), on_fail=None, callback=lambda **result: seen.append(result)
    )
    assert seen == results


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"on_fail": "stop"}, "on_fail is 'stop'"),
        ({"on_skip": "raise"}, "on_skip is 'raise'"),
        ({"contract": "ours"}, "contract is 'ours'"),
        ({"callback": print}, "callback cannot be called with on_fail"),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(ValueError, match=message):
        check_text_estimator(TfidfLogRegTagger(), **options)


def test_a_class_is_no_instance():
    for call in (check_text_estimator, lambda cls: parametrize_with_text_checks([cls])):
        with pytest.raises(TypeError, match="is the class TfidfLogRegTagger; pass an instance"):
            call(TfidfLogRegTagger)


def test_an_object_without_tags_is_no_estimator():
    with pytest.raises(TypeError, match="is a object without tags"):
        check_text_estimator(object())


def test_an_estimator_that_is_no_classifier_is_told_so():
    class Stranger(BaseEstimator):
        def fit(self, X, y):
            return self

    results = check_text_estimator(Stranger(), on_fail=None, on_skip=None)
    failed = {
        result["check_name"]: str(result["exception"]) for result in results if result["exception"]
    }
    assert "estimator_type is None" in failed["check_label_tags"]
    assert "classifier_tags is None" in failed["check_tag_types"]


def test_the_estimator_is_never_fitted(few):
    tagger = TfidfLogRegTagger()
    few(CHECKS["check_learns"].function)
    check_text_estimator(tagger)
    with pytest.raises(NotFittedError):
        tagger.predict(["late parcel"])


def test_parametrized_checks_take_another_estimator():
    mark = parametrize_with_text_checks([TfidfLogRegTagger()]).mark
    tests = {parameter.id: parameter.values[1] for parameter in mark.args[1]}
    assert len(tests) == len(CHECKS)
    check = tests["TfidfLogRegTagger()-check_learns"]
    check(TfidfLogRegTagger(C=100))
    with pytest.raises(CheckFailedError, match="micro-F1"):
        check(TfidfLogRegTagger(threshold=1.0))


def test_parametrized_checks_are_marked_where_failure_is_expected():
    mark = parametrize_with_text_checks(
        [TfidfLogRegTagger()],
        expected_failed_checks=lambda _: {"check_weight_repeats": "minibatches"},
        xfail_strict=True,
    ).mark
    marked = {parameter.id: parameter.marks for parameter in mark.args[1] if parameter.marks}
    assert list(marked) == ["TfidfLogRegTagger()-check_weight_repeats"]
    ((xfail,),) = marked.values()
    assert xfail.kwargs == {"reason": "minibatches", "strict": True}


def test_ids_of_parametrized_checks_stay_short():
    parameters = parametrize_with_text_checks([one_vs_rest()]).mark.args[1]
    assert max(len(parameter.id) for parameter in parameters) <= 110
    assert len({parameter.id for parameter in parameters}) == len(parameters)


def test_ids_of_parametrized_checks_have_no_addresses():
    class Opaque:
        def __repr__(self):
            return "<Opaque at 0x7fA0>"

    estimator = TfidfLogRegTagger(stop_words=Opaque())
    ids = [parameter.id for parameter in parametrize_with_text_checks([estimator]).mark.args[1]]
    assert {name.split("-")[0] for name in ids} == {"TfidfLogRegTagger(stop_words=<Opaque>)"}
