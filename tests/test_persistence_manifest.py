"""The manifest: its own SHA-256, its types, and the versions in it."""

import json
import platform

import numpy as np
import pytest

import skmultitext
from skmultitext.exceptions import ModelFileError
from skmultitext.persistence import _manifest
from skmultitext.persistence._manifest import (
    make_manifest,
    parse_json,
    read_manifest,
    versions_of,
)

ENTRIES = {"state.json": {"size": 3, "sha256": "00"}}
ABOUT = {"class": "skmultitext.TfidfLogRegTagger", "versions": {"numpy": "1"}, "label_names": ["ü"]}


def changed(**changes):
    """A manifest with other entries and a SHA-256 that fits."""
    manifest = json.loads(make_manifest(ABOUT, ENTRIES)) | changes
    manifest["sha256"] = _manifest._digest(manifest)
    return json.dumps(manifest).encode()


def test_what_is_written_is_read():
    manifest = read_manifest(make_manifest(ABOUT, ENTRIES))
    assert manifest["files"] == ENTRIES
    assert {key: manifest[key] for key in ABOUT} == ABOUT
    assert read_manifest(changed(further="entry"))["further"] == "entry"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "other"}, "is not that of a saved model of skmultitext"),
        ({"format_version": 0}, "has the format version '0'"),
        ({"format_version": True}, "has the format version 'True'"),
        ({"format_version": "1"}, "has the format version '1'"),
        ({"format_version": 2}, r"written by skmultitext None; skmultitext .* reads up to format"),
        ({"files": []}, "has list where 'files' should be"),
        ({"files": {"../a": ENTRIES["state.json"]}}, "is no name for a file of a model"),
        ({"files": {"a": 3}}, "has int where '' should be"),
        ({"files": {"a": {"size": "3", "sha256": ""}}}, "has no size for a"),
        ({"files": {"a": {"size": 3}}}, "has NoneType where 'sha256' should be"),
        ({"versions": None}, "has NoneType where 'versions' should be"),
        ({"versions": {"numpy": 1}}, "has int where 'numpy' should be"),
    ],
)
def test_what_is_refused(changes, message):
    with pytest.raises(ModelFileError, match=message):
        read_manifest(changed(**changes))


def test_a_changed_letter_is_told():
    content = make_manifest(ABOUT, ENTRIES)
    with pytest.raises(ModelFileError, match=r"manifest\.json is damaged: its SHA-256"):
        read_manifest(content.replace(b'"size": 3', b'"size": 4'))


def test_json_without_bounds():
    for content in (b"[" * 10**6, b"9" * 10**5, b"{", b"\xff"):
        with pytest.raises(ModelFileError, match=r"a\.json is no JSON that can be read"):
            parse_json(content, "a.json")


def test_json_that_load_would_refuse_is_not_written(monkeypatch):
    monkeypatch.setattr(_manifest, "MOST_JSON", 100)
    with pytest.raises(ValueError, match=r"manifest\.json of this model has \d+ bytes, more than"):
        make_manifest(ABOUT, ENTRIES)


def test_versions():
    found = versions_of()
    assert found["skmultitext"] == skmultitext.__version__
    assert found["numpy"] == np.__version__
    assert found["python"] == platform.python_version()
    assert "torch" not in found
    assert list(versions_of({"skmultitext.TorchNetwork"}))[-2:] == ["torch", "transformers"]
    assert _manifest._version("no-such-library") == "unknown"
