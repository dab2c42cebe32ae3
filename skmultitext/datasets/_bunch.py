"""The Bunch that every loader, generator and reader returns."""

from array import array

import numpy as np
import scipy.sparse as sp
from sklearn.utils import Bunch

from .._gate.types import FloatArray, IntArray
from .._runtime.memory import refuse_too_large
from ..exceptions import DataFileError
from ._lines import file_error
from ._rows import OpenRows, SkippedRows

_LARGEST_DENSE = 2**27  # cells of 8 bytes: 1 GiB
UNKNOWN_BYTES = 64.0  # for each unknown label of a row, while they are put into the indicator


class TextBunch(Bunch):
    """A Bunch whose `repr` summarises its contents instead of printing every text."""

    def __repr__(self) -> str:
        return (
            f"<Bunch with n_samples={len(self.data)}, n_labels={len(self.target_names)}; "
            f"attributes: {', '.join(self)}>"
        )


def make_bunch(
    data: list[str],
    target: IntArray | FloatArray | sp.csr_array,
    target_names: list[str],
    *,
    DESCR: str,
    filename: str | None = None,
    ids: list[str] | None = None,
) -> TextBunch:
    """Make the Bunch of a data set; it has `ids` only if there are any."""
    bunch = TextBunch(
        data=data,
        target=target,
        target_names=target_names,
        label_sets=label_sets_of(target, target_names),
        frame=None,
        DESCR=DESCR,
        filename=filename,
    )
    if ids is not None:
        bunch.ids = ids
    return bunch


def label_sets_of(
    target: IntArray | FloatArray | sp.csr_array, target_names: list[str]
) -> list[tuple[str, ...]]:
    """Return the label names of every row of an indicator; unknown labels are not among them."""
    given = target == 1 if target.dtype.kind == "f" else target
    rows, columns = given.nonzero()
    ends = np.cumsum(np.bincount(rows, minlength=target.shape[0])).tolist()
    names = [target_names[column] for column in columns.tolist()]
    return [tuple(names[a:b]) for a, b in zip([0, *ends[:-1]], ends, strict=True)]


def bunch_of_rows(opened: OpenRows, path: str) -> TextBunch:
    """Read all rows into a Bunch, and warn about rows that were left out."""
    label_names, rows, skipped = opened
    data: list[str] = []
    ids: list[str | None] = []
    column_of_label: dict[str, int] = {}  # in the order of first occurrence
    cells, ends = array("q"), array("q", [0])
    unknown_rows, unknown_cells = array("q"), array("q")
    rows_unknown = array("q")  # no label is known
    for _, text, labels, id_, unknown_labels in rows:
        data.append(text)
        ids.append(id_)
        for label in labels:
            cells.append(column_of_label.setdefault(label, len(column_of_label)))
        ends.append(len(cells))
        if unknown_labels is None:
            rows_unknown.append(len(data) - 1)
            continue
        for label in unknown_labels:
            unknown_rows.append(len(data) - 1)
            unknown_cells.append(column_of_label.setdefault(label, len(column_of_label)))
    if not data:
        raise _no_rows_error(skipped, path)
    skipped.warn(path)

    names = sorted(column_of_label) if label_names is None else label_names
    final_column = {name: column for column, name in enumerate(names)}
    columns = np.array([final_column[label] for label in column_of_label], dtype=np.int64)
    target = _indicator(columns[np.asarray(cells)], np.asarray(ends), len(names))
    if skipped.keep_unknown:
        unknown = np.asarray(unknown_rows), columns[np.asarray(unknown_cells)]
        target = _with_unknown(target, unknown, np.asarray(rows_unknown))
    return make_bunch(
        data,
        target,
        names,
        DESCR=f"{len(data)} texts with {len(names)} labels, read from {path}",
        filename=path,
        ids=[id_ for id_ in ids if id_ is not None] or None,
    )


def is_large(shape: tuple[int, int]) -> bool:
    """Whether a dense indicator would take more than 1 GiB."""
    return shape[0] * shape[1] > _LARGEST_DENSE


def _indicator(columns: IntArray, ends: IntArray, n_labels: int) -> IntArray | sp.csr_array:
    """Make an indicator from the column numbers of each row, which may repeat."""
    shape = (len(ends) - 1, n_labels)
    if not is_large(shape):
        target = np.zeros(shape, dtype=np.int64)
        target[np.repeat(np.arange(shape[0]), np.diff(ends)), columns] = 1
        return target
    target = sp.csr_array((np.ones(len(columns), dtype=np.int64), columns, ends), shape=shape)
    target.sum_duplicates()
    target.data[:] = 1
    return target


def _with_unknown(
    target: IntArray | sp.csr_array, unknown: tuple[IntArray, IntArray], rows: IntArray
) -> FloatArray | sp.csr_array:
    """Convert to floats, with NaN in the places `unknown` and in all of `rows`."""
    if not sp.issparse(target):
        target = target.astype(np.float64)
        target[unknown] = np.nan
        target[rows] = np.nan
        return target
    n_labels = target.shape[1]
    refuse_too_large(
        f"An indicator with {len(rows)} rows of which none of the {n_labels} labels is known",
        UNKNOWN_BYTES * len(rows) * n_labels,
        "Leave these rows out of the file: nothing is learned from them.",
    )
    in_rows = np.concatenate([unknown[0], np.repeat(rows, n_labels)])
    in_columns = np.concatenate([unknown[1], np.tile(np.arange(n_labels), len(rows))])
    nans = np.full(len(in_rows), np.nan)
    return target + sp.csr_array((nans, (in_rows, in_columns)), shape=target.shape)


def _no_rows_error(skipped: SkippedRows, path: str) -> DataFileError:
    if skipped.n_bad:
        problem = "no row could be read"
        if skipped.n_unlabeled:
            counts = f"{skipped.n_unlabeled} labelled -1, {skipped.n_bad} not readable"
            problem = f"no row is left ({counts})"
        return file_error(path, 1, f"{problem}; the first problem is {skipped.first_bad}")
    if skipped.n_unlabeled:
        return file_error(path, 1, f"all {skipped.n_unlabeled} rows are labelled -1; none is left")
    return file_error(path, 1, "the file has no rows; check that this is the right file")
