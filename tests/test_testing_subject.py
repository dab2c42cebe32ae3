"""Which checks apply to an estimator."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from their_pipelines import forest, one_vs_rest

from skmultitext import TfidfLogRegTagger
from skmultitext.testing import _runner
from skmultitext.testing._checks import CHECKS
from skmultitext.testing._corpus import corpus
from skmultitext.testing._subject import Subject, all_finite, is_fitted


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


def test_what_it_makes_is_a_clone_with_seeds():
    pipeline = forest()
    subject = Subject(pipeline)
    made = subject.make()
    assert made is not pipeline
    assert made[-1].random_state == 0
    assert pipeline[-1].random_state is None
    assert subject.seeds(5) == {"randomforestclassifier__random_state": 5}
    assert Subject(TfidfLogRegTagger(random_state=3)).make(C=7.0).get_params()["C"] == 7.0
    assert Subject(TfidfLogRegTagger(random_state=3)).make().random_state == 0


def test_a_model_is_fitted_once_for_each_number_of_labels():
    tagger = TfidfLogRegTagger()
    subject = Subject(tagger)
    assert subject.fitted() is subject.fitted()
    assert subject.fitted(2) is not subject.fitted()
    assert subject.fitted(2).predict(["late parcel"]).shape == (1, 2)
    assert not is_fitted(tagger)
    assert is_fitted(subject.fitted())
    assert subject.fit(parameters={"C": 5.0}).C == 5.0


def test_it_knows_what_the_estimator_can():
    ours, theirs = Subject(TfidfLogRegTagger()), Subject(forest())
    assert ours.methods == ["predict", "predict_proba", "decision_function"]
    assert theirs.methods == ["predict", "predict_proba"]
    assert (ours.takes_weights, theirs.takes_weights) == (True, False)
    assert (ours.label_counts, theirs.label_counts) == ((1, 2, 3), (2, 3))
    assert ours.classifier_tags.multi_label
    assert not Subject(LogisticRegression()).classifier_tags.multi_label
    assert ours.name == "TfidfLogRegTagger"
    assert ours.parameters["C"] == "auto"


def test_answers_are_dense_and_on_the_test_documents():
    subject = Subject(forest())
    answers = subject.answers(subject.fitted())
    assert set(answers) == {"predict", "predict_proba"}
    assert len(answers["predict"]) == len(corpus().test_texts)
    assert answers["predict_proba"].shape == (16, 6)  # both classes of each label
    assert subject.answers(subject.fitted(), ["late parcel"])["predict"].shape == (1, 3)
    assert all_finite(answers)
    assert not all_finite({**answers, "decision_function": np.array([np.inf])})
