"""``manifest.json`` of a saved model: its class, library versions, and every file's SHA-256."""

import hashlib
import json
import platform
import re
from collections.abc import Collection, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NoReturn

import numpy as np

from .._runtime.messages import shown
from .._runtime.pickling import own_version
from ..exceptions import ModelFileError
from ._store import check_name

__all__ = ["FORMAT_VERSION", "make_manifest", "parse_json", "read_manifest", "versions_of"]

FORMAT = "skmultitext model"
MANIFEST, CARD = "manifest.json", "README.md"
FORMAT_VERSION = 1

# JSON stays small even for a large model: large values have their own files
MOST_JSON = 1 << 24  # bytes
MOST_ITEMS = 1 << 21  # in one file of JSON
_MOST_DEPTH = 200
_VERSION = re.compile(r"[\w.+!-]{1,100}", re.ASCII)

_FRAMEWORKS = {
    "skmultitext.Network": ("tensorflow", "keras"),
    "skmultitext.KerasNetwork": ("transformers", "keras-hub"),
    "skmultitext.TorchNetwork": ("torch", "transformers"),
}


def versions_of(classes: Collection[str]) -> dict[str, str]:
    """Return the versions of Python and of the libraries that a model with these classes needs."""
    libraries = ["numpy", "scipy", "scikit-learn"]
    for key, frameworks in _FRAMEWORKS.items():
        if key in classes:
            libraries += frameworks
    found = {"python": platform.python_version(), "skmultitext": own_version()}
    return found | {library: _version(library) for library in dict.fromkeys(libraries)}


@cache  # a lookup takes longer than saving a small model
def _version(library: str) -> str:
    for name in (library, f"{library}-cpu"):  # TensorFlow is installed under more than one name
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return "unknown"


def make_manifest(about: Mapping[str, Any], entries: Mapping[str, Any]) -> bytes:
    """Write the manifest; `entries` has the "size" and "sha256" of each file."""
    content = {"format": FORMAT, "format_version": FORMAT_VERSION, **about, "files": entries}
    content["sha256"] = _digest(content)
    return limited(json.dumps(content, indent=1).encode("ascii"), MANIFEST)


def limited(content: bytes, name: str) -> bytes:
    """Refuse to write JSON that `load` would not read."""
    if len(content) > MOST_JSON:
        raise ValueError(
            f"{name} of this model has {len(content)} bytes, but load reads at most {MOST_JSON}. "
            f"Convert long lists of numbers in attributes or parameters to arrays."
        )
    try:
        _refuse_bulk(content, name)
    except ModelFileError as error:
        raise ValueError(f"This model cannot be saved: {error}") from error
    return content


def _digest(content: Mapping[str, Any]) -> str:
    rest = {key: value for key, value in content.items() if key != "sha256"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def parse_json(content: bytes, name: str) -> Any:
    """Read untrusted JSON."""
    _refuse_bulk(content, name)
    try:
        return json.loads(content.decode("ascii"), parse_constant=_refuse_constant)
    except ModelFileError:
        raise
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{name} is not valid JSON: {error}") from error


def _refuse_constant(constant: str) -> NoReturn:
    raise ModelFileError(f"A file of the model is not valid JSON: {constant} is not a number.")


def _refuse_bulk(content: bytes, name: str) -> None:
    """Refuse JSON, before it is parsed, that would need much more memory than its bytes."""
    if not content.isascii():  # save writes ASCII; the counts below need single-byte characters
        raise ModelFileError(f"{name} is not valid JSON: it is not ASCII.")
    n_opening = content.count(b"[") + content.count(b"{")
    if n_opening <= _MOST_DEPTH and content.count(b",") <= MOST_ITEMS - _MOST_DEPTH:
        return
    # without escapes, each quotation mark starts or ends a str; the contents of str do not matter
    plain = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    letters = np.frombuffer(plain, dtype=np.uint8)
    outside = ~np.logical_xor.accumulate(letters == ord('"'))
    opening = ((letters == ord("[")) | (letters == ord("{"))) & outside
    closing = ((letters == ord("]")) | (letters == ord("}"))) & outside
    n_items = np.count_nonzero((letters == ord(",")) & outside) + np.count_nonzero(opening)
    if n_items > MOST_ITEMS:
        raise ModelFileError(f"{name} has {n_items} entries; at most {MOST_ITEMS} are read.")
    steps = opening.astype(np.int8) - closing.astype(np.int8)
    depth = np.cumsum(steps, dtype=np.int32).max(initial=0)
    if depth > _MOST_DEPTH:
        raise ModelFileError(
            f"{name} is nested {depth} levels deep; at most {_MOST_DEPTH} are read."
        )


def read_manifest(content: bytes) -> dict[str, Any]:
    """Read and check the content of ``manifest.json``."""
    manifest = parse_json(content, MANIFEST)
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ModelFileError("manifest.json does not belong to a saved model of skmultitext.")
    number = manifest.get("format_version")
    if type(number) is not int or number < 1:
        raise ModelFileError(
            f"manifest.json has the format version {str(number)[:100]!r}; it must be a positive "
            f"integer."
        )
    if number > FORMAT_VERSION:
        written_by = str(_of(manifest, "versions", dict).get("skmultitext"))[:100]
        raise ModelFileError(
            f"The model has format version {number}, written by skmultitext {written_by}; "
            f"skmultitext {own_version()} reads up to format version {FORMAT_VERSION}. Install a "
            f"newer skmultitext."
        )
    if manifest.get("sha256") != _digest(manifest):
        raise ModelFileError("manifest.json is damaged: its SHA-256 does not match its content.")
    for name, entry in _of(manifest, "files", dict).items():
        check_name(name)
        if type(_of({"": entry}, "", dict).get("size")) is not int:
            raise ModelFileError(f"manifest.json has no size for {name}.")
        _of(entry, "sha256", str)
    for name, text in _of(manifest, "versions", dict).items():
        if not (_VERSION.fullmatch(name) and _VERSION.fullmatch(_of({name: text}, name, str))):
            raise ModelFileError(
                f"manifest.json has the version {text[:100]!r} of {name[:100]!r}; both must be "
                f"short, of letters, digits and '.+!-'."
            )
    return manifest


def _of(entries: Mapping[str, Any], key: str, kind: type) -> Any:
    """Return an entry that must be of a type."""
    value = entries.get(key)
    if not isinstance(value, kind):
        raise ModelFileError(
            f"manifest.json has a {type(value).__name__} for {shown(key)}; it must be a "
            f"{kind.__name__}."
        )
    return value
