"""Models in files that hold no code: save, load, and the model card beside them.

A saved model is a directory or a zip: ``manifest.json`` (what it is, versions, SHA-256 of every
file), ``state.json`` (the estimator as a tree of plain data), arrays as ``.npy`` without pickle,
long lists of str as text, transformers as a folder of safetensors and tokenizer files, and a model
card as ``README.md``. `load` runs nothing from it: classes come from one table of ours, by keys.

Keras networks are saved as arrays, and built again from their sizes by our own functions. A
``.keras`` file would be a second path to code and to foreign parsers: Keras finds classes by
module names in the file, and reads weights with HDF5.

This package knows no tagger. It stands above them all, so that `BaseTagger` can offer `save`; the
table of what may stand in a file names the modules of the taggers as text, and a module is
imported only when a file holds one of its classes.
"""

import json
import os
import warnings
import zipfile
from pathlib import Path

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..exceptions import InconsistentModelWarning, MissingExtraError, ModelFileError
from ._allowed import key_of, require_missing
from ._codec import Decoder, Encoder
from ._codec import SavedFolder as SavedFolder  # for networks: what they are saved as
from ._manifest import (
    MOST_JSON,
    limited,
    make_manifest,
    parse_json,
    read_manifest,
    versions_of,
)
from ._model_card import final_tagger, model_card
from ._replacing import find_model, replacing_directory, replacing_file, stamp_of
from ._store import DirectoryReader, DirectoryWriter, ZipReader, ZipWriter

__all__ = ["load", "model_card", "save"]

_MANIFEST, _STATE = "manifest.json", "state.json"
_MOST_LETTERS = 1000  # of a parameter in the manifest, which is there to be read
_ATTEMPTS = 20  # to read a model that others keep replacing
_FREE = ("python", "skmultitext", "numpy", "scipy")  # versions that a file does not depend on


def save(estimator, path):
    """Save a fitted estimator, without pickle.

    At any moment the old model or the new one is at `path`, whole, whatever happens to the
    process or the disk.

    Parameters
    ----------
    estimator : estimator
        A fitted tagger of ours, or a Pipeline, FeatureUnion or the like of scikit-learn with
        its vectorizers, scalers and linear classifiers.
    path : str or os.PathLike
        A directory, or a file if it ends with ``.zip``. A model that is there is replaced.

    Raises
    ------
    ValueError
        If the estimator holds what no file can without code, such as a function of yours; the
        message says where.
    FileExistsError
        If `path` is a directory that holds something else.
    OSError
        If it cannot be written; what was at `path` stays.
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
    ...     skmultitext.persistence.save(tagger, Path(folder, "model"))
    ...     skmultitext.load(Path(folder, "model")).predict_labels(["refund"])
    [('refund',)]
    """
    check_is_fitted(estimator)
    target = Path(os.path.realpath(path))
    if target.suffix.lower() == ".zip":
        with replacing_file(target) as stream, zipfile.ZipFile(stream, "w") as archive:
            _write(estimator, ZipWriter(archive))
    else:
        with replacing_directory(target, lambda path: (path / _MANIFEST).is_file()) as directory:
            _write(estimator, DirectoryWriter(directory))


def _write(estimator, writer):
    encoder = Encoder(writer)
    name = type(estimator).__name__
    tree = json.dumps(encoder.encode(estimator, name), allow_nan=False)
    writer.write(_STATE, limited(tree.encode("ascii"), _STATE))
    about = {
        "class": key_of(type(estimator)),
        "parameters": {k: repr(v)[:_MOST_LETTERS] for k, v in estimator.get_params().items()},
        "versions": versions_of(encoder.classes),
        **_summary(estimator),
    }
    manifest = make_manifest(about, dict(writer.entries))  # the author may edit the model card
    writer.write("README.md", model_card(estimator).encode("utf-8"))
    writer.write(_MANIFEST, manifest)


