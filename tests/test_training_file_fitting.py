"""What is checked before a network reads its files."""

import pytest

pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")

from skmultitext.datasets._training_files import count_labels
from skmultitext.neural.han import KerasHANTagger
from skmultitext.training._file_fitting import data_of_files, open_training_files

SOURCE = "texts.txt", None, None, "fasttext", None


def test_early_stopping_needs_files_and_what_is_unused_is_told():
    with pytest.raises(ValueError, match="early_stopping=True needs validation files"):
        open_training_files(KerasHANTagger(), *SOURCE)
    tagger = KerasHANTagger(early_stopping=False, monitor="f1_micro", validation_fraction=0.2)
    message = (
        r"validation_fraction=0.2 \(fit_files holds nothing out\), "
        r"monitor='f1_micro' \(no validation files\)"
    )
    with pytest.warns(UserWarning, match=message):
        open_training_files(tagger, *SOURCE)


def test_names_and_counts_of_a_file(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("__label__b one\n__label__a __label__b two\n")
    tagger = KerasHANTagger(early_stopping=False, labels=["b", "a"], class_weight="balanced")
    files, held, names = open_training_files(tagger, path, *SOURCE[1:])
    assert (held, names) == (None, ["b", "a"])
    data = data_of_files(tagger, "texts", count_labels(files, names), held)
    assert data.space.label_names.tolist() == ["b", "a"]
    assert (data.n_samples, data.n_positives.tolist()) == (2, [2, 1])
    assert data.indicator is None
    assert data.class_weight.shape == (2, 2)
