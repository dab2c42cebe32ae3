"""Thresholds and calibration from histograms of scores of partitions that were held out."""

import re

import numpy as np
import pytest

pd = pytest.importorskip("pandas", reason="partitions are DataFrames")

from partitions import NAMES, table  # noqa: E402
from sklearn.base import clone  # noqa: E402
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer  # noqa: E402
from sklearn.frozen import FrozenEstimator  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402

from skmultitext import (  # noqa: E402
    CalibratedTaggerCV,
    FixedThresholdTagger,
    HierarchicalTagger,
    MultilabelLogisticRegression,
    TfidfLogRegTagger,
    TfidfLogRegTaggerCV,
    TunedThresholdTaggerCV,
    load,
    save,
)
from skmultitext.distributed import fit_partitions  # noqa: E402
from skmultitext.distributed._out_of_fold import count_bins  # noqa: E402
from skmultitext.exceptions import LabelError  # noqa: E402
from skmultitext.thresholds import search_thresholds  # noqa: E402

FRAME = table(240)
PARTS = [FRAME[i::6] for i in range(6)]
TEXTS, WEIGHT = FRAME["text"].tolist(), FRAME["weight"].to_numpy()
FOLDS = [  # those that six partitions give: a partition is in fold (number % 3)
    (np.flatnonzero(np.arange(240) % 6 % 3 != k), np.flatnonzero(np.arange(240) % 6 % 3 == k))
    for k in range(3)
]
BASE = TfidfLogRegTagger(loss="log_loss", C=2.0, tol=1e-10)
TUNED = TunedThresholdTaggerCV(BASE, cv=3)
CALIBRATED = CalibratedTaggerCV(BASE, cv=3)


def fit(tagger, parts=PARTS, labels=NAMES, **options):
    options = {"tol": 1e-10, **options}
    return fit_partitions(clone(tagger), parts, text="text", labels=labels, **options)


def on_one_machine(tagger, weight=None):
    return clone(tagger).set_params(cv=FOLDS).fit(TEXTS, FRAME[NAMES], sample_weight=weight)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
def test_calibrated_as_on_one_machine_with_the_same_folds(method, weighted):
    tagger = clone(CALIBRATED).set_params(method=method, min_isotonic=20)
    ours = fit(tagger, sample_weight="weight" if weighted else None)
    whole = on_one_machine(tagger, WEIGHT if weighted else None)
    assert ours.methods_.tolist() == whole.methods_.tolist() == [method] * 3
    np.testing.assert_allclose(ours.predict_proba(TEXTS), whole.predict_proba(TEXTS), atol=1e-2)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("objective", ["f1_macro", "f1_micro", "youden"])
@pytest.mark.parametrize("response", ["predict_proba", "decision_function"])
def test_tuned_as_on_one_machine_with_the_same_folds(objective, response, weighted):
    tagger = clone(TUNED).set_params(objective=objective, response_method=response)
    ours = fit(tagger, sample_weight="weight" if weighted else None)
    whole = on_one_machine(tagger, WEIGHT if weighted else None)
    assert ours.best_score_ == pytest.approx(whole.best_score_, abs=0.01)
    differ = ours.predict(TEXTS) != whole.predict(TEXTS)
    assert differ.mean() < 0.03
    np.testing.assert_array_equal(ours.predict_proba(TEXTS), ours.estimator_.predict_proba(TEXTS))


def test_a_held_out_partition_takes_no_part_in_its_own_fold():
    """Words that occur in one partition only have no weight, and no idf, where it is scored."""
    texts = [[f"only{k} w{i}" for i in range(20)] for k in range(2)]
    label = [i % 2 for i in range(20)]
    parts = [pd.DataFrame({"text": text, "a": label, "b": label[::-1]}) for text in texts]
    tagger = CalibratedTaggerCV(TfidfLogRegTagger(loss="log_loss", C=100.0), cv=2, min_sigmoid=1)
    ours = fit_partitions(tagger, parts, text="text", labels=["a", "b"])
    other = [
        TfidfLogRegTagger(loss="log_loss", C=100.0).fit(texts[1 - k], parts[0][["a", "b"]])
        for k in range(2)
    ]
    proba = np.concatenate([other[k].predict_proba(texts[k]) for k in range(2)])
    whole = CalibratedTaggerCV(
        TfidfLogRegTagger(loss="log_loss", C=100.0),
        min_sigmoid=1,
        cv=[(np.arange(20), np.arange(20, 40)), (np.arange(20, 40), np.arange(20))],
    ).fit(texts[0] + texts[1], pd.concat(parts)[["a", "b"]])
    assert np.ptp(proba[:, 0]) > 0.5
    np.testing.assert_allclose(
        ours.predict_proba(texts[0]), whole.predict_proba(texts[0]), atol=5e-3
    )


