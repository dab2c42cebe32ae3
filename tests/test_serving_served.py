"""Which models can be served."""

import pytest
import served_models  # noqa: F401  skips without the libraries

from skmultitext import MultilabelLogisticRegression, TfidfLogRegTagger
from skmultitext.exceptions import DocumentError, ModelFileError
from skmultitext.serving import make_app


def test_a_model_that_tags_no_texts_is_refused_at_once(tickets, tmp_path):
    features = MultilabelLogisticRegression().fit([[0.0], [1.0]], [["a"], ["b"]])
    with pytest.raises(DocumentError, match="takes features"):
        make_app(features)
    with pytest.raises(ValueError, match="tagger is the class TfidfLogRegTagger; pass a fitted"):
        make_app(TfidfLogRegTagger)
    with pytest.raises(FileNotFoundError, match="There is no saved model at"):
        make_app(tmp_path / "none")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "manifest.json").write_text("{}")
    with pytest.raises(ModelFileError):
        make_app(tmp_path / "model")


def test_a_fit_after_make_app_does_not_change_what_is_served():
    from skmultitext.serving._served import ServedModel

    tagger = TfidfLogRegTagger().fit(["late", "refund me"], [["delivery"], ["refund"]])
    served = ServedModel.of(tagger)
    before = served.tag(["late"])
    tagger.fit(["late", "refund me"], [["refund"], ["delivery"]])
    assert served.tag(["late"]) == before
