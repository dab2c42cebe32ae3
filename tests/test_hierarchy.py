"""Labels that imply others."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp
from libraries import pd
from sklearn import config_context
from sklearn.ensemble import RandomForestClassifier, StackingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_validate
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import Pipeline

import skmultitext
from skmultitext import (
    CalibratedTaggerCV,
    FixedThresholdTagger,
    HierarchicalTagger,
    MultilabelLogisticRegression,
    TfidfLogRegTagger,
    TunedThresholdTaggerCV,
)
from skmultitext.exceptions import LabelError, UnknownLabelWarning, UnusedHierarchyWarning
from skmultitext.hierarchy import close_labels
from skmultitext.inspection import explain, top_words
from skmultitext.metrics import get_scorer, hierarchical_f1_score
from skmultitext.model_selection import MultilabelStratifiedKFold
from skmultitext.persistence import model_card

NAN = float("nan")
DIAMOND = {"d": ["b", "c"], "b": "a", "c": "a", "e": "d"}
WORDS = {"a": "apple", "b": "ball", "c": "cat", "d": "dog", "e": "egg", "z": "zoo"}


def documents(n=300, seed=0):
    """Texts that name their labels, or another one now and then; only the lowest label is given."""
    rng = np.random.RandomState(seed)
    texts, labels = [], []
    for _ in range(n):
        own = sorted({str(name) for name in rng.choice(list(WORDS), rng.randint(0, 3))})
        said = [WORDS[name] for name in own if rng.rand() < 0.8]
        said += [WORDS[str(rng.choice(list(WORDS)))] for _ in range(rng.randint(2))]
        texts.append(" ".join([*said, "the"]))
        labels.append(own)
    return texts, labels


TEXTS, LABELS = documents()
NEW, NEW_LABELS = documents(200, seed=1)


def ancestors(name):
    above = DIAMOND.get(name, ())
    above = [above] if isinstance(above, str) else above
    return set(above).union(*map(ancestors, above))


def assert_consistent(tagger, texts=NEW):
    names = tagger.label_names_.tolist()
    proba, given = tagger.predict_proba(texts), np.asarray(tagger.predict(texts))
    for child in names:
        for parent in ancestors(child):
            j, k = names.index(child), names.index(parent)
            assert (proba[:, j] <= proba[:, k]).all(), (child, parent)
            assert (given[:, j] <= given[:, k]).all(), (child, parent)
    return given


@pytest.mark.parametrize("training", ["closed", "conditional"])
@pytest.mark.parametrize("threshold", [0.5, 0.2, {"a": 0.9, "d": 0.1}])
def test_predictions_are_consistent(training, threshold):
    inner = TfidfLogRegTagger(loss="log_loss", C=20)
    tagger = HierarchicalTagger(inner, DIAMOND, training=training, threshold=threshold)
    given = assert_consistent(tagger.fit(TEXTS, LABELS))
    assert given.any(axis=0).all()
    logits = tagger.decision_function(NEW)
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), tagger.predict_proba(NEW))


@pytest.mark.parametrize("training", ["closed", "conditional"])
@pytest.mark.parametrize(
    "around",
    [
        lambda tagger: TunedThresholdTaggerCV(tagger, cv=3, shrinkage=0),
        lambda tagger: TunedThresholdTaggerCV(tagger, cv=3, max_labels=2, at_least_one=True),
        lambda tagger: FixedThresholdTagger(tagger, threshold={"a": 0.9, "e": 0.05}),
        lambda tagger: FixedThresholdTagger(tagger, threshold=0.2, max_labels=2),
        lambda tagger: FixedThresholdTagger(tagger, threshold=0.9, at_least_one=True),
        lambda tagger: FixedThresholdTagger(
            tagger, threshold=-1.0, response_method="decision_function", max_labels=3
        ),
        lambda tagger: CalibratedTaggerCV(tagger, cv=3, min_sigmoid=2, threshold={"a": 0.8}),
        lambda tagger: FixedThresholdTagger(
            CalibratedTaggerCV(tagger, cv=3, min_sigmoid=2), threshold=0.1, max_labels=2
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::skmultitext.exceptions.RareLabelWarning")
def test_taggers_around_it_stay_closed(training, around):
    closed = close_labels(LABELS, DIAMOND)
    tagger = around(
        HierarchicalTagger(TfidfLogRegTagger(loss="log_loss", C=20), DIAMOND, training=training)
    )
    given = assert_consistent(tagger.fit(TEXTS, closed))
    if getattr(tagger, "max_labels", None):
        assert given.sum(axis=1).max() == tagger.max_labels
    if getattr(tagger, "at_least_one", False):
        assert given.sum(axis=1).min() >= 1


def test_closed_fits_the_estimator_on_closed_labels():
    tagger = HierarchicalTagger(TfidfLogRegTagger(loss="log_loss", C=5), DIAMOND).fit(TEXTS, LABELS)
    plain = TfidfLogRegTagger(loss="log_loss", C=5).fit(TEXTS, close_labels(LABELS, DIAMOND))
    np.testing.assert_array_equal(tagger.estimator_.predict_proba(NEW), plain.predict_proba(NEW))
    proba = plain.predict_proba(NEW)
    names = plain.label_names_.tolist()
    for j, name in enumerate(names):
        above = [proba[:, names.index(k)] for k in {name} | ancestors(name)]
        np.testing.assert_array_equal(tagger.predict_proba(NEW)[:, j], np.min(above, axis=0))


def test_conditional_learns_a_child_from_documents_that_have_its_parents():
    tagger = HierarchicalTagger(
        TfidfLogRegTagger(loss="log_loss", C=5), DIAMOND, training="conditional"
    )
    tagger.fit(TEXTS, LABELS)
    closed = [set(row) for row in close_labels(LABELS, DIAMOND)]
    kept = [i for i, row in enumerate(closed) if {"b", "c"} <= row]
    vectorizer = tagger.estimator_.vectorizer_
    alone = MultilabelLogisticRegression(C=5).fit(
        vectorizer.transform([TEXTS[i] for i in kept]),
        np.array([[int("d" in closed[i])] for i in kept]),
    )
    names = tagger.label_names_.tolist()
    conditional = alone.predict_proba(vectorizer.transform(NEW))[:, 0]
    proba = tagger.predict_proba(NEW)
    lowest = np.minimum(proba[:, names.index("b")], proba[:, names.index("c")])
    np.testing.assert_allclose(proba[:, names.index("d")], conditional * lowest, rtol=1e-4)


@pytest.mark.parametrize(
    "hierarchy",
    [
        {"football": "sport", "tennis": ["sport"]},
        [("football", "sport"), ("tennis", "sport")],
        np.array([["football", "sport"], ["tennis", "sport"]], dtype=object).tolist(),
        {"football": ("sport",), "tennis": {"sport"}, "chess": "game", "game": None},
    ],
)
def test_forms_of_a_hierarchy(hierarchy):
    texts, labels = ["a goal", "a set", "law"] * 4, [["football"], ["tennis"], ["law"]] * 4
    tagger = HierarchicalTagger(TfidfLogRegTagger(loss="log_loss", C=100), hierarchy).fit(
        texts, labels
    )
    assert tagger.label_names_.tolist() == ["football", "law", "sport", "tennis"]
    assert tagger.hierarchy_ == {"football": ("sport",), "tennis": ("sport",)}
    assert tagger.predict_labels(texts[:3]) == [
        ("football", "sport"),
        ("sport", "tennis"),
        ("law",),
    ]


def test_names_with_a_separator_at_any_depth():
    labels = [["a/b/c"], ["a/d"], ["x"], []] * 3
    tagger = HierarchicalTagger(TfidfLogRegTagger(), "/").fit(
        ["one", "two", "six", "no"] * 3, labels
    )
    assert tagger.hierarchy_ == {"a/b": ("a",), "a/b/c": ("a/b",), "a/d": ("a",)}
    assert tagger.label_names_.tolist() == ["a", "a/b", "a/b/c", "a/d", "x"]


@pytest.mark.parametrize(
    ("hierarchy", "message"),
    [
        ({"a": "b", "b": "c", "c": "a"}, r"cycle: '(a' -> 'b' -> 'c' -> 'a|b' -> .*|c' -> .*)'"),
        ({"a": "a"}, "cycle: 'a' -> 'a'"),
        ([("a", "b"), ("b", "a")], "cycle: '(a' -> 'b' -> 'a|b' -> 'a' -> 'b)'"),
        ({"a": 3}, r"holds 3 of type int; labels are named by str"),
        ([("a", "b", "c")], r"hierarchy\[0\] is .*, not a pair"),
        ("::", "is the separator '::', but no label has it"),
        ("", "is the empty str"),
    ],
)
def test_a_bad_hierarchy_is_named(hierarchy, message):
    tagger = HierarchicalTagger(TfidfLogRegTagger(), hierarchy)
    with pytest.raises(LabelError, match=message):
        tagger.fit(["x", "y", "z"], [["a"], ["b"], ["c"]])
    assert not hasattr(tagger, "estimator_")


def test_a_long_chain_needs_no_recursion():
    names = [f"label {i}" for i in range(5000)]
    chain = dict(zip(names[1:], names[:-1], strict=True))
    assert len(close_labels([[names[-1]]], chain)[0]) == 5000
    with pytest.raises(LabelError, match="cycle"):
        close_labels([[names[-1]]], {**chain, names[0]: names[-1]})


def test_columns_of_an_array_are_named_by_position():
    y = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 0, 0]])
    tagger = HierarchicalTagger(TfidfLogRegTagger(loss="log_loss", C=100), {"1": "0"}).fit(
        ["aa", "bb", "cc", "dd"] * 3, np.tile(y, (3, 1))
    )
    assert_consistent_pair(tagger, 1, 0)
    with pytest.raises(LabelError, match="names the parents '7', which are not among the labels"):
        HierarchicalTagger(TfidfLogRegTagger(), {"1": "7"}).fit(list("abcd"), y)
    with pytest.raises(LabelError, match="one label only"):
        HierarchicalTagger(TfidfLogRegTagger(), {"1": "7"}).fit(list("abcd"), [0, 1, 0, 1])


def assert_consistent_pair(tagger, child, parent):
    proba = tagger.predict_proba(["aa", "b", "c d", ""])
    assert (proba[:, child] <= proba[:, parent]).all()


@pytest.mark.parametrize("form", ["label_sets", "frame", "sparse"])
def test_forms_of_y(form):
    closed = close_labels(LABELS, DIAMOND)
    expected = HierarchicalTagger(TfidfLogRegTagger(), DIAMOND).fit(TEXTS, LABELS)
    names = expected.label_names_.tolist()
    indicator = np.array([[int(name in row) for name in names] for row in LABELS])
    y = {
        "label_sets": closed,
        "frame": pd.DataFrame(indicator, columns=names),
        "sparse": sp.csr_array(indicator),
    }[form]
    hierarchy = DIAMOND
    if form == "sparse":
        place = {name: str(j) for j, name in enumerate(names)}
        hierarchy = {
            place[c]: [place[p] for p in ([ps] if isinstance(ps, str) else ps)]
            for c, ps in DIAMOND.items()
        }
    tagger = HierarchicalTagger(TfidfLogRegTagger(), hierarchy).fit(TEXTS, y)
    np.testing.assert_array_equal(tagger.predict_proba(NEW), expected.predict_proba(NEW))
    assert sp.issparse(tagger.predict(NEW)) == (form == "sparse")
    assert tagger.score(TEXTS, y) == expected.score(TEXTS, LABELS)


def test_a_frame_gets_columns_of_its_ancestors():
    frame = pd.DataFrame({"e": [1, 0, 0, 1], "z": [0, 1, 0, 0]})
    tagger = HierarchicalTagger(TfidfLogRegTagger(), DIAMOND).fit(
        ["one", "two", "six", "ten"], frame
    )
    assert tagger.label_names_.tolist() == ["e", "z", "a", "b", "c", "d"]
    closed = close_labels(frame, DIAMOND)
    assert closed.columns.tolist() == ["e", "z", "a", "b", "c", "d"]
    assert closed.to_numpy().tolist() == [
        [1, 0, 1, 1, 1, 1],
        [0, 1, 0, 0, 0, 0],
        [0] * 6,
        [1, 0, 1, 1, 1, 1],
    ]


def test_score_closes_the_truth():
    tagger = HierarchicalTagger(TfidfLogRegTagger(loss="log_loss", C=1000), {"b": "a"})
    tagger.fit(["ball", "cat"] * 5, [["b"], ["c"]] * 5)
    assert tagger.score(["ball", "cat"], [["b"], ["c"]]) == 1
    assert tagger.score(["ball", "cat"], [["b"], ["c", "new"]]) == 0.5
    assert tagger.score(["ball", "cat"], [["a", "b"], ["a"]]) == 0.5


@pytest.mark.parametrize("make", [np.asarray, sp.csr_array])
def test_unknown_labels_are_closed_too(make):
    names = ["a", "b", "c", "d"]
    y = make(np.array([[NAN, 1, NAN, 0], [0, NAN, NAN, NAN], [1, NAN, 0, NAN], [NAN] * 3 + [1]]))
    closed = close_labels(y, {"b": "a", "c": "a", "d": ["b", "c"]}, label_names=names)
    closed = closed.toarray() if sp.issparse(closed) else closed
    expected = [[1, 1, NAN, 0], [0, 0, 0, 0], [1, NAN, 0, 0], [1, 1, 1, 1]]
    np.testing.assert_array_equal(closed, expected)


@pytest.mark.parametrize("dtype", [None, pd.SparseDtype(float, 0.0)])
def test_an_ancestor_that_y_lacks_is_unknown_above_unknown_labels(dtype):
    rows = [[NAN, 0, 1], [NAN, 1, 0], [0, 0, NAN], [NAN, NAN, NAN], [0, 0, 0]]
    y = pd.DataFrame(rows, columns=["b", "c", "z"], dtype=dtype)
    parents = {"b": "a", "c": "a", "a": "top"}
    closed = close_labels(y, parents)
    assert closed.columns.tolist() == ["b", "c", "z", "a", "top"]
    expected = [[NAN, 0, 1, NAN, NAN], [NAN, 1, 0, 1, 1], [0, 0, NAN, 0, 0], [NAN] * 5, [0] * 5]
    expected[3][2] = NAN
    np.testing.assert_array_equal(closed.to_numpy(dtype=float), expected)
    tagger = HierarchicalTagger(TfidfLogRegTagger(), parents)
    texts = ["apple", "ball", "cat", "dog", "egg"]
    with pytest.warns(UnknownLabelWarning, match="1 of 5 documents have no known label"):
        tagger.fit(texts, y)
    with pytest.warns(UnknownLabelWarning, match="1 of 5 documents have no known label"):
        truth = tagger.score(texts, y)
    with pytest.warns(UnknownLabelWarning, match="1 of 5 documents have no known label"):
        assert truth == tagger.score(texts, closed)


def test_unknown_labels_in_training():
    y = np.array([[int(n in row) for n in "abcde"] for row in LABELS], dtype=float)
    y[np.random.RandomState(0).rand(*y.shape) < 0.3] = NAN
    y[:, 0] = [int("a" in row) for row in LABELS]
    frame = pd.DataFrame(y, columns=list("abcde"))
    for training in ("closed", "conditional"):
        tagger = HierarchicalTagger(
            TfidfLogRegTagger(loss="log_loss", C=20), DIAMOND, training=training
        )
        assert_consistent(tagger.fit(TEXTS, frame))


def test_other_estimators_and_their_errors():
    texts = np.random.RandomState(0).rand(80, 4)
    y = pd.DataFrame((texts[:, :3] > 0.5).astype(int), columns=["a", "b", "c"])
    forest = RandomForestClassifier(n_estimators=10, random_state=0)
    tagger = HierarchicalTagger(forest, {"b": "a"}).fit(texts, y)
    assert_consistent_features(tagger, texts)
    one_by_one = MultiOutputClassifier(LogisticRegression())
    with pytest.raises(ValueError, match="NaN"):
        HierarchicalTagger(one_by_one, {"b": "a"}, training="conditional").fit(texts, y)


def assert_consistent_features(tagger, X):
    proba = tagger.predict_proba(X)
    assert (proba[:, 1] <= proba[:, 0]).all()
    assert proba.min() > 0
    assert proba.max() < 1


def test_searches_pickles_copies_and_files(tmp_path):
    closed = close_labels(LABELS, DIAMOND)
    tagger = HierarchicalTagger(TfidfLogRegTagger(), DIAMOND, training="conditional")
    scores = cross_validate(
        tagger,
        TEXTS,
        closed,
        cv=MultilabelStratifiedKFold(3),
        scoring=get_scorer(["hierarchical_f1", "hierarchical_precision", "f1_micro"]),
    )
    np.testing.assert_allclose(scores["test_hierarchical_f1"], scores["test_f1_micro"])
    tagger.fit(TEXTS, LABELS)
    skmultitext.save(tagger, tmp_path / "model")
    outer = TunedThresholdTaggerCV(tagger, cv=2).fit(TEXTS, closed)
    skmultitext.save(outer, tmp_path / "outer")
    for other in (
        pickle.loads(pickle.dumps(tagger)),
        copy.deepcopy(tagger),
        skmultitext.load(tmp_path / "model"),
    ):
        np.testing.assert_array_equal(other.predict_proba(NEW), tagger.predict_proba(NEW))
        assert other.hierarchy_ == tagger.hierarchy_
    loaded = skmultitext.load(tmp_path / "outer")
    np.testing.assert_array_equal(loaded.predict(NEW), outer.predict(NEW))


def test_the_scorer_takes_the_hierarchy_of_the_estimator():
    plain = TfidfLogRegTagger().fit(TEXTS, LABELS)
    tagger = HierarchicalTagger(TfidfLogRegTagger(), DIAMOND).fit(TEXTS, LABELS)
    expected = hierarchical_f1_score(NEW_LABELS, tagger.predict_labels(NEW), DIAMOND)
    assert get_scorer("hierarchical_f1")(tagger, NEW, NEW_LABELS) == pytest.approx(expected)
    outer = FixedThresholdTagger(tagger).fit(TEXTS, close_labels(LABELS, DIAMOND))
    assert get_scorer("hierarchical_f1")(outer, NEW, NEW_LABELS) == pytest.approx(expected)
    with pytest.raises(ValueError, match="has no hierarchy of labels"):
        get_scorer("hierarchical_f1")(plain, NEW, NEW_LABELS)
    assert get_scorer("hierarchical_f1", hierarchy=DIAMOND)(plain, NEW, NEW_LABELS) > 0


@pytest.mark.parametrize("training", ["closed", "conditional"])
@pytest.mark.parametrize(
    "around",
    [
        lambda tagger: TunedThresholdTaggerCV(tagger, cv=3),
        lambda tagger: TunedThresholdTaggerCV(FixedThresholdTagger(tagger), cv=3),
        lambda tagger: CalibratedTaggerCV(tagger, cv=3, method="temperature", min_sigmoid=2),
        lambda tagger: TunedThresholdTaggerCV(
            Pipeline([("words", TfidfVectorizer()), ("tagger", on_features(tagger))]), cv=3
        ),
        lambda tagger: TunedThresholdTaggerCV(tagger.fit(TEXTS, LABELS), cv="prefit"),
        lambda tagger: CalibratedTaggerCV(
            FrozenEstimator(tagger.fit(TEXTS, LABELS)), method="temperature", min_sigmoid=2
        ),
    ],
)
def test_taggers_around_it_close_y(training, around):
    closed = close_labels(LABELS, DIAMOND)
    tagger = HierarchicalTagger(
        TfidfLogRegTagger(loss="log_loss", C=20), DIAMOND, training=training
    )
    found, expected = around(tagger).fit(TEXTS, LABELS), around(tagger).fit(TEXTS, closed)
    np.testing.assert_array_equal(found.predict_proba(NEW), expected.predict_proba(NEW))
    np.testing.assert_array_equal(found.predict(NEW), expected.predict(NEW))
    assert found.score(NEW, NEW_LABELS) == found.score(NEW, close_labels(NEW_LABELS, DIAMOND))


def on_features(tagger):
    return HierarchicalTagger(
        MultilabelLogisticRegression(C=20), tagger.hierarchy, training=tagger.training
    )


@pytest.mark.parametrize("form", ["label_sets", "frame"])
def test_taggers_around_it_know_the_ancestors_that_y_lacks(form):
    texts, y = ["egg", "zoo", "egg zoo", "the"] * 10, [["e"], ["z"], ["e", "z"], []] * 10
    if form == "frame":
        y = pd.DataFrame([[int(name in row) for name in "ez"] for row in y], columns=list("ez"))
    tagger = HierarchicalTagger(TfidfLogRegTagger(loss="log_loss", C=100), DIAMOND)
    for around in (tagger, TunedThresholdTaggerCV(tagger, cv=3)):
        around.fit(texts, y)
        assert sorted(around.label_names_) == ["a", "b", "c", "d", "e", "z"]
        assert around.score(texts, y) == 1
    without = pd.DataFrame({"e": [0, 1] * 20, "d": [1, 1] * 20})
    with pytest.raises(LabelError, match="y has the columns 'e', 'd', but the labels are"):
        tagger.score(texts, without)


def test_a_stack_passes_no_names_to_its_final_estimator():
    parts = [("words", TfidfLogRegTagger()), ("letters", TfidfLogRegTagger(analyzer="char"))]
    closed = np.array(
        [[int(name in row) for name in "abcdez"] for row in close_labels(LABELS, DIAMOND)]
    )
    final = HierarchicalTagger(MultilabelLogisticRegression(), DIAMOND)
    with pytest.warns(UnusedHierarchyWarning, match="'d', 'b', 'c', 'e', y has '0', '1'"):
        StackingClassifier(parts, final, cv=2).fit(TEXTS, closed)
    final.set_params(hierarchy={"3": ["1", "2"], "1": "0", "2": "0", "4": "3"})
    stack = StackingClassifier(parts, final, cv=2)
    tagger = FixedThresholdTagger(stack, threshold=[0.9, 0.5, 0.5, 0.5, 0.1, 0.5])
    proba, given = tagger.fit(TEXTS, closed).predict_proba(NEW), tagger.predict(NEW)
    assert given[:, 4].any()
    for child, parent in ((3, 1), (3, 2), (1, 0), (2, 0), (4, 3)):
        assert (proba[:, child] <= proba[:, parent]).all()
        assert (given[:, child] <= given[:, parent]).all()


@pytest.mark.parametrize("y", [LABELS, np.tile([[1, 0], [0, 1], [0, 0]], (100, 1))])
def test_a_hierarchy_without_effect_warns(y):
    tagger = HierarchicalTagger(TfidfLogRegTagger(), {"tennis": "sport"})
    with pytest.warns(UnusedHierarchyWarning, match="No child in hierarchy is a label of y.*'ten"):
        assert tagger.fit(TEXTS, y).hierarchy_ == {}
    HierarchicalTagger(TfidfLogRegTagger(), {}).fit(TEXTS, y)  # no warning


def test_parents_in_any_sequence():
    for parents in (["a", "z"], {"z", "a"}, frozenset(["z", "a"]), np.array(["a", "z"])):
        tagger = HierarchicalTagger(TfidfLogRegTagger(), {"b": parents}).fit(TEXTS, LABELS)
        assert tagger.hierarchy_ == {"b": ("a", "z")}


def test_odd_names():
    names = ["a b", "ü/é", "\n", "{x}", "<b>", "'", "\ud800", "0"]
    hierarchy = dict(pairwise(names))
    tagger = HierarchicalTagger(TfidfLogRegTagger(loss="log_loss", C=100), hierarchy)
    tagger.fit(["one", "two"] * 5, [[names[0]], []] * 5)
    assert tagger.predict_labels(["one"]) == [tuple(sorted(names))]


def test_a_polars_frame():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({name: [int(name in row) for row in LABELS] for name in WORDS})
    tagger = HierarchicalTagger(TfidfLogRegTagger(), {**DIAMOND, "z": "new"}).fit(TEXTS, frame)
    assert tagger.label_names_.tolist() == [*WORDS, "new"]
    assert tagger.score(TEXTS, frame) == tagger.score(TEXTS, close_labels(frame, tagger.hierarchy))


def test_threads_predict_while_it_is_fitted():
    tagger = HierarchicalTagger(TfidfLogRegTagger(), DIAMOND).fit(TEXTS, LABELS)
    few = {"e": "a"}
    others = [HierarchicalTagger(TfidfLogRegTagger(), h).fit(TEXTS, LABELS) for h in (DIAMOND, few)]
    expected = [other.predict_proba(NEW) for other in others]
    with ThreadPoolExecutor(2) as pool:
        found = [pool.submit(tagger.predict_proba, NEW) for _ in range(20)]
        for i in range(10):
            tagger.set_params(hierarchy=(few, DIAMOND)[i % 2]).fit(TEXTS, LABELS)
        for result in found:
            assert any(np.array_equal(result.result(), proba) for proba in expected)


def test_weights_reach_the_estimator():
    for training in ("closed", "conditional"):
        tagger = HierarchicalTagger(TfidfLogRegTagger(), DIAMOND, training=training)
        weight = 1.0 + (np.arange(300) < 50)
        weighted = tagger.fit(TEXTS, LABELS, sample_weight=weight).predict_proba(NEW)
        repeated = tagger.fit(TEXTS + TEXTS[:50], LABELS + LABELS[:50]).predict_proba(NEW)
        np.testing.assert_allclose(weighted, repeated, rtol=1e-6)
        with config_context(enable_metadata_routing=True):
            inner = TfidfLogRegTagger().set_fit_request(sample_weight=True)
            routed = HierarchicalTagger(inner, DIAMOND, training=training)
            routed.fit(TEXTS, LABELS, sample_weight=weight)
            np.testing.assert_array_equal(routed.predict_proba(NEW), weighted)


def test_explanations_look_through_it():
    tagger = HierarchicalTagger(TfidfLogRegTagger(), DIAMOND).fit(TEXTS, LABELS)
    plain = TfidfLogRegTagger().fit(TEXTS, close_labels(LABELS, DIAMOND))
    assert top_words(tagger, "e") == top_words(plain, "e")
    found, expected = (explain(t, ["egg zoo"], label="e")[0] for t in (tagger, plain))
    assert found.intercept == expected.intercept
    assert found.sentences[0].words == expected.sentences[0].words
    np.testing.assert_array_equal(
        found.sentences[0].word_weights, expected.sentences[0].word_weights
    )


def test_the_model_card_names_the_parents():
    tagger = HierarchicalTagger(TfidfLogRegTagger(), {"d": ["b", "c"]}).fit(TEXTS, LABELS)
    for card in (model_card(tagger), model_card(FixedThresholdTagger(tagger).fit(TEXTS, LABELS))):
        assert "| threshold | implies |" in card
        assert "| 0.5 | b, c |\n" in card
    assert "implies" not in model_card(TfidfLogRegTagger().fit(TEXTS, LABELS))


@pytest.mark.parametrize("y", [[0, 1] * 10, ["no", "yes"] * 10, [[0], [1]] * 10])
def test_one_label_without_a_hierarchy(y):
    texts = ["one", "two"] * 10
    tagger, plain = (
        estimator.fit(texts, y)
        for estimator in (HierarchicalTagger(TfidfLogRegTagger(), {}), TfidfLogRegTagger())
    )
    np.testing.assert_array_equal(tagger.predict(texts), plain.predict(texts))
    np.testing.assert_array_equal(tagger.predict_proba(texts), plain.predict_proba(texts))
    assert tagger.score(texts, y) == 1
