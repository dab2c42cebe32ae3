"""What a wrapping tagger hands on to its estimator, and what it keeps to itself."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from libraries import pd
from scipy.special import logit
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import make_multilabel_classification
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError, UnsetMetadataPassedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MultiLabelBinarizer
from sklearn.svm import LinearSVC
from wrapped_estimators import one_vs_rest

from skmultitext import (
    CalibratedTaggerCV,
    FixedThresholdTagger,
    MultilabelLogisticRegression,
    TfidfLogRegTagger,
    TunedThresholdTaggerCV,
    predict_labels,
)
from skmultitext._meta.known_labels import find_label_names
from skmultitext._meta.wrapping import wrapped_has
from skmultitext.exceptions import LabelError, RareLabelWarning
from skmultitext.model_selection import MultilabelStratifiedGroupKFold


def test_prefit_matches_labels_by_name(tickets):
    half = len(tickets.data) // 2
    estimator = TfidfLogRegTagger(loss="log_loss").fit(
        tickets.data[:half], tickets.label_sets[:half]
    )
    gone = estimator.label_names_[0]
    rest = [[label for label in labels if label != gone] for labels in tickets.label_sets[half:]]
    tagger = TunedThresholdTaggerCV(estimator, cv="prefit").fit(tickets.data[half:], rest)
    np.testing.assert_array_equal(tagger.label_names_, estimator.label_names_)
    assert tagger.predict(tickets.data[half:])[:, 0].sum() == 0
    with pytest.raises(ValueError, match="unknown labels 'new'"):
        clone(tagger).set_params(estimator=estimator).fit(tickets.data[:2], [["new"], []])


class Recorder(DummyClassifier):
    """Remembers how its fit was called."""

    def fit(self, X, y, sample_weight=None, flavour=None):
        super().fit(X, y, sample_weight)
        self.seen_ = {"n": len(X), "weight": sample_weight, "flavour": flavour}
        return self


def test_fit_parameters_reach_the_estimator(four_labels):
    X, y = four_labels
    weight = np.arange(len(X), dtype=float)
    for tagger in (FixedThresholdTagger(Recorder()), TunedThresholdTaggerCV(Recorder(), cv=3)):
        tagger.fit(X, y, sample_weight=weight, flavour="mint")
        seen = tagger.estimator_.seen_
        np.testing.assert_array_equal(seen["weight"], weight)
        assert seen["flavour"] == "mint"
        assert seen["n"] == len(X)


def test_metadata_routing(four_labels):
    X, y = four_labels
    weight = np.arange(len(X), dtype=float)
    groups = np.arange(len(X)) // 2
    with config_context(enable_metadata_routing=True):
        asking = Recorder().set_fit_request(sample_weight=True, flavour=False)
        refusing = Recorder().set_fit_request(sample_weight=False, flavour=False)
        cv = MultilabelStratifiedGroupKFold(3)
        tagger = TunedThresholdTaggerCV(asking, cv=cv).fit(
            X, y, sample_weight=weight, groups=groups
        )
        np.testing.assert_array_equal(tagger.estimator_.seen_["weight"], weight)
        unasked = Recorder().set_fit_request(flavour=False)
        for wrapper in (FixedThresholdTagger, TunedThresholdTaggerCV):
            tagger = wrapper(refusing).fit(X, y, sample_weight=weight)
            assert tagger.estimator_.seen_["weight"] is None
            with pytest.raises(UnsetMetadataPassedError, match="Recorder"):
                wrapper(unasked).fit(X, y, sample_weight=weight)
        search = GridSearchCV(
            TunedThresholdTaggerCV(asking, cv=2)
            .set_fit_request(sample_weight=True)
            .set_score_request(sample_weight=False),
            {"estimator__strategy": ["prior"]},
            cv=KFold(2),
        ).fit(X, y, sample_weight=weight)
        np.testing.assert_array_equal(search.best_estimator_.estimator_.seen_["weight"], weight)
    # without routing, groups go to the splitter as in scikit-learn's searches
    TunedThresholdTaggerCV(Recorder(), cv=cv).fit(X, y, groups=groups)


def test_bad_texts_are_named_by_their_row_before_anything_is_fitted(tickets):
    texts = [*tickets.data]
    texts[401] = None
    inner = FixedThresholdTagger(TfidfLogRegTagger())
    with pytest.raises(ValueError, match=r"X\[401\] is missing"):
        TunedThresholdTaggerCV(inner, cv=2).fit(texts, tickets.target)


def test_a_failed_fit_leaves_what_was_there(four_labels):
    X, y = four_labels
    tagger = FixedThresholdTagger(one_vs_rest).fit(X, y)
    before = tagger.predict(X)
    with pytest.raises(ValueError, match="inconsistent numbers of samples: X has 300"):
        tagger.fit(X, y[:10])
    np.testing.assert_array_equal(tagger.predict(X), before)


def test_methods_exist_where_the_estimator_has_them(four_labels):
    svm = FixedThresholdTagger(OneVsRestClassifier(LinearSVC()))
    assert not hasattr(svm, "predict_proba")
    assert hasattr(svm, "decision_function")
    assert hasattr(FixedThresholdTagger(one_vs_rest), "predict_proba")
    svm.estimator_ = clone(one_vs_rest).fit(*four_labels)
    assert hasattr(svm, "predict_proba")  # what was fitted counts, not the parameter

    class Tagger:
        def __init__(self, estimator):
            self.estimator = estimator

        @wrapped_has("transform")
        def change(self):
            return "changed"

    with pytest.raises(AttributeError, match="'Tagger' has no attribute 'change'"):
        Tagger(LogisticRegression()).change()


def test_names_and_number_of_features_are_those_of_the_estimator(four_labels):
    X, y = four_labels
    frame = pd.DataFrame(X, columns=[f"word {j}" for j in range(20)])
    tagger = FixedThresholdTagger(one_vs_rest).fit(frame, y)
    assert tagger.n_features_in_ == 20
    assert tagger.feature_names_in_.tolist() == frame.columns.tolist()
    assert not hasattr(FixedThresholdTagger(TfidfLogRegTagger()), "n_features_in_")


def test_tags_of_the_input_are_those_of_the_estimator():
    for estimator in (one_vs_rest, TfidfLogRegTagger()):
        tags = FixedThresholdTagger(estimator).__sklearn_tags__()
        assert tags.input_tags == estimator.__sklearn_tags__().input_tags
        assert tags.classifier_tags.multi_label


def test_rows_must_be_as_many_as_labels_and_weights(four_labels):
    X, y = four_labels
    tagger = FixedThresholdTagger(one_vs_rest)
    with pytest.raises(ValueError, match="X has 299 rows, y has 300"):
        tagger.fit(X[1:], y)
    with pytest.raises(ValueError, match=r"sample_weight has shape \(2,\), but there are 300 doc"):
        tagger.fit(X, y, sample_weight=[1, 2])
    assert not hasattr(tagger, "estimator_")


LABELS = ["a", "b", "c"]
FEATURES, TARGET = make_multilabel_classification(150, n_classes=3, random_state=1)
FITTED = MultilabelLogisticRegression(threshold=[0.2, 0.6, 0.3]).fit(
    FEATURES[:80], pd.DataFrame(TARGET[:80], columns=LABELS)
)
LATER, TRUTH = FEATURES[80:], TARGET[80:]


def in_a_pipeline(estimator):
    return make_pipeline(FunctionTransformer(), estimator)


KEPT = {
    "frozen": FrozenEstimator(FITTED),
    "frozen twice": FrozenEstimator(FrozenEstimator(FITTED)),
    "frozen pipeline": FrozenEstimator(in_a_pipeline(FITTED)),
    "frozen search": FrozenEstimator(
        GridSearchCV(in_a_pipeline(FrozenEstimator(FITTED)), {}, cv=KFold(2)).fit(LATER, TRUTH)
    ),
    "pipeline of a frozen one": in_a_pipeline(FrozenEstimator(FITTED)),
    "search of a frozen one": GridSearchCV(in_a_pipeline(FrozenEstimator(FITTED)), {}, cv=KFold(2)),
    "thresholds around it": FixedThresholdTagger(
        in_a_pipeline(FrozenEstimator(FITTED)), threshold=[0.2, 0.6, 0.3]
    ),
    "frozen thresholds": FrozenEstimator(
        FixedThresholdTagger(FrozenEstimator(FITTED), threshold=[0.2, 0.6, 0.3]).fit(LATER, TRUTH)
    ),
}
WRAPPERS = {
    "fixed": lambda kept: FixedThresholdTagger(kept, threshold=0.4),
    "tuned": lambda kept: TunedThresholdTaggerCV(kept, cv=3),
    "tuned once": lambda kept: TunedThresholdTaggerCV(kept, cv=0.5, random_state=0),
    "calibrated": lambda kept: CalibratedTaggerCV(kept, cv=3),
    "nested": lambda kept: CalibratedTaggerCV(TunedThresholdTaggerCV(kept, cv=2), cv=2),
    "in a search": lambda kept: GridSearchCV(
        FixedThresholdTagger(kept), {"threshold": [0.4]}, cv=KFold(2)
    ),
}


def label_sets_of(indicator):
    return [[LABELS[j] for j in np.flatnonzero(row)] for row in indicator]


FORMS = {
    "columns turned round": lambda y: pd.DataFrame(y[:, ::-1], columns=LABELS[::-1]),
    "label sets": label_sets_of,
    "array": lambda y: y,
    "sparse": sp.csr_array,
}


@pytest.mark.parametrize("kept", KEPT)
@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_labels_of_a_frozen_estimator_match_by_name(wrapper, kept):
    """Every form of the same labels gives the same tagger, in the order of the frozen one."""
    found = {}
    for form, write in FORMS.items():
        tagger = WRAPPERS[wrapper](KEPT[kept]).fit(LATER, write(TRUTH))
        assert find_label_names(tagger).tolist() == LABELS
        found[form] = tagger.predict_proba(LATER), predict_labels(tagger, LATER)
    for proba, labels in found.values():
        np.testing.assert_array_equal(proba, found["array"][0])
        assert labels == found["array"][1]
    given = MultiLabelBinarizer(classes=LABELS).fit_transform(labels)
    assert f1_score(TRUTH, given, average="micro") > 0.7


@pytest.mark.parametrize("kept", KEPT)
@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_label_that_later_data_lack_is_known_and_keeps_its_threshold(wrapper, kept):
    lacking = TRUTH * [1, 0, 1]
    for y in (label_sets_of(lacking), pd.DataFrame(lacking[:, [2, 0]], columns=["c", "a"])):
        if wrapper == "in a search" and isinstance(y, pd.DataFrame):
            continue  # nothing can be scored where a column of the truth is missing
        tagger = WRAPPERS[wrapper](KEPT[kept])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RareLabelWarning)  # of the calibration, which names b
            tagger.fit(LATER, y)
        assert find_label_names(tagger).tolist() == LABELS
        if wrapper in ("tuned", "tuned once"):
            assert tagger.thresholds_[1] == 0.6
        elif wrapper == "fixed":
            assert tagger.thresholds_[1] == 0.4
        assert any("b" in labels for labels in predict_labels(tagger, LATER))


@pytest.mark.parametrize("kept", KEPT)
@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_label_that_a_frozen_estimator_does_not_know_is_named(wrapper, kept):
    more = [*label_sets_of(TRUTH[:-1]), ["a", "new"]]
    frame = pd.DataFrame(TRUTH, columns=["a", "b", "new"])
    for y, named in ((more, "'new'"), (frame, "'new'"), (TRUTH[:, :2], "2 column")):
        tagger = WRAPPERS[wrapper](KEPT[kept])
        if isinstance(tagger, GridSearchCV):
            tagger.error_score = "raise"
        with pytest.raises(LabelError, match=named):
            tagger.fit(LATER, y)


def test_prefit_and_frozen_are_one_mechanism():
    y = pd.DataFrame(TRUTH[:, ::-1], columns=LABELS[::-1])
    for wrapper in (TunedThresholdTaggerCV, CalibratedTaggerCV):
        prefit = wrapper(FITTED, cv="prefit").fit(LATER, y)
        for k in (2, 5):
            frozen = wrapper(FrozenEstimator(FITTED), cv=k).fit(LATER, y)
            np.testing.assert_allclose(prefit.thresholds_, frozen.thresholds_)
            np.testing.assert_allclose(prefit.predict_proba(LATER), frozen.predict_proba(LATER))


def test_a_clone_of_a_prefit_estimator_is_told_to_be_frozen():
    with pytest.raises(NotFittedError, match="which clones it, wrap it in FrozenEstimator"):
        FixedThresholdTagger(TunedThresholdTaggerCV(FITTED, cv="prefit")).fit(LATER, TRUTH)


def test_thresholds_kept_on_the_scale_of_the_scores():
    lacking = label_sets_of(TRUTH * [1, 0, 1])
    tagger = TunedThresholdTaggerCV(
        FrozenEstimator(FITTED), cv=2, response_method="decision_function"
    ).fit(LATER, lacking)
    assert tagger.thresholds_[1] == logit(0.6)
    nameless = FrozenEstimator(OneVsRestClassifier(LogisticRegression()).fit(FEATURES, TARGET))
    tagger = TunedThresholdTaggerCV(nameless, cv=2).fit(LATER, TRUTH * [1, 0, 1])
    assert tagger.thresholds_[1] == 0.5


def test_a_frozen_estimator_of_other_labels_is_refused_in_fit():
    frozen = FrozenEstimator(OneVsRestClassifier(LogisticRegression()).fit(FEATURES, TARGET))
    for tagger in (FixedThresholdTagger(frozen), TunedThresholdTaggerCV(frozen, cv=2)):
        with pytest.raises(ValueError, match=r"gives scores of shape \(.*, 3\), but there are 2"):
            tagger.fit(LATER, TRUTH[:, :2])
        with pytest.raises(LabelError, match="has no label names"):
            tagger.fit(LATER, label_sets_of(TRUTH))
        names = pd.DataFrame(TRUTH, columns=["x", "y", "z"])
        assert tagger.fit(LATER, names).label_names_.tolist() == ["x", "y", "z"]


def test_a_frozen_tagger_of_one_label():
    codes = np.array(["ham", "spam"])
    frozen = FrozenEstimator(MultilabelLogisticRegression().fit(FEATURES, codes[TARGET[:, 0]]))
    wanted = frozen.predict(LATER)
    for tagger in (FixedThresholdTagger(frozen), CalibratedTaggerCV(FrozenEstimator(frozen), cv=3)):
        tagger.fit(LATER, codes[TRUTH[:, 0]])
        assert np.mean(tagger.predict(LATER) == wanted) > 0.9
        tagger.fit(LATER, [["spam"] if one else [] for one in TRUTH[:, 0]])
        assert tagger.label_names_.tolist() == ["spam"]
    np.testing.assert_array_equal(
        FixedThresholdTagger(frozen).fit(LATER[:3], ["spam"] * 3).predict(LATER), wanted
    )


def test_thresholds_are_weighted_without_weighting_the_fit(four_labels):
    X, y = four_labels
    weight = np.random.RandomState(0).randint(0, 3, len(X)).astype(float)
    cv = [(np.arange(0, 150), np.arange(150, 300))]
    with config_context(enable_metadata_routing=True):
        inner = MultilabelLogisticRegression().set_fit_request(sample_weight=False)
        tagger = TunedThresholdTaggerCV(inner, cv=cv).fit(X, y, sample_weight=weight)
    plain = MultilabelLogisticRegression().fit(X[:150], y[:150])
    wanted = TunedThresholdTaggerCV(plain, cv="prefit").fit(
        X[150:], y[150:], sample_weight=weight[150:]
    )
    np.testing.assert_allclose(tagger.thresholds_, wanted.thresholds_)
    np.testing.assert_array_equal(
        tagger.estimator_.coef_, MultilabelLogisticRegression().fit(X, y).coef_
    )
