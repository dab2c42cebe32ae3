"""`load` on damaged and forged models: the model as it was, or an error of ours."""

import json
import shutil

import pytest
from fuzzing import damaged, fuzz_settings
from hypothesis import given
from hypothesis import strategies as st
from limits import limited
from sklearn import config_context
from test_persistence import (
    NEW_TEXTS,
    SETS,
    TEXTS,
    assert_same,
    check_damaged,
    entry_of,
    rewrite_manifest,
    walk,
)

import skmultitext
from skmultitext import TfidfLogRegTagger

pytestmark = pytest.mark.fuzz


@pytest.fixture(scope="module")
def tagger():
    """A fitted tagger with as many kinds of values in its tree as it can have."""
    with config_context(enable_metadata_routing=True):
        tagger = TfidfLogRegTagger(ngram_range=(1, 2), threshold={"refund": 0.3})
        return tagger.set_fit_request(sample_weight="weights").fit(TEXTS, SETS)


@pytest.fixture(scope="module")
def saved(tmp_path_factory, tagger):
    """A place with the tagger as ``model``, ``model.zip``, and ``forged`` to be changed."""
    place = tmp_path_factory.mktemp("saved")
    for name in ("model", "model.zip", "forged"):
        skmultitext.save(tagger, place / name)
    return place


@given(data=st.data())
@fuzz_settings
def test_damage_is_told(saved, tagger, data):
    file = data.draw(st.sampled_from(sorted(f for f in (saved / "model").rglob("*.*"))))
    content = file.read_bytes()
    new = data.draw(damaged(content))
    file.write_bytes(new)
    try:
        loaded = limited(check_damaged, saved / "model")
    finally:
        file.write_bytes(content)
    if new != content and file.name != "README.md":  # the author may edit the model card
        assert loaded is None
    else:
        assert_same(loaded, tagger, NEW_TEXTS)


@given(data=st.data())
@fuzz_settings
def test_a_damaged_zip_is_told(saved, tagger, data):
    file = saved / "damaged.zip"
    file.write_bytes(data.draw(damaged((saved / "model.zip").read_bytes())))
    loaded = limited(check_damaged, file)
    if loaded is not None:  # the change was in the model card or a date
        assert_same(loaded, tagger, NEW_TEXTS)


@given(data=st.data())
@fuzz_settings
def test_a_forged_tree_raises_only_our_errors(saved, data):
    """Someone changes the tree and mends every SHA-256."""
    tree = json.loads((saved / "model" / "state.json").read_text())
    for _ in range(data.draw(st.integers(1, 3))):
        places = list(walk(tree))
        holder, key = data.draw(st.sampled_from(places))
        other_holder, other_key = data.draw(st.sampled_from(places))
        other = json.loads(json.dumps(other_holder[other_key]))
        values = [other, None, True, -1, 10**30, 1e300, "", "..", [], {}, [[]]]
        holder[key] = data.draw(st.sampled_from(values))
    forged = saved / "forged"
    (forged / "state.json").write_text(json.dumps(tree))
    shutil.copy(saved / "model" / "manifest.json", forged)
    files = json.loads((forged / "manifest.json").read_text())["files"]
    entry = entry_of((forged / "state.json").read_bytes())
    rewrite_manifest(forged, files={**files, "state.json": entry})
    loaded = limited(check_damaged, forged)
    assert loaded is None or isinstance(loaded, TfidfLogRegTagger)
