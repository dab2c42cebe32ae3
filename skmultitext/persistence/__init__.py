"""Save and load models as files without code; model cards.

A saved model is a directory or a zip file with

- ``manifest.json``: the class, the versions of the libraries, and the SHA-256 of every file,
- ``state.json``: the estimator as a tree of plain data,
- arrays as ``.npy`` files without pickle, long lists of str as text files,
- for a transformer, a folder of safetensors and tokenizer files,
- ``README.md``: a model card.

`load` runs nothing from the files: they name classes by keys of a table in this package. Keras
networks are saved as arrays and rebuilt by functions of this package; a ``.keras`` file could make
Keras import classes by module name, and reads weights with HDF5.
"""

import json
import os
import zipfile
from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from .._runtime.messages import warn_caller
from ..exceptions import InconsistentModelWarning, MissingExtraError, ModelFileError
from ..feature_extraction._fast_tfidf import DEFAULT_TOKEN_PATTERN
from ..sequences._word_ids import WORDS_AND_MARKS
from ._allowed import key_of, require_missing
from ._decoding import Decoder
from ._encoding import Encoder
from ._manifest import (
    CARD,
    MANIFEST,
    MOST_JSON,
    limited,
    make_manifest,
    parse_json,
    read_manifest,
    versions_of,
)
from ._model_card import final_tagger, frozen_state, model_card, shown_parameters
from ._replacing import find_model, replacing_directory, replacing_file, stamp_of
from ._store import DirectoryWriter, Reader, Writer, ZipWriter, open_model

__all__ = ["load", "model_card", "save"]


def __dir__() -> list[str]:
    return __all__


_STATE = "state.json"
_MOST_LETTERS = 1000  # of a parameter in the manifest
_ATTEMPTS = 20  # to read a model that other processes keep replacing
_FREE = ("python", "skmultitext", "numpy", "scipy")  # a file gives the same with any version


def save(estimator: BaseEstimator, path: str | os.PathLike[str]) -> None:
    """Save a fitted estimator without pickle; `load` reads it.

    At any moment, either the old or the new model is complete at `path`, even if the process dies
    or the disk is full. If another thread refits the tagger during the call, the state before that
    fit is saved.

    Parameters
    ----------
    estimator : estimator
        A fitted tagger of this package, or a Pipeline, FeatureUnion or ColumnTransformer with
        vectorizers, scalers and linear classifiers of scikit-learn.
    path : str or os.PathLike
        Path of a directory, or of a file if it ends with ``.zip``. An existing model is replaced;
        the new one gets its permissions.

    Raises
    ------
    ValueError
        If `path` is empty, or the estimator contains something that cannot be saved without
        code, such as a function of yours; the message says where.
    FileExistsError
        If anything else is at `path`: a file or directory that is not a saved model, or a saved
        model with added files or an edited model card. Nothing there is changed.
    OSError
        If the model cannot be written; what was at `path` is not changed.
    NotFittedError
        If the estimator is not fitted.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import skmultitext
    >>> tagger = skmultitext.TfidfLogRegTagger()
    >>> tagger = tagger.fit(["late", "refund me"], [["delivery"], ["refund"]])
    >>> with TemporaryDirectory() as folder:
    ...     skmultitext.save(tagger, Path(folder, "model"))
    ...     skmultitext.load(Path(folder, "model")).predict_labels(["refund"])
    [('refund',)]
    """
    check_is_fitted(estimator)
    estimator = frozen_state(estimator)
    if not os.fspath(path):
        raise ValueError("path is empty; pass the path of a directory or of a .zip.")
    target = Path(os.path.realpath(path))
    if target.suffix.lower() == ".zip":
        with replacing_file(target) as stream, zipfile.ZipFile(stream, "w") as archive:
            _write(estimator, ZipWriter(archive))
    else:
        with replacing_directory(target) as directory:
            _write(estimator, DirectoryWriter(directory))


def _write(estimator: BaseEstimator, writer: Writer) -> None:
    encoder = Encoder(writer)
    name = type(estimator).__name__
    tree = json.dumps(encoder.encode(estimator, name), allow_nan=False)
    writer.write(_STATE, limited(tree.encode("ascii"), _STATE))
    about = {
        "class": key_of(type(estimator)),
        "parameters": {k: v[:_MOST_LETTERS] for k, v in shown_parameters(estimator).items()},
        "versions": versions_of(encoder.classes),
        **_summary(estimator),
    }
    files = dict(writer.entries)
    writer.write(CARD, model_card(estimator).encode("utf-8"))
    # not in `files`: load ignores edits of the card, and save does not overwrite an edited card
    about["card"] = writer.entries[CARD]["sha256"]
    writer.write(MANIFEST, make_manifest(about, files))


def _summary(estimator: BaseEstimator) -> dict[str, Any]:
    """Return label names and thresholds, for readers of the manifest."""
    tagger = final_tagger(estimator)
    names, thresholds = (getattr(tagger, a, None) for a in ("label_names_", "thresholds_"))
    return {
        "label_names": None if names is None else [str(name) for name in names],
        "thresholds": None if thresholds is None else np.asarray(thresholds).tolist(),
    }


