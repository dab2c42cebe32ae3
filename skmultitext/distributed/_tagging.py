"""`tag_partitions`: labels for the documents of each partition."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sklearn.utils.validation import check_is_fitted

from .._gate.labels import LabelSpace
from .._meta.known_labels import known_labels
from .._meta.predict_labels import predict_labels
from .._meta.response import label_scores, response_method
from .._runtime.messages import shown
from .._runtime.optional import require
from .._runtime.threads import snapshot
from ._engines import ARROW_TYPES, engine_of
from ._rows import Place, read_texts

__all__ = ["labels_of", "probabilities", "tag_partitions"]


def tag_partitions(
    tagger: Any,
    data: Any,
    *,
    text: str,
    column: str = "labels",
    proba_column: str | None = None,
) -> Any:
    """Tag the documents of Dask, Spark or Ray, or of a list of pandas DataFrames.

    With Dask, Spark and Ray the result is lazy: documents are read and tagged, partition by
    partition, when it is computed or written. The tagger goes to each worker once: as a value of
    Dask's task graph, as a broadcast of Spark, with the function in Ray's object store.

    Parameters
    ----------
    tagger : estimator
        A fitted tagger of texts, or a fitted Pipeline or search with a tagger inside.
    data : DataFrame of Dask or Spark, Dask Bag of dict, Ray Dataset, or list of pandas.DataFrame
        The documents. It is not changed.
    text : str
        Name of the column, or key, of the texts.
    column : str, default="labels"
        Name of the new column: the list of each document's label names, in the order of
        `predict_labels`.
    proba_column : str or None, default=None
        Name of a second new column: the list of the probabilities in [0, 1] of all labels, in the
        order of the tagger's columns. It takes a second prediction.

    Returns
    -------
    DataFrame of Dask or Spark, Dask Bag, Ray Dataset, or list of pandas.DataFrame
        A collection of the type of `data`, with the same partitions, rows and columns, and the new
        ones. Those of DataFrames are lists of strings, and of float64: of pyarrow types in Dask and
        pandas, arrays in Spark.

    Raises
    ------
    ValueError
        If the tagger does not name its labels, `data` is not such a collection, `text` is not one
        of its columns, or a new column is.
    AttributeError
        If `proba_column` is given and the tagger has no `predict_proba`.
    NotFittedError
        If the tagger is not fitted.
    PartitionError
        If a text is missing or not a str, or a worker has other versions of the libraries than this
        process: when the result is computed. Spark then raises its own PythonException, and Ray its
        RayTaskError, whose messages contain this one.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmultitext import TfidfLogRegTagger
    >>> from skmultitext.distributed import tag_partitions
    >>> tagger = TfidfLogRegTagger().fit(["late parcel", "refund"], [["delivery"], ["refund"]])
    >>> parts = [pd.DataFrame({"text": ["my refund"]}), pd.DataFrame({"text": ["late, late"]})]
    >>> [part["labels"].tolist() for part in tag_partitions(tagger, parts, text="text")]
    [[['refund']], [['delivery']]]
    """
    labels_of(tagger)
    engine = engine_of(data)
    engine.check_columns(data, text=text)
    engine.check_new_column(data, "column", column)
    kinds = {column: "names"}
    if proba_column is not None:
        engine.check_new_column(data, "proba_column", proba_column)
        if column == proba_column:
            raise ValueError(
                f"column and proba_column are both {shown(column)}; pass different names."
            )
        response_method(tagger, ["predict_proba"])
        kinds[proba_column] = "numbers"
    require("pyarrow", "tag_partitions", "dask")
    return engine.append(data, text, partial(tag_texts, snapshot(tagger), kinds), kinds)


def tag_texts(
    tagger: Any, kinds: Mapping[str, str], texts: Sequence[Any], number: Place, first: int
) -> dict[str, Any]:
    """Make the new columns of consecutive rows of one partition."""
    pyarrow = require("pyarrow", "tag_partitions", "dask")
    texts = read_texts(texts, number, first)
    new = {}
    for name, kind in kinds.items():
        values: Any = []
        if texts and kind == "names":
            values = list(map(list, predict_labels(tagger, texts)))
        elif texts:
            values = probabilities(tagger, texts).tolist()
        new[name] = pyarrow.array(values, ARROW_TYPES[kind](pyarrow))
    return new


def probabilities(tagger: Any, texts: list[str]) -> Any:
    """Estimate probabilities, (n_samples, n_labels)."""
    one_label = labels_of(tagger).n_labels == 1
    return label_scores(tagger, texts, ["predict_proba"], one_label=one_label)[0]


def labels_of(tagger: Any) -> LabelSpace:
    """Return the labels that a fitted tagger knows."""
    check_is_fitted(tagger)
    space = known_labels(tagger)
    if space is None:
        raise ValueError(
            f"tagger is a {type(tagger).__name__}, which does not name its labels; pass a tagger "
            f"of this package, or an estimator around one."
        )
    return space
