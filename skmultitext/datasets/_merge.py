"""Merge data sets with different labels into one."""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
import scipy.sparse as sp
from sklearn.utils import Bunch

from .._gate.documents import check_documents
from .._gate.labels import LabelSpace
from .._gate.parameters import check_choice
from .._gate.types import UNKNOWN, BoolArray, FloatArray, IntArray
from .._runtime.memory import refuse_too_large
from .._runtime.messages import listing, shown, warn_caller
from ..exceptions import ContradictoryLabelWarning, LabelError
from ._bunch import UNKNOWN_BYTES, is_large, make_bunch

_CHOICES = ("unknown", "first", "positive", "negative", "raise")
_LETTERS_SHOWN = 40  # characters of a text in a message

Places: TypeAlias = tuple[IntArray, IntArray]  # rows and columns of entries


def merge(*bunches: Bunch, contradictions: str = "unknown") -> Bunch:
    r"""Merge data sets whose labels may differ into one.

    Labels of the same name are one label. A label is unknown (NaN) for the documents of a data set
    that does not have it, not absent. Documents with the same text are one document, also within a
    data set: a label that is known in one place is known.

    Parameters
    ----------
    *bunches : Bunch
        Data sets as readers, loaders and generators return them, at least one; `target` is an
        indicator of 0 and 1, dense, sparse or a DataFrame, with NaN for unknown labels.
    contradictions : {"unknown", "first", "positive", "negative", "raise"}, default="unknown"
        What a label becomes that a document has in one place and does not have in another: unknown;
        as in the first of these places, in the order of `bunches`; 1; 0; or a LabelError.

    Returns
    -------
    Bunch
        Dictionary-like object with these attributes:

        data : list of str
            The texts, in the order in which they first occur.
        target : ndarray or csr_array of shape (n_samples, n_labels)
            Label indicator. If every label is known, 0 and 1 of dtype int64; else dtype float64 and
            NaN for unknown labels. Sparse if one of the targets is, or if an ndarray would take
            more than 1 GiB.
        target_names : list of str
            Names of the columns of `target`, in the order in which they first occur.
        label_sets : list of tuple of str
            Names of the labels of every text, without unknown labels.
        ids : list of str or None
            Id of every text where it first has one, None where it has none; ids of different data
            sets may be equal. Only if a data set has ids.
        contradictions : list of tuple (int, str)
            Row number and label name of every contradiction, ascending by row, then by column.
        frame : None
            Present so that all loaders return the same attributes.
        DESCR : str
            Description of the data set.
        filename : None
            Present for the same reason.

    Raises
    ------
    LabelError
        If a target is not an indicator, does not fit the texts or `target_names`, or with
        ``contradictions="raise"`` if there is a contradiction.
    DocumentError
        If a text is not a str.
    ValueError
        If there is no data set, one of them has no `data`, `target` or `target_names`, or
        `contradictions` is not one of the choices.

    Warns
    -----
    ContradictoryLabelWarning
        If there are contradictions; the message gives their number and the first one.

    See Also
    --------
    read_indicator_csv : Reads files with unknown labels (``unlabeled="unknown"``).

    Notes
    -----
    Merge all data sets in one call: a contradiction that one call has resolved is an ordinary entry
    for the next. In a sparse target every unknown label is stored.

    Examples
    --------
    >>> import io
    >>> from skmultitext.datasets import merge, read_indicator_csv
    >>> mail = io.StringIO("text,late,broken\nIt came late,1,0\nHello,0,0\n")
    >>> chat = io.StringIO("text,late,angry\nIt came late,1,1\nWhere is it,1,0\n")
    >>> both = merge(read_indicator_csv(mail), read_indicator_csv(chat))
    >>> both.data
    ['It came late', 'Hello', 'Where is it']
    >>> both.target_names
    ['late', 'broken', 'angry']
    >>> both.target
    array([[ 1.,  0.,  1.],
           [ 0.,  0., nan],
           [ 1., nan,  0.]])
    """
    check_choice("contradictions", contradictions, _CHOICES)
    if not bunches:
        raise ValueError("merge got no data set. Pass at least one Bunch: merge(a, b).")
    sources = [_read(i, bunch) for i, bunch in enumerate(bunches)]
    row_of_text: dict[str, int] = {}
    column_of_label: dict[str, int] = {}
    for source in sources:
        for text in source.data:
            row_of_text.setdefault(text, len(row_of_text))
        for name in source.target_names:
            column_of_label.setdefault(name, len(column_of_label))
    placed = [
        _Placed(
            source.indicator,
            np.array([row_of_text[text] for text in source.data]),
            np.array([column_of_label[name] for name in source.target_names]),
        )
        for source in sources
    ]
    data, names = list(row_of_text), list(column_of_label)
    shape = (len(data), len(names))
    n_lacking = sum(len(part.rows) * (shape[1] - len(part.columns)) for part in placed)
    refuse_too_large(
        f"The merged target, with {n_lacking} unknown labels of documents whose data set does not "
        f"have them,",
        UNKNOWN_BYTES * n_lacking,
        "Where a label is known to be absent from all documents of a data set, give its target a "
        "column of zeros, as a sparse matrix; or merge fewer labels.",
    )
    positive, unknown, clashes = _combine(placed, shape)

    found = [(int(row), names[column]) for row, column in zip(*clashes, strict=True)]
    if found:
        _report(found, data, contradictions)
    if contradictions == "first":
        given = _first_known(placed, clashes)
    else:
        given = np.full(len(found), contradictions == "positive")
    if contradictions == "unknown":
        unknown = _joined(unknown, clashes)
    else:
        positive = _joined(positive, (clashes[0][given], clashes[1][given]))
    sparse = any(source.is_sparse for source in sources) or is_large(shape)
    described = [str(getattr(bunch, "DESCR", "")).strip().split("\n")[0] for bunch in bunches]
    merged = make_bunch(
        data,
        _target(positive, unknown, shape, sparse),
        names,
        DESCR=f"{len(data)} texts with {len(names)} labels, merged from {len(bunches)} data sets: "
        + "; ".join(filter(None, described)),
        ids=_ids(sources, row_of_text),
    )
    merged.contradictions = found
    return merged


