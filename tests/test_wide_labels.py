"""With 50,000 labels nothing makes an array of documents times labels: 150 MB of int8, 1.2 GB of
float64. The limits of time are far above what is taken, and far below loops over all pairs.
"""

import json
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from libraries import pd
from limits import limited

from skmultitext import LabelTreeTagger, datasets, load, metrics, save
from skmultitext import model_selection as ms
from skmultitext._gate.labels import LabelSpace
from skmultitext.report import multilabel_report

N, LABELS = 3_000, 50_000
MEGABYTES, SECONDS = 75, 20


def _labels():
    rng = np.random.default_rng(0)
    ranks = (LABELS ** rng.random(4 * N)).astype(np.int64) - 1  # of a long tail
    y = sp.csr_array((np.ones(4 * N, np.int64), (np.arange(4 * N) // 4, ranks)), (N, LABELS))
    y.sum_duplicates()
    y.data[:] = 1
    return y


def _scores():
    rng = np.random.default_rng(1)
    guesses = (np.repeat(np.arange(N), 10), rng.integers(LABELS, size=10 * N))
    true = Y.nonzero()
    places = [np.append(a, b) for a, b in zip(guesses, true, strict=True)]
    scores = sp.csr_array((np.ones(len(places[0])), tuple(places)), (N, LABELS))
    scores.sum_duplicates()
    scores.data = rng.random(scores.nnz)
    return scores


Y = _labels()
SCORES = _scores()
GIVEN = (SCORES > 0.5).astype(np.int64)
NAMES = np.array([f"label {j:05d}" for j in range(LABELS)], dtype=object)
SETS = [NAMES[Y.indices[a:b]].tolist() for a, b in zip(Y.indptr, Y.indptr[1:], strict=False)]
X = np.zeros((N, 1))

pytestmark = pytest.mark.filterwarnings(
    "ignore::skmultitext.exceptions.AbsentLabelWarning",
    "ignore::skmultitext.exceptions.RareLabelWarning",
)


def unknown():
    """Labels of which some are unknown."""
    y = Y.astype(np.float64)
    y.data[::50] = np.nan
    return y


def held(function, *arguments, megabytes=MEGABYTES, **options):
    """Call a function within the limits."""
    return limited(lambda: function(*arguments, **options), seconds=SECONDS, megabytes=megabytes)


@pytest.mark.parametrize(
    ("y", "options"),
    [
        (Y, {}),
        (sp.csc_matrix(Y), {}),
        (unknown(), {"allow_unknown": True}),
        (SETS, {"labels": NAMES}),
        (Y, {"labels": NAMES}),
        (SETS, {"classes": NAMES}),
    ],
)
def test_labels_are_read_and_encoded(y, options):
    space, indicator = held(LabelSpace.learn, y, **options)
    assert sp.issparse(indicator)
    assert sp.issparse(held(space.encode, y, allow_unknown=True))
    assert sp.issparse(held(space.decode, indicator))
    names = held(space.label_sets, indicator[:5])
    assert len(names) == 5


def test_a_frame_of_sparse_columns_stays_sparse():
    frame = pd.DataFrame.sparse.from_spmatrix(sp.coo_matrix(Y[:, :5_000]), columns=NAMES[:5_000])
    space, indicator = held(LabelSpace.learn, frame)
    assert space.label_names.tolist() == NAMES[:5_000].tolist()
    assert (indicator != sp.csc_array(Y[:, :5_000])).nnz == 0
    other_order = frame[frame.columns[::-1]]
    assert (held(space.encode, other_order) != indicator).nnz == 0


@pytest.mark.parametrize("repeat", ["labels", "columns"])
def test_a_repeated_name_is_found_in_linear_time(repeat):
    names = [*NAMES, NAMES[-1]]
    if repeat == "labels":
        with pytest.raises(ValueError, match="labels holds 'label 49999' twice"):
            held(LabelSpace.learn, Y, labels=names)
        return
    frame = pd.DataFrame(np.zeros((1, len(names)), np.int8), columns=names)
    with pytest.raises(ValueError, match="more than one column 'label 49999'"):
        held(LabelSpace.learn, frame)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wide")
    # every document has 40 labels, so that all of them occur
    rows = [[f"name-{(40 * i + j) % LABELS}" for j in range(40)] for i in range(N)]
    lines = {
        "column.csv": ["text,labels", *(f'text {i},"{",".join(r)}"' for i, r in enumerate(rows))],
        "rows.jsonl": [json.dumps({"text": "one", "labels": r}) for r in rows],
        "fasttext.txt": [" ".join([*(f"__label__{n}" for n in r), "one"]) for r in rows],
        "lines.tsv": [f"{i}\t{' '.join(r)}\tone" for i, r in enumerate(rows)],
    }
    for name, content in lines.items():
        (folder / name).write_text("\n".join(content), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("reader", "name"),
    [
        (datasets.read_label_column_csv, "column.csv"),
        (datasets.read_jsonl, "rows.jsonl"),
        (datasets.read_fasttext, "fasttext.txt"),
        (datasets.read_libmultilabel, "lines.tsv"),
    ],
)
def test_readers(reader, name, files):
    bunch = held(reader, files / name)
    assert sp.issparse(bunch.target)
    assert bunch.target.shape == (N, LABELS)
    assert bunch.target.nnz == 40 * N


def test_merge_of_two_sets_with_the_same_labels(files):
    bunch = datasets.read_label_column_csv(files / "column.csv")
    other = datasets.read_label_column_csv(files / "column.csv")
    other.target.data[::10] = 0
    other.target.eliminate_zeros()
    for contradictions in ("unknown", "first"):
        with pytest.warns(datasets._merge.ContradictoryLabelWarning, match="12000 label"):
            merged = held(
                datasets.merge, bunch, other, contradictions=contradictions, megabytes=120
            )
        assert merged.target.nnz == bunch.target.nnz


@pytest.mark.parametrize(
    "splitter",
    [
        ms.MultilabelStratifiedKFold(3),
        ms.RepeatedMultilabelStratifiedKFold(n_splits=3, n_repeats=1, random_state=0),
        ms.MultilabelStratifiedShuffleSplit(1, random_state=0),
        ms.MultilabelStratifiedGroupKFold(3),
    ],
    ids=lambda splitter: type(splitter).__name__,
)
@pytest.mark.parametrize("labels", [Y, unknown(), SETS], ids=["sparse", "unknown", "sets"])
def test_splitters(splitter, labels):
    def split():
        return list(splitter.split(X, labels, groups=groups))

    groups = np.arange(N) // 2 if "Group" in type(splitter).__name__ else None
    splits = held(split)
    report = held(ms.split_report, labels, splits)
    assert held(str, report).count("\n") < 120


def test_train_test_split():
    parts = held(ms.multilabel_train_test_split, X, Y, random_state=0)
    assert [part.shape[0] for part in parts] == [2250, 750, 2250, 750]
    y = Y[np.minimum(np.arange(N), 2_000)]
    held(ms.multilabel_train_test_split, X, y, test_size=300, random_state=0, singletons="train")


OF_DECISIONS = (
    "exact_match", "subset_zero_one_loss", "hamming_loss", "binary_accuracy", "f1_score",
    "precision_score", "recall_score", "jaccard_score",
)  # fmt: skip
OF_SCORES = (
    "average_precision_score", "roc_auc_score", "log_loss", "brier_score_loss",
    "expected_calibration_error", "label_ranking_average_precision_score", "coverage_error",
    "label_ranking_loss", "precision_at_k", "recall_at_k", "ndcg_at_k", "r_precision",
)  # fmt: skip


@pytest.mark.parametrize("labels", [Y, unknown(), SETS], ids=["sparse", "unknown", "sets"])
@pytest.mark.parametrize("name", [*OF_DECISIONS, *OF_SCORES])
def test_metrics(name, labels):
    output = GIVEN if name in OF_DECISIONS else SCORES
    options = {"label_names": NAMES} if labels is SETS else {}
    assert np.isfinite(held(getattr(metrics, name), labels, output, **options))


def test_propensity_scored_precision():
    propensities = held(metrics.label_propensities, Y)
    assert 0 < held(metrics.psp_at_k, Y, SCORES, propensities=propensities) <= 1


def test_streaming_metrics():
    def stream():
        found = metrics.StreamingMetrics(LABELS)
        for start in range(0, N, 500):
            rows = slice(start, start + 500)
            found.update(Y[rows], SCORES[rows])
        return found.merge(metrics.StreamingMetrics(LABELS)).compute()

    found = held(stream)
    expected = metrics.average_precision_score(Y, SCORES)
    error = found["average_precision_macro_error"]
    assert found["average_precision_macro"] == pytest.approx(expected, abs=error)


def test_taggers_are_compared():
    found = held(
        metrics.compare_taggers,
        {"one": SCORES, "decisions": GIVEN},
        Y,
        n_bootstrap=20,
        random_state=0,
    )
    assert found.scores[0].tolist() == found.scores[1].tolist()


def test_the_report_shows_the_most_frequent_labels(tmp_path):
    report = held(multilabel_report, Y, SCORES, label_names=NAMES, n_bootstrap=5, random_state=0)
    assert held(str, report).count("\n") < 1_100
    assert held(report._repr_html_).count("<tr") < 1_100
    held(report.to_frame)
    page = held(report.to_html, tmp_path / "page.html")
    assert page.stat().st_size < 2**23
    assert f"{LABELS:,}" in str(report) or str(LABELS) in str(report)


@pytest.fixture(scope="module")
def tagger(tmp_path_factory):
    """A tree whose labels are the 50,000, fitted to few documents of few features."""
    rng = np.random.default_rng(0)
    features = sp.csr_array(sp.random_array((N, 50), density=0.1, random_state=rng))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return LabelTreeTagger(random_state=0).fit(features, Y), features


@pytest.mark.parametrize(
    "name", ["exact_match", "f1_macro", "precision_at_5", "psp_at_5", "average_precision_macro"]
)
def test_scorers(name, tagger):
    fitted, features = tagger
    options = {"propensities": metrics.label_propensities(Y)} if name.startswith("psp") else {}
    scorer = metrics.get_scorer(name, **options)
    assert 0 <= held(scorer, fitted, features[:300], Y[:300]) <= 1


def test_a_saved_tagger(tagger, tmp_path):
    fitted, features = tagger
    held(save, fitted, tmp_path / "model")
    for options in ({}, {"mmap": True}):
        again = held(load, tmp_path / "model", **options)
        assert again.label_names_.tolist() == fitted.label_names_.tolist()
        found, expected = again.predict(features[:3]), fitted.predict(features[:3])
        assert (found != expected).nnz == 0
