"""Two corpora: shares, words and estimated scores, whatever the tagger and the form of y."""

import numpy as np
import pytest
from scipy.stats import hypergeom
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score

from skmultitext import MultilabelLogisticRegression, TfidfLogRegTagger
from skmultitext.exceptions import DocumentError, LabelError
from skmultitext.inspection import CorpusComparison, compare_corpora
from skmultitext.inspection._corpus_comparison import _shares


@pytest.fixture(scope="module")
def tagger(tickets):
    return TfidfLogRegTagger(C=10.0, loss="log_loss", ngram_range=(1, 1)).fit(
        tickets.data[:200], tickets.label_sets[:200]
    )


@pytest.fixture(scope="module")
def parts(tickets):
    return tickets.data[200:340], tickets.label_sets[200:340], tickets.data[340:]


def test_scores_before_are_true_and_those_now_are_held(tagger, parts, tickets):
    before, y, now = parts
    found = compare_corpora(tagger, before, now, y_before=y, random_state=0)
    assert isinstance(found, CorpusComparison)
    given, truth = tagger.predict(before), tickets.target[200:340]
    for average in ("micro", "macro"):
        expected = f1_score(truth, given, average=average)
        assert found.scores[f"f1_{average}"]["before"] == pytest.approx(expected)
    exact = (truth == given).all(axis=1).mean()
    assert found.scores["exact_match"]["before"] == pytest.approx(exact)
    each = f1_score(truth, given, average=None, zero_division=0)
    np.testing.assert_allclose(found.label_scores["before"], each)
    given, truth = tagger.predict(now), tickets.target[340:]
    row = found.scores["f1_micro"]
    assert row["low"] <= f1_score(truth, given, average="micro") <= row["high"]
    assert found.unknown_to == "vocabulary"
    again = compare_corpora(tagger, before, now, y_before=y, random_state=0)
    assert again.scores == found.scores


def test_forms_of_y_agree(tagger, parts, tickets):
    pandas = pytest.importorskip("pandas")
    before, y, now = parts
    target = tickets.target[200:340]
    frame = pandas.DataFrame(target, columns=tickets.target_names)[tickets.target_names[::-1]]
    expected = compare_corpora(tagger, before, now, y_before=y, random_state=0).scores
    for form in (target, frame):
        assert (
            compare_corpora(tagger, before, now, y_before=form, random_state=0).scores == expected
        )


def test_unknown_entries_take_no_part(tagger, parts, tickets):
    before, _, now = parts
    y = tickets.target[200:340].astype(float)
    expected = compare_corpora(tagger, before, now, y_before=y, random_state=0)
    more = np.vstack([y, np.full((30, y.shape[1]), np.nan)])
    found = compare_corpora(tagger, [*before, *now[:30]], now, y_before=more, random_state=0)
    assert found.scores == expected.scores
    np.testing.assert_array_equal(found.label_scores["low"], expected.label_scores["low"])
    y[:, 0] = np.nan
    found = compare_corpora(tagger, before, now, y_before=y, random_state=0)
    assert np.isnan(found.scores["exact_match"]["before"])
    assert 0 <= found.scores["exact_match"]["low"] <= found.scores["exact_match"]["high"] <= 1


def test_without_labels_the_probabilities_are_believed():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((24_000, 3))
    y = (rng.random((24_000, 2)) < 1 / (1 + np.exp(-2 * X[:, :2]))).astype(int)
    model = MultilabelLogisticRegression(C=10.0).fit(X[:8000], y[:8000])
    found = compare_corpora(model, X[8000:16_000], X[16_000:], random_state=0)
    assert found.unknown_words is None
    assert (found.new_words, found.unknown_to) == ([], None)
    given = model.predict(X[16_000:])
    row = found.scores["f1_micro"]
    true = f1_score(y[16_000:], given, average="micro")
    assert row["now"] == pytest.approx(true, abs=0.03)
    assert row["before"] == pytest.approx(true, abs=0.03)
    row = found.scores["exact_match"]
    assert row["now"] == pytest.approx((given == y[16_000:]).all(axis=1).mean(), abs=0.03)


