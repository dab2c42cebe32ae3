"""Forged models, made from the schemas: illegal values, and sizes that are wrong consistently.

Each is a whole model with sums that fit, as somebody would write who knows the format.
"""

import hashlib
import json
import random
import shutil

import numpy as np
from broken_values import GONE, broken
from saved_models import Files, apart, objects_in, plain_value, put

from skmultitext.persistence._allowed import ALLOWED
from skmultitext.persistence._manifest import _digest
from skmultitext.persistence._schemas_own import SCHEMAS
from skmultitext.persistence._specs import Either, Part

HOW = ("break", "break", "break", "resize", "resize", "swap", "unknown", "class", "node", "shared")


def forge(name, seed):
    """Forge a model; return its tree, its files, and what was done."""
    draw = random.Random(seed)
    tree, files, _ = apart(name)
    tree, files = json.loads(json.dumps(tree)), Files(files)
    done = [
        f"{how} {_FORGERS[how](draw, tree, files)}"
        for how in draw.choices(HOW, k=draw.choice([1, 1, 1, 2, 3]))
    ]
    return tree, files, f"{name} {seed}: {'; '.join(done)}"


def _any_field(draw, tree, plain_only, files):
    fields = [
        (key, state, field)
        for key, state in objects_in(tree)
        for field in state
        if field not in ("$", "class")
        and not (plain_only and not plain_value(state[field], files)[0])
    ]
    return draw.choice(fields) if fields else (None, {}, None)


def _break(draw, tree, files):
    """Put a value into a field that its specification is not for."""
    key, state, field = _any_field(draw, tree, True, files)
    if field is None:
        return "nothing"
    value = plain_value(state[field], files)[1]
    how, other = draw.choice(list(broken(value)))
    if other is GONE:
        del state[field]
    else:
        put(state, field, other, files)
    return f"{key}.{field} {how} {other!r:.40}"


def _axes(spec, ndim):
    """Names of the axes that a specification gives an array of so many dimensions."""
    if isinstance(spec, Either):
        return next((found for s in spec.choices if (found := _axes(s, ndim))), ())
    shape = getattr(spec, "shape", None) or (getattr(spec, "size", None),)
    return shape if len(shape) == ndim else ()


def _resize(draw, tree, files):
    """Make one named size of an object another one, in all of its fields."""
    key, state = draw.choice(list(objects_in(tree)))
    if key not in SCHEMAS:  # after another change
        return f"{key}: nothing"
    schema = SCHEMAS[key]
    specs = {**schema.parameters, **schema.optional, **schema.fitted}
    sized = []
    for field, spec in specs.items():
        if field not in state or isinstance(spec, Part):
            continue
        is_plain, value = plain_value(state[field], files)
        if is_plain and isinstance(value, np.ndarray | list | tuple | dict):
            axes = _axes(spec, np.ndim(value) if isinstance(value, np.ndarray) else 1)
            sized += [(field, axis, name, value) for axis, name in enumerate(axes) if name]
        elif is_plain and isinstance(value, int) and getattr(spec, "size", None):
            sized.append((field, None, spec.size, value))
    names = sorted({str(name) for _, _, name, _ in sized})
    if not names:
        return f"{key}: nothing"
    chosen, step = draw.choice(names), draw.choice([-1, 1, 1, 100, 2**20])
    for field, axis, name, value in sized:
        if str(name).partition("+")[0] == chosen:
            put(state, field, _longer(value, axis, step), files)
    return f"{key} {chosen} by {step}"


def _longer(value, axis, step):
    if axis is None:
        return value + step
    step = min(step, 2**16)
    if isinstance(value, dict):
        rest = dict(list(value.items())[: len(value) + min(step, 0)])
        return rest | {f"new{i}": len(value) + i for i in range(max(step, 0))}
    if isinstance(value, list | tuple):
        return type(value)([*value[: len(value) + min(step, 0)], *list(value[-1:]) * max(step, 0)])
    if step < 0:
        return value.take(range(value.shape[axis] - 1), axis)
    if value.dtype == object:
        return np.array([*value.tolist(), *(f"new{i}" for i in range(step))], dtype=object)
    last = np.repeat(value.take([-1], axis), step, axis)
    return np.concatenate([value, last], axis)


