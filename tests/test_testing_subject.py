"""Which checks apply to an estimator."""

from their_pipelines import forest, one_vs_rest

from skmultitext import TfidfLogRegTagger
from skmultitext.testing import _runner
from skmultitext.testing._checks import CHECKS
from skmultitext.testing._subject import Subject


def names_for(estimator, contract="auto"):
    return {check.name for check in _runner._checks_of(Subject(estimator, contract))}


def test_every_check_applies_to_the_tfidf_tagger():
    assert names_for(TfidfLogRegTagger()) == set(CHECKS)


def test_a_stranger_owes_only_what_scikit_learn_asks():
    assert all(CHECKS[name].contract == "scikit-learn" for name in names_for(one_vs_rest()))
    assert "check_predict_labels" in names_for(one_vs_rest(), contract="tagger")
    assert "check_predict_labels" not in names_for(TfidfLogRegTagger(), contract="scikit-learn")


def test_checks_of_what_an_estimator_lacks_do_not_apply():
    names = names_for(one_vs_rest())
    assert not {name for name in names if "weight" in name}
    assert not {"check_n_iter", "check_random_state", "check_metadata_routing"} & names
    assert "check_scores_agree" in names
    assert not {"check_scores_agree", "check_decision_function_form"} & names_for(forest())


def test_tags_leave_checks_out():
    class Undetermined(TfidfLogRegTagger):
        def __sklearn_tags__(self):
            tags = super().__sklearn_tags__()
            tags.non_deterministic = True
            tags.classifier_tags.poor_score = True
            tags.target_tags.single_output = False
            return tags

    left_out = set(CHECKS) - names_for(Undetermined())
    assert {"check_subset_invariance", "check_learns", "check_binary_labels"} <= left_out