def test_one_around_the_other():
    both = TunedThresholdTaggerCV(clone(CALIBRATED).set_params(cv=2), cv=2, objective="f1_micro")
    ours = fit(both)
    assert isinstance(ours.estimator_, CalibratedTaggerCV)
    assert ours.rounds_["n_rounds"] > 8 * 2
    turned = fit(clone(CALIBRATED).set_params(estimator=clone(TUNED).set_params(cv=2), cv=2))
    whole = clone(both).fit(TEXTS, FRAME[NAMES])
    assert ours.best_score_ == pytest.approx(whole.best_score_, abs=0.04)
    np.testing.assert_allclose(turned.predict_proba(TEXTS), ours.predict_proba(TEXTS), atol=0.1)
    assert (turned.predict(TEXTS) == ours.predict(TEXTS)).mean() > 0.9


def test_around_a_pipeline():
    base = make_pipeline(
        HashingVectorizer(n_features=2**12), TfidfTransformer(), MultilabelLogisticRegression(2.0)
    )
    ours = fit(clone(CALIBRATED).set_params(estimator=base))
    whole = on_one_machine(clone(CALIBRATED).set_params(estimator=base))
    np.testing.assert_allclose(ours.predict_proba(TEXTS), whole.predict_proba(TEXTS), atol=4e-3)
    assert ours.label_names_.tolist() == ours.estimator_[-1].label_names_.tolist() == NAMES
    alone = fit(base)
    np.testing.assert_array_equal(alone[-1].coef_, ours.estimator_[-1].coef_)
    assert ours.rounds_["n_rounds"] > alone[-1].rounds_["n_rounds"]
    fixed = fit(FixedThresholdTagger(base, threshold=0.3))
    np.testing.assert_array_equal(fixed.predict(TEXTS), alone.predict_proba(TEXTS) > 0.3)


def test_fixed_thresholds_need_no_folds():
    ours = fit(FixedThresholdTagger(BASE, threshold={"refund": 0.9}, max_labels=2), PARTS[:1])
    base = fit(BASE, PARTS[:1])
    np.testing.assert_array_equal(ours.thresholds_, [0.5, 0.9, 0.5])
    np.testing.assert_array_equal(ours.estimator_.coef_, base.coef_)
    assert ours.rounds_["n_rounds"] == base.rounds_["n_rounds"]


@pytest.mark.parametrize("frozen", [False, True])
def test_prefit_is_evaluated_only(frozen):
    base = TfidfLogRegTagger(loss="log_loss", C=2.0).fit(TEXTS[:60], FRAME[NAMES][:60])
    estimator = FrozenEstimator(base) if frozen else base
    ours = TunedThresholdTaggerCV(estimator, cv="prefit", objective="f1_micro")
    ours = fit_partitions(ours, PARTS, text="text", labels=NAMES[::-1])
    proba = base.predict_proba(TEXTS)
    found, _ = search_thresholds(FRAME[NAMES], proba, objective="f1_micro")
    assert (proba > ours.thresholds_).mean() == pytest.approx((proba > found).mean(), abs=0.02)
    assert ours.estimator_ is estimator
    assert ours.label_names_.tolist() == NAMES
    assert ours.rounds_["n_rounds"] == ours.rounds_["n_bytes_sent"] == ours.rounds_["gap"] == 0
    assert ours.rounds_["n_bytes_received"] == 6 * 8 * 2 * 3 * 2**14


