"""The manifest: its own SHA-256, its types, and the versions in it."""

import json
import platform

import numpy as np
import pytest
from limits import limited

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
        ({"format": "other"}, "does not belong to a saved model of skmultitext"),
        ({"format_version": 0}, "has the format version '0'"),
        ({"format_version": True}, "has the format version 'True'"),
        ({"format_version": "1"}, "has the format version '1'"),
        ({"format_version": 2}, r"written by skmultitext None; skmultitext .* reads up to format"),
        ({"files": []}, "has a list for 'files'; it must be a dict"),
        ({"files": {"../a": ENTRIES["state.json"]}}, "is not a legal name of a file in a model"),
        ({"files": {"a": 3}}, "has a int for ''; it must be a dict"),
        ({"files": {"a": {"size": "3", "sha256": ""}}}, "has no size for a"),
        ({"files": {"a": {"size": 3}}}, "has a NoneType for 'sha256'; it must be a str"),
        ({"versions": None}, "has a NoneType for 'versions'; it must be a dict"),
        ({"versions": {"numpy": 1}}, "has a int for 'numpy'; it must be a str"),
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
    utf_16 = '["\u2200", [], []]'.encode("utf-16-le")
    for content in (b"9" * 10**5, b"{", b"\xff", b"\xff\xfe", utf_16, b"NaN", b"[-Infinity]"):
        with pytest.raises(ModelFileError, match=r"is not valid JSON"):
            parse_json(content, "a.json")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[" * 10**6, "is nested 1000000 levels deep; at most 200 are read"),
        (b'{"a":' * 201 + b"1" + b"}" * 201, "is nested 201 levels deep"),
        (b"[[]" + b",[]" * (1 << 22) + b"]", "has 8388610 entries; at most 2097152 are read"),
        (b'["\\""' + b",1" * (1 << 22) + b"]", "has 4194305 entries"),
        (b'["\\\\"' + b",1" * (1 << 22) + b"]", "has 4194305 entries"),
        (b'["' + b'",1,"' * (1 << 21) + b'"]', "has 4194305 entries"),
    ],
    ids=range(6),
)
def test_bulk_is_refused_before_it_is_built(content, message):
    with pytest.raises(ModelFileError, match=rf"^a\.json {message}"):
        limited(parse_json, content, "a.json", seconds=2)


def test_brackets_in_str_do_not_count():
    for text in ("[" * 500, "\\" * 501 + "[" * 500, '\\"' * 300 + "[" * 500):
        assert parse_json(json.dumps([text] * 3).encode(), "a.json") == [text] * 3
    deep = b"[" * 200 + b"]" * 200
    parse_json(deep, "a.json")


def test_json_that_load_would_refuse_is_not_written(monkeypatch):
    monkeypatch.setattr(_manifest, "MOST_JSON", 100)
    with pytest.raises(
        ValueError, match=r"manifest\.json of this model has \d+ bytes, but load reads at most"
    ):
        make_manifest(ABOUT, ENTRIES)


def test_versions():
    found = versions_of(())
    assert found["skmultitext"] == skmultitext.__version__
    assert found["numpy"] == np.__version__
    assert found["python"] == platform.python_version()
    assert "torch" not in found
    assert list(versions_of({"skmultitext.TorchNetwork"}))[-2:] == ["torch", "transformers"]
    assert _manifest._version("no-such-library") == "unknown"
