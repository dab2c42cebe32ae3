"""The Bunch that every loader, generator and reader returns."""

from array import array

import numpy as np
from sklearn.utils import Bunch

from .._optional import require
from ._lines import file_error


def make_bunch(data, target, target_names, *, DESCR, filename=None, ids=None):
    """Return the Bunch of a data set.

    Parameters
    ----------
    data : list of str
        The texts.
    target : ndarray of shape (n_samples, n_labels), dtype int64
        Label indicator of 0 and 1.
    target_names : list of str
        Names of the columns of `target`.
    DESCR : str
        Description of the data set.
    filename : str or None, default=None
        File that the texts come from.
    ids : list of str or None, default=None
        Id of every text, where the file has ids.

    Returns
    -------
    Bunch
        With ``data, target, target_names, label_sets, DESCR, frame, filename``, and ``ids``
        where there are any.
    """
    bunch = Bunch(
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


def label_sets_of(target, target_names):
    """Return the label names of every row of an indicator, a list of tuples of str."""
    rows, columns = np.nonzero(target)
    ends = np.cumsum(np.bincount(rows, minlength=len(target))).tolist()
    names = [target_names[column] for column in columns.tolist()]
    return [tuple(names[a:b]) for a, b in zip([0, *ends[:-1]], ends, strict=True)]


def numbered_label_names(n_labels):
    """Return ``label_0, label_1, ...``, padded so that their order is also the sorted one."""
    width = len(str(n_labels - 1))
    return [f"label_{label:0{width}d}" for label in range(n_labels)]


def with_frame(bunch):
    """Return the Bunch with pandas objects: `data` a Series, `target` and `frame` DataFrames."""
    pandas = require("pandas", "as_frame=True")
    target = pandas.DataFrame(bunch.target, columns=bunch.target_names)
    data = pandas.Series(bunch.data, name="text")
    return Bunch(
        **{
            **bunch,
            "data": data,
            "target": target,
            "frame": pandas.concat([data, target], axis=1),
        }
    )


def bunch_of_rows(rows, label_names, skipped, path):
    """Read all rows into a Bunch, and warn of those that were left out.

    Parameters
    ----------
    rows : iterable of Row
        The rows of the file.
    label_names : list of str or None
        The labels in the order of the columns of `target`; None: the labels found, sorted.
    skipped : SkippedRows
        Counts the rows that were left out.
    path : str
        The file, for messages and as `filename`.

    Returns
    -------
    Bunch
        See `make_bunch`.

    Raises
    ------
    DataFileError
        If no row is left.
    """
    data, ids = [], []
    column_of_label = {}  # of labels in the order in which they turn up
    cells, ends = array("q"), array("q", [0])
    for row in rows:
        data.append(row.text)
        ids.append(row.id)
        for label in row.labels:
            cells.append(column_of_label.setdefault(label, len(column_of_label)))
        ends.append(len(cells))
    if not data:
        raise _no_rows_error(skipped, path)
    skipped.warn(path)

    names = sorted(column_of_label) if label_names is None else label_names
    final_column = {name: column for column, name in enumerate(names)}
    columns = np.array([final_column[label] for label in column_of_label], dtype=np.int64)
    target = np.zeros((len(data), len(names)), dtype=np.int64)
    target[np.repeat(np.arange(len(data)), np.diff(ends)), columns[np.asarray(cells)]] = 1
    return make_bunch(
        data,
        target,
        names,
        DESCR=f"{len(data)} texts with {len(names)} labels, read from {path}",
        filename=path,
        ids=None if ids[0] is None else ids,
    )


def _no_rows_error(skipped, path):
    if skipped.n_bad:
        problem = "no row could be read"
        if skipped.n_unlabeled:
            counts = f"{skipped.n_unlabeled} labelled -1, {skipped.n_bad} not readable"
            problem = f"no row is left ({counts})"
        return file_error(path, 1, f"{problem}; the first problem is {skipped.first_bad}")
    if skipped.n_unlabeled:
        return file_error(path, 1, f"all {skipped.n_unlabeled} rows are labelled -1; none is left")
    return file_error(path, 1, "the file has no rows; check that this is the right file")