def load(path: str | os.PathLike[str], *, allow_patterns: bool = True, mmap: bool = False) -> Any:
    """Load an estimator that `save` wrote.

    Nothing in the files is run: there is no pickle, classes and functions come from a fixed
    table, links are not followed, names cannot lead out of the directory, and no more memory is
    allocated than the size of the files justifies. The SHA-256 of every file is compared, which
    detects damage, not forgery: a model from a stranger may predict anything.

    If `save` replaces the model during the call, either the old or the new model is loaded.

    Parameters
    ----------
    path : str or os.PathLike
        The directory or zip file.
    allow_patterns : bool, default=True
        Whether the model may have a `token_pattern` other than the defaults of this package. A
        malicious regular expression can run forever on a text: pass False for models from
        strangers.
    mmap : bool, default=False
        Whether the weights of label trees stay in their files, which are mapped read-only: a model
        larger than memory predicts, and processes share the memory. Only the nodes that a search
        visits are read. The model must be a directory, and its files must not be changed in place
        while it is in use (`save` replaces them, which is allowed). The SHA-256 of mapped files is
        not compared, and weights and their indices are not checked at once: indices out of range
        are ignored during the search. Other arrays are read.

    Returns
    -------
    estimator
        The fitted estimator. With the same versions of the libraries its predictions equal those
        of the saved one bit for bit.

    Raises
    ------
    ModelFileError
        If the model is damaged, was not written by `save`, has a newer format, contains something
        that no fitted model of its class has, or a pattern that `allow_patterns` excludes.
    FileNotFoundError
        If there is no model at `path`.
    ValueError
        If `mmap` is True and the model is a zip file.
    MissingExtraError
        If it needs an optional library that is not installed; the message names the extra.
    """
    patterns = None if allow_patterns else {DEFAULT_TOKEN_PATTERN, WORDS_AND_MARKS}
    place = Path(path)
    for left in reversed(range(_ATTEMPTS)):
        before = stamp_of(place)
        try:
            return _load(find_model(place), patterns, mmap=mmap)
        except (ModelFileError, FileNotFoundError):
            # another process may have replaced the model while it was read
            if not left or stamp_of(place) == before:
                raise


def _load(found: Path, patterns: Container[str | None] | None, *, mmap: bool) -> BaseEstimator:
    if mmap and not found.is_dir():
        raise ValueError(
            f"mmap=True needs a model in a directory, but {found.name} is a zip file. Load it, and "
            f"save it to a path that does not end with .zip."
        )
    with open_model(found) as reader:
        return _read(reader, patterns, mmap=mmap)


def _read(reader: Reader, patterns: Container[str | None] | None, *, mmap: bool) -> BaseEstimator:
    manifest = read_manifest(reader.read(MANIFEST, MOST_JSON))
    left = dict(manifest["files"])

    def entry_of(name: Any) -> dict[str, Any]:
        entry = left.pop(name, None) if isinstance(name, str) else None
        if entry is None:
            raise ModelFileError(
                f"The model refers to {str(name)[:100]!r}, which manifest.json does not list, or "
                f"refers to it twice."
            )
        return entry

    def read(name: Any) -> bytes:
        return reader.read_entry(name, entry_of(name))

    def map_file(name: Any) -> Any:
        return reader.map_entry(name, entry_of(name))

    if left.get(_STATE, {}).get("size", 0) > MOST_JSON:
        raise ModelFileError(f"{_STATE} has more than {MOST_JSON} bytes, the most that are read.")
    tree = parse_json(read(_STATE), _STATE)
    estimator = _decode(tree, read, patterns, map_file if mmap else None)
    if left:
        raise ModelFileError(f"manifest.json lists {min(left)}, which the model does not use.")
    said = {key: manifest.get(key) for key in ("class", "label_names", "thresholds")}
    key = key_of(type(estimator))
    if key is None or {"class": key, **_decoded_summary(estimator)} != said:
        raise ModelFileError("manifest.json does not match the model: one of them was replaced.")
    _warn_of_versions(estimator, manifest["versions"])
    return estimator


def _decode(
    tree: Any,
    read: Callable[[Any], bytes],
    patterns: Container[str | None] | None,
    map_file: Callable[[Any], Any] | None = None,
) -> BaseEstimator:
    """Build the estimator; any error caused by a damaged tree becomes a ModelFileError."""
    try:
        decoder = Decoder(read, patterns, map_file)
        estimator = decoder.decode(tree)
        if not decoder.is_fitted(estimator):
            raise ModelFileError("The model is not a fitted estimator.")
        return estimator
    except (ModelFileError, MissingExtraError):
        raise
    except ModuleNotFoundError as error:
        require_missing(error)
        raise
    except Exception as error:
        raise _not_rebuilt(error) from None  # its text may contain control characters


def _decoded_summary(estimator: BaseEstimator) -> dict[str, Any]:
    try:
        return json.loads(json.dumps(_summary(estimator)))
    except Exception as error:
        raise _not_rebuilt(error) from None  # its text may contain control characters


def _not_rebuilt(error: Exception) -> ModelFileError:
    return ModelFileError(
        f"The model cannot be built from its files ({type(error).__name__}: {error}). They were "
        f"damaged, or were not written by save."
    )


def _warn_of_versions(estimator: BaseEstimator, written: Mapping[str, str]) -> None:
    here = versions_of(
        {"skmultitext.Network", "skmultitext.KerasNetwork", "skmultitext.TorchNetwork"}
    )
    for library, version in written.items():
        if library not in _FREE and version != here.get(library):
            warn_caller(
                InconsistentModelWarning(
                    library, type(estimator).__name__, here.get(library), version
                ),
            )