class _Source(NamedTuple):
    """One data set to be merged; UNKNOWN is stored in its int8 indicator."""

    data: list[str]
    target_names: list[str]
    indicator: sp.csr_array
    ids: list[Any] | None
    is_sparse: bool


class _Placed(NamedTuple):
    """An indicator, and the row and the column of the merged indicator for each of its own."""

    indicator: sp.csr_array
    rows: IntArray
    columns: IntArray


def _read(i: int, bunch: Any) -> _Source:
    """Check one of the data sets."""
    where = f"bunches[{i}]"
    if not all(hasattr(bunch, name) for name in ("data", "target", "target_names")):
        raise ValueError(
            f"{where} is a {type(bunch).__name__} without data, target and target_names. Pass a "
            f"Bunch of a reader, or Bunch(data=texts, target=Y, target_names=names)."
        )
    data = check_documents(bunch.data, f"{where}.data")
    try:
        space, indicator = LabelSpace.learn(bunch.target, allow_unknown=True)
    except LabelError as error:
        raise LabelError(f"{where}.target: {error}") from error
    is_flat = space.form == "label_sets" or len(np.shape(bunch.target)) != 2
    if is_flat or set(space.codes.ravel().tolist()) != {0, 1}:
        raise LabelError(
            f"{where}.target is not an indicator of 0 and 1 with one column per label. Pass the "
            f"indicator of label sets, for instance of MultiLabelBinarizer."
        )
    names = list(bunch.target_names)
    if indicator.shape != (len(data), len(names)):
        raise LabelError(
            f"{where}.target has shape {indicator.shape}, but there are {len(data)} texts and "
            f"{len(names)} target_names. Pass one row per text and one column per name."
        )
    if len(set(names)) < len(names) or not all(isinstance(name, str) for name in names):
        raise LabelError(f"{where}.target_names must be different str, got {shown(names)}.")
    if space.named and space.label_names.tolist() != names:
        raise LabelError(
            f"{where}.target has the columns {listing(space.label_names)}, but target_names are "
            f"{listing(names)}. Use the names of the columns, in their order."
        )
    ids = getattr(bunch, "ids", None)
    if ids is not None and len(ids) != len(data):
        raise ValueError(f"{where} has {len(ids)} ids for {len(data)} texts. Pass one per text.")
    ids = None if ids is None else list(ids)
    return _Source(data, names, sp.csr_array(indicator), ids, sp.issparse(bunch.target))


def _combine(placed: list[_Placed], shape: tuple[int, int]) -> tuple[Places, Places, Places]:
    """Find the entries that are positive, those that are unknown, and the contradictions.

    An entry without a known occurrence is unknown, one with positive and negative occurrences a
    contradiction; these are in neither of the other two.
    """
    occurrences = np.bincount(np.concatenate([part.rows for part in placed]), minlength=shape[0])
    positives: list[list[IntArray]] = []
    unknowns: list[list[IntArray]] = []
    for indicator, rows, columns in placed:
        entries = indicator.tocoo()
        places = rows[entries.coords[0]], columns[entries.coords[1]]
        for value, found in ((1, positives), (UNKNOWN, unknowns)):
            found.append([place[entries.data == value] for place in places])
        others = np.setdiff1d(np.arange(shape[1]), columns)  # labels that the source lacks
        unknowns.append([np.repeat(rows, len(others)), np.tile(others, len(rows))])
    n_positive, n_unknown = (_count(found, shape) for found in (positives, unknowns))
    rows, columns = n_unknown.coords
    is_unknown = n_unknown.data == occurrences[rows]
    unknown = rows[is_unknown], columns[is_unknown]
    rows, columns = n_positive.coords
    clash = n_positive.data + _values_at(n_unknown, rows, columns) < occurrences[rows]
    return (rows[~clash], columns[~clash]), unknown, (rows[clash], columns[clash])


