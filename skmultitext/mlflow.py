"""An MLflow flavour: log, register and serve taggers as the files that `skmultitext.save` writes.

`save_model` and `log_model` write an MLflow model without pickle: the files of `skmultitext.save`
in its folder ``data/model``, and those in which MLflow keeps the signature, the input example and
the requirements. `load_model` gives the tagger back; ``mlflow.pyfunc.load_model`` and ``mlflow
models serve`` read the same model as a function of a DataFrame.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from . import persistence
from ._gate.containers import column_names, table_values
from ._meta.known_labels import known_labels
from ._meta.predict_labels import predict_indicator, predict_labels
from ._meta.response import label_scores
from ._runtime.messages import listing, shown
from ._runtime.optional import require
from ._runtime.pickling import own_version
from .persistence._manifest import MANIFEST, read_manifest
from .persistence._model_card import takes_texts

__all__ = ["load_model", "log_model", "save_model"]


def __dir__() -> list[str]:
    return __all__


_FLAVOR = "skmultitext"
_FEATURE = "The MLflow flavour"
_DATA = "model"
_METHODS = ("predict", "predict_proba", "predict_labels")
# library of a saved model -> the extra that installs it with what else it needs
_EXTRAS = {"tensorflow": "keras", "torch": "transformers", "keras-hub": "transformers-tf"}


def save_model(
    tagger: BaseEstimator,
    path: str | os.PathLike[str],
    *,
    pyfunc_predict_fn: str = "predict",
    signature: Any = None,
    input_example: Any = None,
    pip_requirements: Sequence[str] | str | None = None,
    extra_pip_requirements: Sequence[str] | None = None,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    metadata: Mapping[str, Any] | None = None,
    mlflow_model: Any = None,
) -> None:
    """Save a fitted tagger as an MLflow model in a local folder.

    Parameters
    ----------
    tagger : estimator
        What `skmultitext.save` takes: a fitted tagger of this package, or a Pipeline.
    path : str or os.PathLike
        Path of a folder that is empty or does not exist.
    pyfunc_predict_fn : {"predict", "predict_proba", "predict_labels"}, default="predict"
        What ``mlflow.pyfunc.load_model(...).predict`` returns, a DataFrame with a row per document:
        a column of 0 and 1 for each label, a column of probabilities for each label, or one column
        "labels" of lists of label names. ``mlflow.pyfunc.load_model(...,
        model_config={"pyfunc_predict_fn": "predict_proba"})`` overrides it.
    signature : mlflow.models.ModelSignature, default=None
        The columns of input and output. None infers them from `input_example`, and leaves them out
        without one.
    input_example : DataFrame, list of str or array, default=None
        A few documents, of shape (n_samples, 1) for a tagger of texts as a DataFrame; saved with
        the model.
    pip_requirements : list of str or str, default=None
        Requirements, or the path of a file of them. None lists this package, with the extra that
        the tagger needs, and the libraries that the saved model depends on, with their versions.
    extra_pip_requirements : list of str, default=None
        Requirements to add to those of ``pip_requirements=None``.
    conda_env : dict or str, default=None
        A Conda environment or the path of its file, instead of requirements.
    code_paths : list of str, default=None
        Files and folders of Python code to save along and import from, such as a copy of this
        package where no index has it. No tagger needs any.
    metadata : dict, default=None
        Metadata for MLflow.
    mlflow_model : mlflow.models.Model, default=None
        The MLflow model to add this flavour to. None makes one.

    Raises
    ------
    ValueError
        If a parameter is not legal, the tagger cannot be saved without pickle or has no such
        method, or `input_example` is not what it takes.
    MlflowException
        If `path` is a folder with content.
    NotFittedError
        If the tagger is not fitted.
    MissingExtraError
        If mlflow is not installed.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import pandas as pd
    >>> import mlflow
    >>> import skmultitext.mlflow
    >>> tagger = skmultitext.TfidfLogRegTagger()
    >>> tagger = tagger.fit(["late", "refund me"], [["delivery"], ["refund"]])
    >>> new = pd.DataFrame({"text": ["refund"]})
    >>> with TemporaryDirectory() as folder:
    ...     skmultitext.mlflow.save_model(tagger, Path(folder, "model"), input_example=new)
    ...     mlflow.pyfunc.load_model(str(Path(folder, "model"))).predict(new)
       delivery  refund
    0         0       1
    """
    pyfunc = require("mlflow.pyfunc", _FEATURE)
    models = require("mlflow.models", _FEATURE)
    check_is_fitted(tagger)
    function = _TaggerFunction(tagger, pyfunc_predict_fn)
    given = {
        "pip_requirements": pip_requirements,
        "extra_pip_requirements": extra_pip_requirements,
        "conda_env": conda_env,
    }
    twice = [name for name, value in given.items() if value is not None]
    if len(twice) > 1:
        raise ValueError(f"{' and '.join(twice)} are both given; pass at most one of them.")
    with TemporaryDirectory() as folder:
        saved = Path(folder, _DATA)
        persistence.save(tagger, saved)
        if input_example is not None and signature is None:
            signature = models.infer_signature(input_example)
            signature.outputs = _output_schema(function.predict(input_example))
        if pip_requirements is None and conda_env is None:
            pip_requirements = [*_requirements(saved), *(extra_pip_requirements or ())]
        model = models.Model() if mlflow_model is None else mlflow_model
        model.add_flavor(_FLAVOR, skmultitext_version=own_version(), data=f"data/{_DATA}")
        pyfunc.save_model(
            os.fspath(path),
            loader_module=__name__,
            data_path=str(saved),
            code_paths=None if code_paths is None else list(code_paths),
            conda_env=conda_env,
            mlflow_model=model,
            signature=signature,
            input_example=input_example,
            pip_requirements=pip_requirements,
            metadata=metadata,
            model_config={"pyfunc_predict_fn": pyfunc_predict_fn},
        )


def log_model(
    tagger: BaseEstimator,
    name: str | None = None,
    *,
    registered_model_name: str | None = None,
    params: Mapping[str, Any] | None = None,
    tags: Mapping[str, Any] | None = None,
    model_type: str | None = None,
    step: int = 0,
    model_id: str | None = None,
    **save_parameters: Any,
) -> Any:
    """Log a fitted tagger to the active MLflow run, which is started where there is none.

    Parameters
    ----------
    tagger : estimator
        What `skmultitext.save` takes: a fitted tagger of this package, or a Pipeline.
    name : str, default=None
        Name of the logged model.
    registered_model_name : str, default=None
        Register the model, as a new version of this name.
    params : dict, default=None
        Parameters of the logged model, in addition to those of the run.
    tags : dict, default=None
        Tags of the logged model.
    model_type : str, default=None
        Type of the logged model, a word of yours.
    step : int, default=0
        Step of the run at which the model is logged.
    model_id : str, default=None
        Id of a logged model to attach the files to. None makes one.
    **save_parameters : dict
        Parameters of `save_model`, such as `input_example`.

    Returns
    -------
    mlflow.models.model.ModelInfo
        What was logged; its ``model_uri`` is for `load_model`.

    Raises
    ------
    ValueError
        If `save_model` refuses a parameter.
    NotFittedError
        If the tagger is not fitted.
    MissingExtraError
        If mlflow is not installed.

    Examples
    --------
    >>> import mlflow
    >>> import skmultitext
    >>> from skmultitext.mlflow import load_model, log_model
    >>> tagger = skmultitext.TfidfLogRegTagger()
    >>> tagger = tagger.fit(["late", "refund me"], [["delivery"], ["refund"]])
    >>> experiment = mlflow.set_experiment("tickets")
    >>> with mlflow.start_run():
    ...     info = log_model(tagger, "tickets")
    >>> load_model(info.model_uri).predict_labels(["refund"])
    [('refund',)]
    """
    models = require("mlflow.models", _FEATURE)
    return models.Model.log(
        artifact_path=None,
        name=name,
        flavor=sys.modules[__name__],
        registered_model_name=registered_model_name,
        params=params,
        tags=tags,
        model_type=model_type,
        step=step,
        model_id=model_id,
        tagger=tagger,
        **save_parameters,
    )


def load_model(
    model_uri: str | os.PathLike[str],
    dst_path: str | None = None,
    *,
    allow_patterns: bool = True,
) -> Any:
    """Load a tagger that `log_model` or `save_model` wrote; no code of the model is run.

    Parameters
    ----------
    model_uri : str or os.PathLike
        A local path, or a URI of MLflow: ``models:/name/version``, ``runs:/id/name``,
        ``s3://...``.
    dst_path : str, default=None
        Folder to download to. None makes a temporary one; local models stay where they are.
    allow_patterns : bool, default=True
        As in `skmultitext.load`: pass False for models from strangers.

    Returns
    -------
    estimator
        The fitted tagger.

    Raises
    ------
    ValueError
        If the model was written by another flavour.
    ModelFileError
        If its files are damaged; see `skmultitext.load`.
    MlflowException
        If MLflow finds no model at `model_uri`.
    MissingExtraError
        If mlflow, or a library that the model needs, is not installed.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import skmultitext
    >>> from skmultitext.mlflow import load_model, save_model
    >>> tagger = skmultitext.TfidfLogRegTagger()
    >>> tagger = tagger.fit(["late", "refund me"], [["delivery"], ["refund"]])
    >>> with TemporaryDirectory() as folder:
    ...     save_model(tagger, Path(folder, "model"))
    ...     load_model(Path(folder, "model")).predict_labels(["refund"])
    [('refund',)]
    """
    artifacts = require("mlflow.artifacts", _FEATURE)
    models = require("mlflow.models", _FEATURE)
    path = artifacts.download_artifacts(artifact_uri=os.fspath(model_uri), dst_path=dst_path)
    flavors = models.Model.load(path).flavors
    if _FLAVOR not in flavors:
        raise ValueError(
            f"{shown(os.fspath(model_uri))} has no flavour skmultitext, only {listing(flavors)}. "
            f"Load it with mlflow.pyfunc.load_model."
        )
    place = Path(path, flavors[_FLAVOR]["data"])
    return persistence.load(place, allow_patterns=allow_patterns)


def _load_pyfunc(path: str, model_config: Mapping[str, Any] | None = None) -> "_TaggerFunction":
    """Load a saved tagger as a function of a DataFrame: what ``mlflow.pyfunc`` calls."""
    method = (model_config or {}).get("pyfunc_predict_fn", "predict")
    return _TaggerFunction(persistence.load(path), method)


def _output_schema(predicted: Any) -> Any:
    """Make MLflow's schema of predictions; an inferred one would depend on the example."""
    types = require("mlflow.types.schema", _FEATURE)
    kinds = {"int64": "long", "float64": "double"}  # of columns of labels
    names_of_labels = types.Array(types.DataType.string)
    return types.Schema(
        [
            types.ColSpec(kinds.get(str(predicted[name].dtype), names_of_labels), name)
            for name in predicted.columns
        ]
    )