def _summary(estimator):
    """Label names and thresholds, for whoever reads the manifest."""
    tagger = final_tagger(estimator)
    names, thresholds = (getattr(tagger, a, None) for a in ("label_names_", "thresholds_"))
    return {
        "label_names": None if names is None else [str(name) for name in names],
        "thresholds": None if thresholds is None else np.asarray(thresholds).tolist(),
    }


def load(path):
    """Load an estimator that `save` has written.

    Nothing in the files is run: there is no pickle, classes and functions come from a fixed
    table, no link is followed, no name leads out of the directory, and nothing is allocated that
    the files do not hold. Every file's SHA-256 is compared, which tells damage, not forgery: what
    a model from a stranger predicts is the stranger's.

    Where `save` replaces the model meanwhile, the old one or the new one is loaded, whole.

    Parameters
    ----------
    path : str or os.PathLike
        The directory or zip.

    Returns
    -------
    estimator
        Predicts, with the same versions of the libraries, what the saved one did, to the bit.

    Raises
    ------
    ModelFileError
        If the model is damaged, was not written by `save`, or has a newer format.
    FileNotFoundError
        If there is no model at `path`.
    MissingExtraError
        If it needs an optional library that is not installed; the message names the extra.
    """
    place = Path(path)
    for left in reversed(range(_ATTEMPTS)):
        before = stamp_of(place)
        try:
            return _load(find_model(place))
        except (ModelFileError, FileNotFoundError):
            # another process may have put a new model there while this one was read
            if not left or stamp_of(place) == before:
                raise


def _load(found):
    if found.is_dir():
        return _read(DirectoryReader(found))
    if not found.is_file():
        raise ModelFileError(f"{found} is neither a directory nor a zip.")
    with found.open("rb") as stream:
        return _read(ZipReader(stream, found.stat().st_size))


def _read(reader):
    manifest = read_manifest(reader.read(_MANIFEST, MOST_JSON))
    left = dict(manifest["files"])

    def read(name):
        entry = left.pop(name, None) if isinstance(name, str) else None
        if entry is None:
            raise ModelFileError(
                f"The model reads {str(name)[:100]!r}, which manifest.json does not list, or twice."
            )
        return reader.read_entry(name, entry)

    if left.get(_STATE, {}).get("size", 0) > MOST_JSON:
        raise ModelFileError(f"{_STATE} has more than {MOST_JSON} bytes.")
    tree = parse_json(read(_STATE), _STATE)
    estimator = _decode(tree, read)
    if left:
        raise ModelFileError(f"The model does not use its file {min(left)}.")
    said = {key: manifest.get(key) for key in ("class", "label_names", "thresholds")}
    key = key_of(type(estimator))
    if key is None or {"class": key, **_decoded_summary(estimator)} != said:
        raise ModelFileError("manifest.json says other than the model: one of them was exchanged.")
    _warn_of_versions(estimator, manifest["versions"])
    return estimator


def _decode(tree, read):
    """Make the estimator; whatever a damaged tree makes fail is an error of the file."""
    try:
        return Decoder(read).decode(tree)
    except (ModelFileError, MissingExtraError):
        raise
    except ModuleNotFoundError as error:
        require_missing(error)
        raise
    except Exception as error:
        raise _not_rebuilt(error) from error


def _decoded_summary(estimator):
    try:
        return json.loads(json.dumps(_summary(estimator)))
    except Exception as error:
        raise _not_rebuilt(error) from error


def _not_rebuilt(error):
    return ModelFileError(
        f"The model cannot be built from its files ({type(error).__name__}: {error}). They were "
        f"damaged or not written by save."
    )


def _warn_of_versions(estimator, written):
    here = versions_of(
        {"skmultitext.Network", "skmultitext.KerasNetwork", "skmultitext.TorchNetwork"}
    )
    for library, version in written.items():
        if library not in _FREE and version != here.get(library):
            warnings.warn(
                InconsistentModelWarning(
                    library, type(estimator).__name__, here.get(library), version
                ),
                stacklevel=5,
            )