def _count(found: list[list[IntArray]], shape: tuple[int, int]) -> sp.coo_array:
    """Count how often each place occurs; the places are ascending by row, then by column."""
    rows, columns = (np.concatenate([part[axis] for part in found]) for axis in (0, 1))
    counts = sp.csr_array((np.ones(len(rows), dtype=np.int64), (rows, columns)), shape=shape)
    counts.sum_duplicates()
    return counts.tocoo()


def _values_at(counts: sp.coo_array, rows: IntArray, columns: IntArray) -> IntArray:
    """Look up entries of a matrix whose places are ascending."""
    keys, wanted = (
        row.astype(np.int64) * counts.shape[1] + column
        for row, column in (counts.coords, (rows, columns))
    )
    if not len(keys):
        return np.zeros(len(wanted), dtype=np.int64)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, counts.data[place], 0)


def _first_known(placed: list[_Placed], clashes: Places) -> BoolArray:
    """Whether the first known occurrence of each contradiction is positive."""
    given = np.zeros(len(clashes[0]), dtype=bool)
    open_: dict[int, dict[int, int]] = {}  # row -> column -> number of the contradiction
    for k, (row, column) in enumerate(zip(*clashes, strict=True)):
        open_.setdefault(int(row), {})[int(column)] = k
    for indicator, rows, columns in placed:
        own = {column: j for j, column in enumerate(columns.tolist())}
        for i in np.flatnonzero(np.isin(rows, clashes[0])):
            undecided, part = open_[int(rows[i])], indicator[[i]]
            stored = dict(zip(part.indices.tolist(), part.data.tolist(), strict=True))
            for column in [column for column in undecided if column in own]:
                value = stored.get(own[column], 0)
                if value != UNKNOWN:
                    given[undecided.pop(column)] = value == 1
    return given


def _joined(places: Places, more: Places) -> Places:
    return np.concatenate([places[0], more[0]]), np.concatenate([places[1], more[1]])


def _target(
    positive: Places, unknown: Places, shape: tuple[int, int], sparse: bool
) -> IntArray | FloatArray | sp.csr_array:
    """Make the indicator: int64, or float64 if there are unknown entries."""
    dtype: Any = np.float64 if len(unknown[0]) else np.int64
    if not sparse:
        target: Any = np.zeros(shape, dtype=dtype)
        target[positive] = 1
        if len(unknown[0]):
            target[unknown] = np.nan
        return target
    values = np.concatenate([np.ones(len(positive[0])), np.full(len(unknown[0]), np.nan)])
    target = sp.csr_array((values.astype(dtype), _joined(positive, unknown)), shape=shape)
    target.sort_indices()
    return target


def _ids(sources: list[_Source], row_of_text: dict[str, int]) -> list[Any] | None:
    """List the first id of every text; None if there are no ids at all."""
    if all(source.ids is None for source in sources):
        return None
    ids: list[Any] = [None] * len(row_of_text)
    for source in sources:
        for text, id_ in zip(source.data, source.ids or [], strict=source.ids is not None):
            row = row_of_text[text]
            ids[row] = id_ if ids[row] is None else ids[row]
    return ids


def _report(found: list[tuple[int, str]], data: list[str], contradictions: str) -> None:
    """Warn of contradictions, or refuse them."""
    row, name = found[0]
    text = data[row] if len(data[row]) <= _LETTERS_SHOWN else f"{data[row][:_LETTERS_SHOWN]}..."
    problem = (
        f"{len(found)} label(s) of {len({row for row, _ in found})} document(s) are 1 in one place "
        f"and 0 in another; the first is {shown(name)} of {shown(text)}"
    )
    if contradictions == "raise":
        raise LabelError(
            f"The data sets contradict each other: {problem}. Correct them, or pass "
            f"contradictions='unknown', 'first', 'positive' or 'negative'."
        )
    warn_caller(
        f"{problem}. They are resolved by contradictions={shown(contradictions)}; the attribute "
        f"contradictions lists them.",
        ContradictoryLabelWarning,
    )