def _swap(draw, tree, files):
    """Put what stands in one field into another, parts of models too."""
    one, other = _any_field(draw, tree, False, files), _any_field(draw, tree, False, files)
    if one[2] is None:
        return "nothing"
    other[1][other[2]] = json.loads(json.dumps(one[1][one[2]]))
    return f"{one[0]}.{one[2]} into {other[0]}.{other[2]}"


def _unknown(draw, tree, files):
    """Add a field that stands before a method, a property, or what a class has."""
    key, state = draw.choice(list(objects_in(tree)))
    names = ("predict_proba", "__class__", "_logits", "coef_", "_parameter_constraints", "idf_",
             "_n_features_out", "_index", "vocabulary_", "a b", "__dict__")  # fmt: skip
    field = draw.choice(names)
    state[field] = draw.choice([1, None, "x", {"$": "name", "key": "builtins.float"}, []])
    return f"{key}.{field}"


def _class(draw, tree, files):
    """Call an object by another class of the table."""
    nodes = [node for node in _nodes(tree) if "class" in node]
    node, key = draw.choice(nodes), draw.choice(sorted(k for k in ALLOWED if k in _LIGHT))
    was, node["class"] = node["class"], key
    return f"{was} for {key}"


_LIGHT = {key for key in ALLOWED if not any(w in key for w in ("Keras", "Torch", "network", "HAN"))}


def _node(draw, tree, files):
    """Change what a node says of itself: its kind, its file, its shape, its dtype."""
    nodes = [node for node in _nodes(tree) if "$" in node and "class" not in node]
    if not nodes:
        return "nothing"
    node = draw.choice(nodes)
    key = draw.choice(sorted(node))
    kinds = ["array", "strings", "lines", "vocabulary", "sparse", "tuple", "set", "dict", "view",
             "same", "slice", "folder", "requests", "random state", "float", "code points", "path",
             "dtype", "scalar", "name"]  # fmt: skip
    other = draw.choice(sorted(files)) if key in ("file", "columns") else None
    node[key] = draw.choice([*kinds, other, -1, 2**40, None, [], [2**40], [-1], {}, "<f8", 0])
    return f"{key} of a node"


def _shared(draw, tree, files):
    """Let an object stand for another one that was made before."""
    _, state, field = _any_field(draw, tree, False, files)
    state[field] = {"$": "same", "object": draw.choice([0, 0, 1, 2, 3, -1, 10**9])}
    return field


def _nodes(tree):
    if isinstance(tree, dict):
        yield tree
    if isinstance(tree, dict | list):
        for entry in list(tree.values() if isinstance(tree, dict) else tree):
            yield from _nodes(entry)


_FORGERS = {
    "break": _break,
    "resize": _resize,
    "swap": _swap,
    "unknown": _unknown,
    "class": _class,
    "node": _node,
    "shared": _shared,
}


def entry_of(content):
    """The entry of a file in the manifest."""
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def write_model(folder, tree, files, state=None, **about):
    """Write a model with a manifest that fits; files that the tree does not name are left out.

    `state` stands in the place of the tree, if it is given.
    """
    shutil.rmtree(folder, ignore_errors=True)
    text = json.dumps(tree)
    contents = {name: content for name, content in files.items() if f'"{name}"' in text}
    contents["state.json"] = text.encode() if state is None else state
    manifest = {"format": "skmultitext model", "format_version": 1, "versions": {}, **about}
    manifest["files"] = {name: entry_of(content) for name, content in contents.items()}
    manifest["sha256"] = _digest(manifest)
    contents["manifest.json"] = json.dumps(manifest).encode()
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