def _requirements(saved: Path) -> list[str]:
    """List this package, with the extra that a saved model needs, and the libraries it names."""
    versions = read_manifest((saved / MANIFEST).read_bytes())["versions"]
    extras = [extra for library, extra in _EXTRAS.items() if library in versions]
    found = []
    for library, version in versions.items():
        name = f"skmultitext[{','.join(extras)}]" if extras and library == _FLAVOR else library
        # builds for the CPU have another local version, after the "+"
        pinned = f"{name}=={version.partition('+')[0]}"
        found.append(name if version == "unknown" else pinned)
    return found[1:]  # without Python, of which MLflow writes the version


class _TaggerFunction:
    """A tagger from DataFrame to DataFrame."""

    def __init__(self, tagger: Any, method: str) -> None:
        if method not in _METHODS:
            raise ValueError(
                f"pyfunc_predict_fn is {shown(method)}; pass one of {listing(_METHODS)}."
            )
        if method == "predict_proba" and not hasattr(tagger, method):
            raise ValueError(
                f"pyfunc_predict_fn is 'predict_proba', but {type(tagger).__name__} has no such "
                f"method. Fit it inside CalibratedTaggerCV."
            )
        self._tagger = tagger
        self._method = method

    def get_raw_model(self) -> Any:
        """Return the tagger; MLflow calls it."""
        return self._tagger

    def predict(self, data: Any, params: Any = None) -> Any:
        """Predict for a DataFrame, a list or an array of documents; `params` are MLflow's."""
        pandas = require("pandas", _FEATURE)
        X, index = self._documents(data), getattr(data, "index", None)
        index = index if column_names(data) is not None else None
        if self._method == "predict_labels":
            labels = [list(names) for names in predict_labels(self._tagger, X)]
            return pandas.DataFrame({"labels": labels}, index=index)
        space = known_labels(self._tagger)
        if self._method == "predict" or space is None:
            space, found = predict_indicator(self._tagger, X)
        if self._method == "predict_proba":
            one_label = space.n_labels == 1
            found, _ = label_scores(
                self._tagger, X, ("predict_proba",), one_label=one_label, allow_sparse=True
            )
        dense = found.toarray() if sp.issparse(found) else found
        kind = np.int64 if self._method == "predict" else np.float64
        names = [str(name) for name in space.label_names]
        return pandas.DataFrame(dense.astype(kind), columns=names, index=index)

    def _documents(self, data: Any) -> Any:
        """Take the texts of a table or of an array with one column; other X pass as they are."""
        columns = column_names(data)
        if not takes_texts(self._tagger):
            return data
        if columns is None:
            return data[:, 0] if np.shape(data)[1:] == (1,) else data
        if len(columns) != 1:
            raise ValueError(
                f"The data have the columns {listing(columns)}; this tagger takes texts. Pass a "
                f"DataFrame with the one column that holds them."
            )
        return table_values(data)[:, 0]
