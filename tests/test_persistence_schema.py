"""Every class that may stand in a file, every field of it, broken in every way: all refused."""

import json
import pickle
import re
import warnings
from collections import Counter
from functools import cache

import numpy as np
import pytest
from broken_values import GONE, OF_CHOICE, OF_VALUE, broken
from saved_models import (
    MODELS,
    NETWORKS,
    answers,
    apart,
    loaded,
    objects_in,
    plain_value,
    probe,
    put,
)

from skmultitext.exceptions import ModelFileError
from skmultitext.persistence import _decoding
from skmultitext.persistence._allowed import ALLOWED, find_allowed
from skmultitext.persistence._schemas_own import SCHEMAS
from skmultitext.persistence._specs import LeftOut

OF_NETWORKS = {
    "skmultitext.KerasHANTagger",
    "skmultitext.KerasMLPTagger",
    "skmultitext.KerasNetwork",
    "skmultitext.Network",
    "skmultitext.Tokenizer",
    "skmultitext.TorchNetwork",
    "skmultitext.TransformerTagger",
    "skmultitext.Vocabulary",
}
# what scikit-learn may set on any estimator; there is one test for all
OF_SCIKIT_LEARN = {"_metadata_request", "_sklearn_output_config", "feature_names_in_"} | {
    "n_features_in_"
}


def remember_objects(monkeypatch):
    """Build equal objects once, but for those with a changed file or a reference to another."""
    build, built = _decoding.Decoder._object, {}

    def remembered(decoder, node):
        text = json.dumps(node)
        if '"$": "same"' in text or '"data/5' in text:  # files of `put`: of one name, not content
            return build(decoder, node)
        if text not in built:
            start = len(decoder._objects)
            build(decoder, node)
            built[text] = [(o, decoder._checker.found(o)) for o in decoder._objects[start:]]
        else:
            for value, found in built[text]:
                decoder._objects.append(value)
                decoder._checker.remember(value, found)
        return decoder._objects[-1]

    monkeypatch.setitem(_decoding._DECODERS, "object", remembered)


def remember_results(monkeypatch, cls, name):
    """Let a network compute each result once; an object that was built before is the same one."""
    method, known = getattr(cls, name), {}

    def remembered(network, inputs):
        key = id(network), pickle.dumps(inputs)
        if key not in known:
            known[key] = network, method(network, inputs)  # keeps the network and its id
        return known[key][1].copy()

    monkeypatch.setattr(cls, name, remembered)


@pytest.fixture
def remembering(monkeypatch):
    """Build unchanged parts of a model once, and let them predict the same texts once."""
    remember_objects(monkeypatch)
    for key in ("skmultitext.Network", "skmultitext.TorchNetwork", "skmultitext.KerasNetwork"):
        remember_results(monkeypatch, find_allowed(key), "logits")
    for key in ("skmultitext.TorchNetwork", "skmultitext.KerasNetwork"):
        remember_results(monkeypatch, find_allowed(key), "features")


def fields_of(tree):
    """List (place, key of the class, state, field) of all fields in a tree."""
    return [
        (place, key, state, field)
        for place, (key, state) in enumerate(objects_in(tree))
        for field in state
        if field not in ("$", "class")
    ]


@cache
def smallest_models(names):
    """Find for each field of each class the smallest model that has it, and where."""
    found = {}
    for name in sorted(names, key=lambda name: len(json.dumps(apart(name)[0]))):
        for place, key, _, field in fields_of(apart(name)[0]):
            found.setdefault((key, field), (name, place))
    return found


def walk(name, chosen=lambda place, key, field: True):
    """Break the chosen fields of a model; count the ways, and list what should not have come."""
    tree, files, expected = apart(name)
    tree, X = json.loads(json.dumps(tree)), probe(name)
    counts, wrong = Counter(), []
    for place, key, state, field in fields_of(tree):
        if not chosen(place, key, field):
            continue
        node = state[field]
        is_plain, value = plain_value(node, files)
        for how, other in broken(value if is_plain else None):
            extra = type(files)(files)
            if other is GONE:
                del state[field]
            else:
                put(state, field, other, extra)
            legal = how in OF_VALUE or (how in OF_CHOICE and not hasattr(value, "dtype"))
            legal = legal or (field == "scores_" and how in ("nan", "inf"))  # of chi2, f_classif
            try:
                became = outcome(tree, extra, X, expected, legal)
            except Exception as error:
                became = f"{type(error).__name__}: {error}"
            state[field] = node
            counts[key, field, became] += 1
            if became not in ("refused", "same", "legal"):
                wrong.append(f"{place} {key}.{field} {how} {other!r:.60}: {became:.200}")
    return counts, wrong


def outcome(tree, files, X, expected, legal):
    """Say whether a broken model was refused, or answers as before, or as a model may."""
    try:
        model = loaded(json.loads(json.dumps(tree)), files)
    except ModelFileError:
        return "refused"
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = answers(model, X)
    if len(found) != len(expected):
        return "answers less"
    if all(map(np.array_equal, found, expected)):
        return "same"
    if not legal:
        return "answers otherwise"
    for one, other in zip(found, expected, strict=True):
        if one.shape != other.shape or (one.dtype.kind == "f" and not np.isfinite(one).all()):
            return f"answers {one.ravel()[:3]} of shape {one.shape}"
    return "legal"


def walk_class(key, names):
    """Break every field of a class, each in the smallest model that has it."""
    places = smallest_models(names)
    counts, wrong = Counter(), []
    for name in sorted({model for (cls, _), (model, _) in places.items() if cls == key}):
        fields = {(p, cls, f) for (cls, f), (model, p) in places.items() if model == name}
        more = walk(name, lambda *field, fields=fields: field[1] == key and field in fields)
        counts += more[0]
        wrong += more[1]
    assert not wrong, "\n".join(wrong)
    broken_fields = {field for _, field, _ in counts}
    assert sum(counts.values()) >= 15 * len(broken_fields)
    # every field that the schema knows has been broken, but for those that no file has
    specs = SCHEMAS[key].specifications(find_allowed(key))
    known = {field for field, spec in specs.items() if not isinstance(spec, LeftOut)}
    assert known - broken_fields - OF_SCIKIT_LEARN == set()


@pytest.mark.parametrize("key", sorted(SCHEMAS.keys() - OF_NETWORKS))
def test_every_field_of_a_class_broken_in_every_way(key):
    walk_class(key, MODELS)


@pytest.mark.slow
@pytest.mark.parametrize("key", sorted(OF_NETWORKS))
def test_every_field_of_networks_broken_in_every_way(key, remembering):
    pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
    pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")
    walk_class(key, NETWORKS)


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_every_field_of_a_model_broken_in_every_way(name):
    """The same classes as parts of other wholes."""
    counts, wrong = walk(name)
    assert sum(counts.values()) > 200
    assert not wrong, "\n".join(wrong)


def test_every_class_of_the_table_has_a_schema():
    # functions and the dtypes of numbers go by small letters
    assert {key for key in ALLOWED if re.search(r"\._?[A-Z]", key)} == SCHEMAS.keys()