def test_one_column_and_other_estimators():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 2))
    y = np.where(X[:, 0] + 0.5 * rng.standard_normal(300) > 0, "yes", "no")
    forest = RandomForestClassifier(20, random_state=0).fit(X[:100], y[:100])
    found = compare_corpora(forest, X[100:200], X[200:], y_before=y[100:200], random_state=0)
    given = forest.predict(X[100:200]) == "yes"
    expected = f1_score(y[100:200] == "yes", given)
    assert found.scores["f1_micro"]["before"] == pytest.approx(expected)
    assert found.label_names == ["yes"]
    np.testing.assert_allclose(found.shares["before"], [given.mean()])


def test_shares_have_the_tests_of_others():
    first, second = np.zeros((200, 2), dtype=bool), np.zeros((300, 2), dtype=bool)
    first[:20, 0] = second[:66, 0] = True
    first[:5, 1] = second[:8, 1] = True
    found = _shares(first, second, 0.95)
    np.testing.assert_allclose(found["difference"], [0.12, 8 / 300 - 5 / 200])
    for p_value, total, n_first in zip(found["p_value"], (86, 13), (20, 5), strict=True):
        share = hypergeom(500, total, 200).pmf(np.arange(total + 1))
        assert p_value == pytest.approx(share[share <= share[n_first] * (1 + 1e-9)].sum())
    np.testing.assert_allclose(found["p_holm"], [2 * found["p_value"][0], found["p_value"][1]])
    # Newcombe 1998, table II, method 10, case (a): 56/70 - 48/80 is 0.2 in [0.0524, 0.3339]
    first, second = np.zeros((80, 1), dtype=bool), np.zeros((70, 1), dtype=bool)
    first[:48], second[:56] = True, True
    found = _shares(first, second, 0.95)
    np.testing.assert_allclose([found["low"][0], found["high"][0]], [0.0524, 0.3339], atol=5e-5)


def test_a_change_is_printed(tagger, parts):
    before, y, now = parts
    other = [f"zebra {text}" for text in now if "refund" not in text] + ["my parcel is late"] * 80
    found = compare_corpora(tagger, before, other, y_before=y, random_state=0)
    lines = str(found).splitlines()
    assert lines[0].split() == ["score", "before", "now", "interval"]
    assert any(line.startswith("unknown words: ") for line in lines)
    assert found.new_words[0][0] == "zebra"
    names = [line.split()[0] for line in lines[-len(found.label_names) :]]
    assert names[0] == "delivery"
    assert sorted(names) == sorted(found.label_names)
    assert repr(found).startswith("<CorpusComparison of 140 and ")
    assert "label shares changed, micro F1 0." in repr(found)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"confidence_level": 95}, ValueError, "confidence_level is 95; pass a number in"),
        ({"before": "text"}, DocumentError, "before: X is a single str"),
        ({"now": ["a", None]}, DocumentError, r"now: X\[1\] is missing \(None\), not a str"),
        ({"y_before": [["refund"]]}, LabelError, "y_before has 1 rows, but before has 2 documents"),
        ({"y_before": [["refnd"], []]}, LabelError, "y_before: y holds the unknown labels 'refnd'"),
        ({"y_before": np.ones((2, 3), int)}, LabelError, r"y_before: y has 3 column\(s\), but the"),
    ],
)
def test_what_is_not_legal_is_named(tagger, options, error, message):
    given = {"before": ["a", "b"], "now": ["c"], "y_before": [["refund"], []], **options}
    with pytest.raises(error, match=message):
        compare_corpora(tagger, **given)


def test_more_labels_than_can_be_estimated_are_refused(tagger, monkeypatch):
    most = len(tagger.label_names_) - 1
    monkeypatch.setattr("skmultitext.inspection._corpus_comparison._MOST_LABELS", most)
    with pytest.raises(
        ValueError, match=f"for at most {most} labels, but the tagger has {most + 1}"
    ):
        compare_corpora(tagger, ["a", "b"], ["c"])
