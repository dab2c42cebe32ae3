"""`fit_files` of every tagger reads the same files, with the same errors and warnings."""

import json
import re

import numpy as np
import pytest
from han_files import TINY
from sklearn.exceptions import NotFittedError

from skmultitext import TfidfLogRegTagger
from skmultitext.exceptions import DataFileError, SkippedRowsWarning, UnknownLabelWarning

NAMES = ["a", "b", "c"]
RNG = np.random.RandomState(0)
WORDS = RNG.randint(0, 12, (60, 5))
TEXTS = [" ".join(f"late{i} parcel" for i in row) for row in WORDS]
Y = np.column_stack([(WORDS < 3).any(axis=1), (WORDS > 9).any(axis=1), WORDS[:, 0] > 5]).astype(
    float
)
UNKNOWN = {"format": "jsonl", "reader_options": {"unlabeled": "unknown", "label_names": NAMES}}


def linear(**parameters):
    return TfidfLogRegTagger(**parameters)


def han(**parameters):
    pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
    from skmultitext.neural.han import KerasHANTagger

    return KerasHANTagger(**TINY | {"max_epochs": 1}, **parameters)


def transformer(**parameters):
    pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
    pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")
    import transformer_toys as toys

    return toys.tiny(max_epochs=1, **parameters)


@pytest.fixture(params=[linear, han, transformer], ids=lambda make: make.__name__)
def make(request):
    """A function that makes a tagger; NaN in the losses of untrained networks does not matter."""
    return request.param


def write_jsonl(path, texts=TEXTS, y=Y):
    """Write documents; a NaN becomes null, an unknown label."""
    rows = [[None if np.isnan(v) else int(v) for v in row] for row in y.tolist()]
    documents = [
        {"text": text, "labels": dict(zip(NAMES, row, strict=True))}
        for text, row in zip(texts, rows, strict=True)
    ]
    path.write_text("\n".join(map(json.dumps, documents)) + "\n")
    return path


def test_every_format_gives_the_same_model(make, tmp_path):
    texts = [text.replace("\n", " ") for text in TEXTS]
    sets = [[name for name, given in zip(NAMES, row, strict=True) if given] for row in Y]
    (tmp_path / "texts").write_text("\n".join(texts) + "\n")
    (tmp_path / "labels").write_text("\n".join(",".join(map(str, row)) for row in Y.astype(int)))
    fasttext = [
        " ".join([*(f"__label__{name}" for name in names), text])
        for text, names in zip(texts, sets, strict=True)
    ]
    (tmp_path / "fasttext").write_text("\n".join(fasttext) + "\n")
    files = [
        ((tmp_path / "texts", tmp_path / "labels"), {"reader_options": {"label_names": NAMES}}),
        ((tmp_path / "fasttext",), {"format": "fasttext"}),
        ((write_jsonl(tmp_path / "jsonl"),), {"format": "jsonl"}),
    ]
    found = [make().fit_files(*paths, **options) for paths, options in files]
    for tagger in found:
        assert tagger.label_names_.tolist() == NAMES
        np.testing.assert_array_equal(
            tagger.predict_proba(TEXTS[:5]), found[0].predict_proba(TEXTS[:5])
        )


def test_rows_without_a_known_label_are_left_out(make, tmp_path):
    y = np.where(RNG.rand(*Y.shape) < 0.3, np.nan, Y)
    y[5] = np.nan
    kept = np.flatnonzero(~np.isnan(y).all(axis=1))
    message = f"{len(Y) - len(kept)} of {len(Y)} documents have no known label"
    with pytest.warns(UnknownLabelWarning, match=message) as told:
        tagger = make().fit_files(write_jsonl(tmp_path / "all", y=y), **UNKNOWN)
    assert len(told) == 1
    path = write_jsonl(tmp_path / "kept", [TEXTS[i] for i in kept], y[kept])
    other = make().fit_files(path, **UNKNOWN)
    np.testing.assert_array_equal(tagger.predict_proba(TEXTS), other.predict_proba(TEXTS))
    assert tagger._n_seen[1].tolist() == (~np.isnan(y)).sum(axis=0).tolist()


def test_a_label_of_which_nothing_is_known_is_never_given(make, tmp_path):
    y = Y.copy()
    y[:, 1] = np.nan
    with pytest.warns(UnknownLabelWarning, match=r"Nothing is known of 1 label\(s\).*'b'"):
        tagger = make().fit_files(write_jsonl(tmp_path / "y", y=y), **UNKNOWN)
    assert tagger.label_names_.tolist() == NAMES
    assert not tagger.predict(TEXTS)[:, 1].any()


def test_unknown_labels_without_the_option_name_the_line(make, tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_text('{"text": "a", "labels": ["x"]}\n{"text": "b", "labels": null}\n')
    with pytest.raises(DataFileError, match=r"data\.jsonl:2: .*unlabeled='unknown'"):
        make().fit_files(path, format="jsonl")


def test_a_bad_row_is_named_and_an_earlier_fit_kept(make, tmp_path):
    tagger = make().fit_files(write_jsonl(tmp_path / "good"), format="jsonl")
    before = tagger.predict_proba(TEXTS)
    (tmp_path / "x").write_text("a\nb\n")
    (tmp_path / "y").write_text("1,0\n1,2\n")
    place = re.escape(f"{tmp_path / 'y'}:2: ")
    with pytest.raises(DataFileError, match=f"^{place}'2' is not 0 or 1"):
        tagger.fit_files(tmp_path / "x", tmp_path / "y")
    np.testing.assert_array_equal(tagger.predict_proba(TEXTS), before)


def test_skipped_rows_are_told_once(make, tmp_path):
    path = write_jsonl(tmp_path / "data")
    path.write_text(path.read_text() + '{"text": 1}\n')
    with pytest.warns(SkippedRowsWarning, match="skipped 1 row that could not be read") as told:
        make().fit_files(path, format="jsonl", reader_options={"on_bad_row": "skip"})
    assert len(told) == 1


def test_labels_of_the_tagger_are_those_of_the_model(make, tmp_path):
    names = ["c", "b", "never", "a"]
    path = write_jsonl(tmp_path / "data")
    tagger = make(labels=names).fit_files(path, format="jsonl")
    assert tagger.label_names_.tolist() == names
    assert (tagger.decision_function(TEXTS)[:, 2] == -16).all()
    with pytest.raises(DataFileError, match=r"data:\d+: label 'c' is not in label_names"):
        make(labels=["a", "b"]).fit_files(path, format="jsonl")


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (1, {"format": "xml"}, "format is 'xml'"),
        (1, {}, "format='text_and_onehot' reads two files: pass labels_path"),
        (2, {"format": "jsonl"}, "format='jsonl' reads one file"),
        (
            1,
            {"format": "jsonl", "reader_options": {"sep": ";"}},
            "reader_options of format='jsonl'",
        ),
    ],
)
def test_bad_calls_leave_no_half_model(make, tmp_path, arguments, options, message):
    tagger = make()
    with pytest.raises(ValueError, match=message):
        tagger.fit_files(*[write_jsonl(tmp_path / "data")] * arguments, **options)
    with pytest.raises(NotFittedError):
        tagger.predict(["a"])
    assert set(vars(tagger)) == set(tagger.get_params())
