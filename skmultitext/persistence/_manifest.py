"""The manifest of a saved model: what it is, made with which versions, and every file's SHA-256."""

import hashlib
import json
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from .._pickling import own_version
from ..exceptions import ModelFileError
from ._store import check_name

__all__ = ["FORMAT_VERSION", "make_manifest", "parse_json", "read_manifest", "versions_of"]

FORMAT = "skmultitext model"
FORMAT_VERSION = 1

# a model of any size has a small tree: what is large in it lies in files of its own
MOST_JSON = 1 << 24

_FRAMEWORKS = {
    "skmultitext.Network": ("tensorflow", "keras"),
    "skmultitext.KerasNetwork": ("transformers", "keras-hub"),
    "skmultitext.TorchNetwork": ("torch", "transformers"),
}


def versions_of(classes=()):
    """Find the versions of the libraries that a model stands on.

    Parameters
    ----------
    classes : iterable of str
        Keys of the classes in it.

    Returns
    -------
    dict of {str: str}
        Version of Python and of each library.
    """
    libraries = ["numpy", "scipy", "scikit-learn"]
    for key, frameworks in _FRAMEWORKS.items():
        if key in classes:
            libraries += frameworks
    found = {"python": platform.python_version(), "skmultitext": own_version()}
    return found | {library: _version(library) for library in dict.fromkeys(libraries)}


@cache  # most of the time of a small save, otherwise
def _version(library):
    for name in (library, f"{library}-cpu"):  # TensorFlow goes by more than one name
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return "unknown"


def make_manifest(about, entries):
    """Write the manifest.

    Parameters
    ----------
    about : dict
        What it says of the model, for JSON.
    entries : dict of {str: dict}
        "size" and "sha256" of each file.

    Returns
    -------
    bytes
        JSON, with the SHA-256 of all the rest in the entry "sha256".

    Raises
    ------
    ValueError
        If it is larger than `load` reads.
    """
    content = {"format": FORMAT, "format_version": FORMAT_VERSION, **about, "files": entries}
    content["sha256"] = _digest(content)
    return limited(json.dumps(content, indent=1).encode("ascii"), "manifest.json")


def limited(content, name):
    """Refuse to write JSON that would not be read."""
    if len(content) > MOST_JSON:
        raise ValueError(
            f"{name} of this model has {len(content)} bytes, more than the {MOST_JSON} that load "
            f"reads. Long lists of numbers in attributes or parameters should be arrays."
        )
    return content


def _digest(content):
    rest = {key: value for key, value in content.items() if key != "sha256"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def parse_json(content, name):
    """Read JSON that is not trusted.

    Parameters
    ----------
    content : bytes
        The content of a file.
    name : str
        Its name, for errors.

    Returns
    -------
    object

    Raises
    ------
    ModelFileError
        If it is no JSON, or nested too deeply.
    """
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{name} is no JSON that can be read: {error}") from error


def read_manifest(content):
    """Read and check the manifest.

    Parameters
    ----------
    content : bytes
        The content of ``manifest.json``.

    Returns
    -------
    dict
        "class", "versions", "label_names", "thresholds", "files" and what else it says.

    Raises
    ------
    ModelFileError
        If it is damaged, or of a format that this version does not read.
    """
    manifest = parse_json(content, "manifest.json")
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ModelFileError("manifest.json is not that of a saved model of skmultitext.")
    number = manifest.get("format_version")
    if type(number) is not int or number < 1:
        raise ModelFileError(f"manifest.json has the format version {str(number)[:100]!r}.")
    if number > FORMAT_VERSION:
        written_by = str(_of(manifest, "versions", dict).get("skmultitext"))[:100]
        raise ModelFileError(
            f"The model has format version {number}, written by skmultitext {written_by}; "
            f"skmultitext {own_version()} reads up to format version {FORMAT_VERSION}. Install a "
            f"newer skmultitext."
        )
    if manifest.get("sha256") != _digest(manifest):
        raise ModelFileError("manifest.json is damaged: its SHA-256 is not what it says.")
    for name, entry in _of(manifest, "files", dict).items():
        check_name(name)
        if type(_of({"": entry}, "", dict).get("size")) is not int:
            raise ModelFileError(f"manifest.json has no size for {name}.")
        _of(entry, "sha256", str)
    for name, text in _of(manifest, "versions", dict).items():
        _of({name: text}, name, str)
    return manifest


def _of(entries, key, kind):
    """Take an entry that must be of a type."""
    value = entries.get(key)
    if not isinstance(value, kind):
        raise ModelFileError(f"manifest.json has {type(value).__name__} where {key!r} should be.")
    return value