@pytest.mark.parametrize("tagger", [TUNED, CALIBRATED, FixedThresholdTagger(BASE)])
def test_saved_with_its_rounds(tagger, tmp_path):
    ours = fit(tagger)
    save(ours, tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.rounds_ == ours.rounds_
    np.testing.assert_array_equal(again.predict(TEXTS), ours.predict(TEXTS))
    assert not hasattr(again.fit(TEXTS, FRAME[NAMES]), "rounds_")


def test_the_rounds_are_those_of_all_fits():
    ours = fit(TUNED)
    inner = ours.estimator_.rounds_
    assert inner["n_rounds"] * 3 < ours.rounds_["n_rounds"] < inner["n_rounds"] * 5
    assert ours.rounds_["n_bytes_received"] > 3 * inner["n_bytes_received"] * 2 / 3
    assert ours.rounds_["gap"] <= 1e-10


@pytest.mark.parametrize(
    ("tagger", "message"),
    [
        (
            TunedThresholdTaggerCV(BASE, cv=0.2),
            "cv is 0.2; the folds of fit_partitions are whole partitions. Pass their number, an "
            "int of at least 2, None for 5, or 'prefit'.",
        ),
        (CalibratedTaggerCV(BASE, cv=1), "The 'cv' parameter of CalibratedTaggerCV must be an int"),
        (CalibratedTaggerCV(BASE, cv=FOLDS), "the folds of fit_partitions are whole partitions."),
        (clone(TUNED).set_params(refit=False), "refit=False needs a single split, but the folds"),
        (
            clone(TUNED).set_params(store_cv_results=True),
            "store_cv_results is True, for which the search needs the scores of whole documents; "
            "partitions return only a histogram for each label. Set it to False.",
        ),
        (clone(TUNED).set_params(objective=max), "Pass the name of an objective, such as 'f1_mi"),
        (clone(TUNED).set_params(max_labels=2), "Wrap the fitted tagger in a FixedThresholdTagger"),
        (clone(TUNED).set_params(at_least_one=True), "at_least_one is True, for which the search"),
        (clone(TUNED).set_params(shrinkage=-1), "The 'shrinkage' parameter"),
        (CalibratedTaggerCV(clone(BASE).set_params(C=-1)), "The 'C' parameter"),
        (TfidfLogRegTaggerCV(), "tagger is a TfidfLogRegTaggerCV; fit_partitions fits a TfidfLog"),
        (CalibratedTaggerCV(TfidfLogRegTaggerCV()), "tagger is a TfidfLogRegTaggerCV; fit_part"),
        (
            CalibratedTaggerCV(BASE, cv=7),
            "CalibratedTaggerCV has 7 folds of whole partitions, but only 6 partition(s) with "
            "known labels to divide. Lower cv, or repartition data into more.",
        ),
        (
            TunedThresholdTaggerCV(CalibratedTaggerCV(BASE, cv=5), cv=3),
            "CalibratedTaggerCV has 5 folds of whole partitions, but only 4 partition(s)",
        ),
        (TunedThresholdTaggerCV(BASE, cv="prefit"), "cv='prefit' needs a fitted estimator, but"),
        (TunedThresholdTaggerCV(BASE, objective_params={"beta": -1}), "beta"),
        (FixedThresholdTagger(BASE, threshold={"refnd": 0.3}), "refnd"),
    ],
)
def test_what_cannot_work_is_refused_before_any_fit(tagger, message, monkeypatch):
    from skmultitext.distributed import _out_of_fold

    monkeypatch.setattr(_out_of_fold, "fit_in_parts", None)
    with pytest.raises(ValueError, match=re.escape(message)):
        fit(tagger)


def test_empty_partitions_are_no_folds():
    ours = fit(TUNED, [PARTS[0], PARTS[0][:0], *PARTS[1:], PARTS[0].assign(weight=0.0)][:7])
    np.testing.assert_array_equal(ours.thresholds_, fit(TUNED).thresholds_)
    with pytest.raises(LabelError, match="No document of any partition has a weight above 0"):
        fit(TUNED, [PARTS[0][:0]])


def test_a_failed_fit_leaves_the_tagger():
    tagger = clone(TUNED)
    with pytest.raises(ValueError, match="folds of whole partitions"):
        fit_partitions(tagger, PARTS[:2], text="text", labels=NAMES)
    assert not hasattr(tagger, "thresholds_")


IMPLIED = {"refund": "money", "delivery": ["service", "money"]}


@pytest.mark.filterwarnings("ignore:.* documents have no known label")  # without any parent
@pytest.mark.parametrize("training", ["closed", "conditional"])
@pytest.mark.parametrize("labels", ["lists", NAMES, "arrays"], ids=["lists", "columns", "arrays"])
def test_a_hierarchy_closes_the_labels(labels, training):
    arrays = pd.Series(FRAME[NAMES].to_numpy().tolist(), dtype=object)
    frame = FRAME.assign(arrays=arrays)
    known, y = frame, frame[NAMES]
    if labels == "lists":
        known = frame[frame["lists"].notna()]
        y = known["lists"].tolist()
    base = clone(BASE).set_params(labels=NAMES if labels == "arrays" else None)
    tagger = HierarchicalTagger(base, IMPLIED, training=training)
    ours = fit(tagger, [frame[i::3] for i in range(3)], labels)
    whole = clone(tagger).set_params(estimator=BASE).fit(known["text"].tolist(), y)
    assert ours.label_names_.tolist() == whole.label_names_.tolist()
    assert {"money", "service"} < set(ours.label_names_)
    assert ours.hierarchy_ == whole.hierarchy_
    np.testing.assert_allclose(ours.predict_proba(TEXTS), whole.predict_proba(TEXTS), atol=2e-5)
    assert ours.predict_labels(TEXTS) == whole.predict_labels(TEXTS)
    assert ours.rounds_["n_rounds"] == ours.estimator_.rounds_["n_rounds"]


def test_calibrated_around_a_hierarchy(tmp_path):
    tagger = clone(CALIBRATED).set_params(estimator=HierarchicalTagger(BASE, IMPLIED))
    ours, whole = fit(tagger), on_one_machine(tagger)
    assert ours.label_names_.tolist() == whole.label_names_.tolist()
    np.testing.assert_allclose(ours.predict_proba(TEXTS), whole.predict_proba(TEXTS), atol=4e-3)
    save(ours, tmp_path / "model")
    again = load(tmp_path / "model")
    np.testing.assert_array_equal(again.predict(TEXTS), ours.predict(TEXTS))
    assert again.estimator_.rounds_ == ours.estimator_.rounds_


def test_prefit_closes_the_labels_in_the_hierarchy_of_its_estimator():
    base = HierarchicalTagger(BASE, IMPLIED).fit(TEXTS, FRAME[NAMES])
    tagger = CalibratedTaggerCV(base, cv="prefit")
    ours = fit_partitions(tagger, PARTS, text="text", labels=NAMES)
    whole = CalibratedTaggerCV(base, cv="prefit").fit(TEXTS, FRAME[NAMES])
    np.testing.assert_allclose(ours.predict_proba(TEXTS), whole.predict_proba(TEXTS), atol=4e-3)


@pytest.mark.parametrize("cv", [3, "prefit"])
def test_thresholds_around_a_hierarchy_are_refused(cv):
    nested = HierarchicalTagger(BASE, IMPLIED).fit(TEXTS, FRAME[NAMES])
    for inside in (nested, FixedThresholdTagger(nested), CalibratedTaggerCV(nested, cv=2)):
        if cv == 3 or inside is nested:
            tagger = TunedThresholdTaggerCV(inside, cv=cv)
            with pytest.raises(ValueError, match="put a CalibratedTaggerCV around the Hierarchica"):
                fit_partitions(tagger, PARTS, text="text", labels=NAMES)


@pytest.mark.parametrize(("n_labels", "n_bins"), [(28, 2**14), (1000, 8388), (100_000, 2**12)])
def test_many_labels_have_fewer_bins(n_labels, n_bins):
    assert count_bins(n_labels) == n_bins
