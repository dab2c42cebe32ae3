"""`fit_partitions`: fit a tagger on all partitions."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

import numpy as np
from sklearn.base import BaseEstimator

from .._gate.labels import LabelSpace, position_names, read_names
from .._meta.known_labels import parameter_labels, prefit_estimator
from .._runtime.messages import did_you_mean, listing, shown
from ..exceptions import LabelError
from ..linear._in_parts import Documents, check_solver
from ._engines import Engine, engine_of
from ._out_of_fold import Corpus, check_tagger, fit_tagger
from ._rows import (
    encoded,
    label_cells,
    other_form,
    read_flags,
    read_label_column,
    read_texts,
    read_weights,
)
from ._tagging import labels_of

__all__ = ["fit_partitions"]

Tagger = TypeVar("Tagger", bound=BaseEstimator)

_ADD = "add it to the parameter labels of the tagger"


def fit_partitions(
    tagger: Tagger,
    data: Any,
    *,
    text: str,
    labels: str | Sequence[str],
    sample_weight: str | None = None,
    tol: float = 1e-3,
    max_rounds: int = 200,
) -> Tagger:
    """Fit a tagger on the documents of Dask, Spark or Ray, or of a list of DataFrames.

    The result is what `fit` gives on all documents: the same features, and weights whose objective
    is the lowest up to `tol`. Documents stay where they are. One pass counts their words and
    labels; then every partition holds its features, gets the weights of all labels in each round,
    and returns the gradient of its documents. Memory on the driver grows with the number of
    features, times that of the labels, and not with the number of documents.

    Parameters
    ----------
    tagger : TfidfLogRegTagger, Pipeline, or a tagger around one
        A TfidfLogRegTagger; or a Pipeline of a HashingVectorizer or other transformers that learn
        nothing, a TfidfTransformer if words shall be weighted, and a MultilabelLogisticRegression;
        or a TunedThresholdTaggerCV, CalibratedTaggerCV, FixedThresholdTagger or HierarchicalTagger
        around one of these or around another such tagger. It is fitted in place; `n_jobs`,
        `random_state`, `warm_start`, and `tol` and `max_iter` of the linear tagger are not used.

        The folds of `cv` are whole partitions: an int, or None for 5, with partition i of those
        that have documents in fold ``i % cv``; with "prefit" the partitions are scored only. Their
        documents should be in random order: partitions of different sources or times make worse
        folds. Partitions return histograms of scores, 256 KiB for each label, which resolve a
        probability p to ``p (1 - p) / 512``; more than 512 labels share 128 MiB, down to 64 KiB
        for each, ``p (1 - p) / 128``.
    data : DataFrame of Dask or Spark, Dask Bag of dict, Ray Dataset, or list of pandas.DataFrame
        The documents.
    text : str
        Name of the column, or key, of the texts.
    labels : str or list of str
        The name of one column: lists of label names, or arrays with 0, 1, or null for an unknown
        label, all of one length, whose names are the parameter `labels` of the tagger, or "0", "1",
        ...; null means that nothing is known of a document. Or the names of a column for each
        label, of 0, 1 and null.
    sample_weight : str or None, default=None
        Name of the column of weights, finite and at least 0.
    tol : float, default=1e-3
        Largest duality gap of a label, relative to its objective, in (0, 1): an upper bound of how
        far its objective is above the lowest. Below 1e-6 sums are computed and sent in float64.
    max_rounds : int, default=200
        Maximum number of rounds, at least 1.

    Returns
    -------
    tagger
        `tagger`, fitted. It has one attribute more than after `fit`, `rounds_`, a dict of what the
        fit took: "n_rounds"; "n_bytes_sent", of the weights, one copy for each worker;
        "n_bytes_received", of the sums, from all partitions together; "gap", the largest duality
        gap of a label, relative; "seconds". That of a tagger around others is the total of all
        fits; in a Pipeline, its last step has it.

    Raises
    ------
    ValueError
        If the tagger or a parameter is not legal, no document with a weight above 0 has a known
        label, or there are fewer partitions than folds. What needs the scores of whole documents is
        refused: a callable `objective`, `store_cv_results`, `max_labels` and `at_least_one` of a
        TunedThresholdTaggerCV, and one around a HierarchicalTagger.
    PartitionError
        If a row cannot be read, or a worker has other versions of the libraries than this process.

    Warns
    -----
    ConvergenceWarning
        If a label has not converged in `max_rounds` rounds.

    See Also
    --------
    TfidfLogRegTagger.partial_fit : Learn from batches, in one pass.

    Notes
    -----
    L-BFGS [1]_ for all labels at once, where an evaluation is a round. The duality gap is that of
    the dual variables that belong to the margins of a round. If a worker is lost, the engine
    computes its partitions again from `data`, and the result is the same.

    The sigmoids of the squared hinge are fitted to scores of three models for each label, found in
    the same rounds, that leave out a third of the documents each. The text of a document decides
    its third, so that partitions make no difference, and four times the bytes are sent.

    References
    ----------
    .. [1] J. Nocedal, S. J. Wright, "Numerical optimization", 2nd edition, 2006, algorithm 7.4.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmultitext import TfidfLogRegTagger
    >>> from skmultitext.distributed import fit_partitions
    >>> one = pd.DataFrame({"text": ["my refund", "hello"], "labels": [["refund"], []]})
    >>> two = pd.DataFrame({"text": ["late parcel", "late"], "labels": [["delivery"]] * 2})
    >>> tagger = fit_partitions(TfidfLogRegTagger(), [one, two], text="text", labels="labels")
    >>> tagger.predict_labels(["is it late?"])
    [('delivery',)]
    """
    check_tagger(tagger)
    check_solver(tol, max_rounds)
    engine = engine_of(data)
    names = {"text": text}
    if sample_weight is not None:
        names["sample_weight"] = sample_weight
    engine.check_columns(data, **names)
    space = learn_labels(engine, data, labels, tagger)
    columns = [labels] if isinstance(labels, str) else list(labels)
    frames = engine.frames(data, list(dict.fromkeys([*names.values(), *columns])))
    parts = engine.map(frames, read_documents, names, labels, space.label_names.tolist())
    fit_tagger(Corpus(engine, parts, space, tol, max_rounds), tagger)
    return tagger


class FoundLabels(NamedTuple):
    """The labels of a column."""

    names: set[str]
    places: dict[int | None, tuple[int, int]]  # length of arrays, None: names -> partition, row


def learn_labels(engine: Engine, data: Any, labels: Any, tagger: Any) -> LabelSpace:
    """Find the labels: those that the tagger names, the columns, or those of all lists."""
    known, prefit = parameter_labels(tagger), prefit_estimator(tagger)
    if prefit is not None and labels_of(prefit).has_names:
        known = labels_of(prefit).label_names
    names = None if known is None else read_names("labels", known)
    if isinstance(labels, str):
        engine.check_columns(data, labels=labels)
        cells = engine.map(engine.frames(data, [labels]), find_labels, labels)
        found = engine.reduce(cells, join_labels)
        check_one_form(found)
        lengths = [length for length in found.places if length is not None]
        if lengths:  # arrays
            return LabelSpace.of(names or position_names(lengths[0]), named=names is not None)
        names = names or sorted(found.names)
        if not names:
            raise LabelError(
                f"No document of column {shown(labels)} has a label. Check the column, or set "
                f"the parameter labels of the tagger."
            )
        return LabelSpace.of(names, form="label_sets")
    columns = read_names("labels", labels)
    for name in columns:
        engine.check_columns(data, labels=name)
    outside = [name for name in columns if names is not None and name not in names]
    if outside:
        raise LabelError(
            f"labels names the column {shown(outside[0])}, which is not in the parameter labels "
            f"of the tagger: {listing(names or [])}.{did_you_mean(outside[0], names or [])} "
            f"Correct the name, or add it to the parameter."
        )
    return LabelSpace.of(names or columns)


def check_one_form(found: FoundLabels) -> None:
    """Refuse lists of names beside arrays, and arrays of different lengths."""
    if len(found.places) > 1:
        (first, length), (other, other_length) = sorted(
            ((place, length) for length, place in found.places.items()), key=itemgetter(0)
        )[:2]
        place = f"partition {first[0]}, row {first[1]}"
        raise other_form(*other, other_length, place, length)


# Functions of one partition: they run on the workers.


def find_labels(part: Any, number: int, column: str) -> FoundLabels:
    """Find the label names of one partition, and the forms of its labels."""
    found = FoundLabels(set(), {})
    for row, cell in enumerate(label_cells(part[column].tolist(), number)):
        if cell is not None:
            found.names.update(cell.names or ())
            found.places.setdefault(cell.length, (number, row))
    return found


def join_labels(a: FoundLabels, b: FoundLabels) -> FoundLabels:
    """Join what was found; the first place of a form stays."""
    return FoundLabels(a.names | b.names, {**b.places, **a.places})


def read_documents(
    part: Any, number: int, names: dict[str, str], labels: str | list[str], label_names: list[str]
) -> Documents:
    """Read the documents of one partition."""
    texts = read_texts(part[names["text"]].tolist(), number)
    if isinstance(labels, str):
        truth = read_label_column(part[labels].tolist(), label_names, number, _ADD)
    else:
        table = {name: part[name].tolist() for name in labels}
        truth = np.zeros((len(texts), len(label_names)))
        places = [label_names.index(name) for name in labels]
        truth[:, places] = read_flags(table, labels, len(texts), number)
    weight = None
    if "sample_weight" in names:
        weight = read_weights(part[names["sample_weight"]].tolist(), number)
    return Documents(texts, encoded(truth), weight)
