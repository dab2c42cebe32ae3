"""Links from estimators in notebooks to the documentation."""

from email.message import Message
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from sklearn.base import BaseEstimator

import skmultitext
from skmultitext import MultilabelLogisticRegression, TfidfLogRegTagger, TunedThresholdTaggerCV
from skmultitext._runtime import doc_links
from skmultitext.feature_extraction import TfidfVectorizer

API = (Path(__file__).parents[1] / "docs" / "api.rst").read_text(encoding="utf-8")


@pytest.fixture
def published(monkeypatch):
    """The metadata as they will be with an address."""
    found = Message()
    found["Project-URL"] = "Source, https://source.test"
    found["Project-URL"] = "Documentation, https://address.test/stable/"
    monkeypatch.setattr(doc_links, "metadata", lambda name: found)
    doc_links.documentation.cache_clear()
    yield found
    doc_links.documentation.cache_clear()


@pytest.mark.parametrize(
    ("estimator", "page"),
    [
        (TfidfLogRegTagger(), "skmultitext.TfidfLogRegTagger"),
        (MultilabelLogisticRegression(), "skmultitext.MultilabelLogisticRegression"),
        (TunedThresholdTaggerCV(TfidfLogRegTagger()), "skmultitext.TunedThresholdTaggerCV"),
        (TfidfVectorizer(), "skmultitext.feature_extraction.TfidfVectorizer"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_notebook_links_to_the_page_that_the_site_has(published, estimator, page):
    url = f"https://address.test/stable/generated/{page}.html"
    assert estimator._get_doc_link() == url
    assert url in estimator._repr_html_()
    module, _, name = page.rpartition(".")
    entries = API.split(f".. currentmodule:: {module}\n", 1)[1]  # autosummary makes the page of it
    assert f"\n   {name}\n" in entries


def test_every_public_estimator_links_to_us(published):
    classes = [getattr(skmultitext, name) for name in skmultitext.__all__ if name[0].isupper()]
    estimators = [found for found in classes if issubclass(found, BaseEstimator)]
    assert len(estimators) >= 9
    assert all(issubclass(found, doc_links.DocumentationLink) for found in estimators)


def test_a_class_of_somebody_else_links_nowhere(published):
    class Theirs(TfidfLogRegTagger):
        pass

    assert Theirs()._get_doc_link() == ""


def test_no_link_before_there_is_an_address(published):
    del published["Project-URL"]
    published["Project-URL"] = "Documentation, https://skmultitext.example"
    assert TfidfLogRegTagger()._get_doc_link() == ""
    assert "skmultitext.example" not in TfidfLogRegTagger()._repr_html_()


def test_no_link_without_installation(published, monkeypatch):
    def absent(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(doc_links, "metadata", absent)
    assert TfidfLogRegTagger()._get_doc_link() == ""
