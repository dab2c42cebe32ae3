"""The bundled corpus of support messages."""

from importlib import resources
from typing import Any

from sklearn.utils import Bunch

from .._runtime.optional import require
from ._bunch import TextBunch
from ._label_column_csv import read_label_column_csv

LABEL_NAMES = [
    "accessibility",
    "account",
    "billing",
    "cancellation",
    "damaged",
    "delivery",
    "feature_request",
    "praise",
    "refund",
    "technical",
]


def load_support_tickets(
    *, return_X_y: bool = False, as_frame: bool = False
) -> Bunch | tuple[Any, Any]:
    """Load the bundled corpus of support messages (multi-label classification).

    More than 600 messages to the support desk of an imaginary shop, each written by hand for this
    project, with 10 labels. A message has 0 to 4 labels; one label, ``accessibility``, is rare
    (15 to 25 messages). `DESCR` describes every label. The corpus is in the public domain (CC0).

    Parameters
    ----------
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Whether `data` is a pandas Series, and `target` and `frame` are pandas DataFrames.

    Returns
    -------
    bunch : Bunch
        Dictionary-like object with these attributes:

        data : list of str, or Series
            The messages, 5 to 80 words each.
        target : ndarray of shape (n_samples, 10), dtype int64, or DataFrame
            Label indicator of 0 and 1.
        target_names : list of str
            Names of the columns of `target`.
        label_sets : list of tuple of str
            Names of the labels of every message.
        frame : DataFrame or None
            Only with ``as_frame=True``: the column ``text``, and one column per label.
        DESCR : str
            Description of the corpus and its labels.
        filename : str
            The file of the corpus.

    (data, target) : tuple
        Only with ``return_X_y=True``.

    Raises
    ------
    MissingExtraError
        If ``as_frame=True`` and pandas is not installed.

    See Also
    --------
    make_multilabel_text : Any number of generated texts.

    Examples
    --------
    >>> from skmultitext.datasets import load_support_tickets
    >>> tickets = load_support_tickets()
    >>> tickets.target_names[:4]
    ['accessibility', 'account', 'billing', 'cancellation']
    >>> texts, Y = load_support_tickets(return_X_y=True)
    >>> len(texts) == len(Y) > 600
    True
    """
    folder = resources.files(__package__) / "data"
    with resources.as_file(folder / "support_tickets.csv") as path:
        bunch = read_label_column_csv(path, label_separator=" ", label_names=LABEL_NAMES)
    bunch.DESCR = (folder / "README.md").read_text(encoding="utf-8")
    if as_frame:
        bunch = _with_frame(bunch)
    return (bunch.data, bunch.target) if return_X_y else bunch


def _with_frame(bunch: Bunch) -> TextBunch:
    """Convert a Bunch to pandas: `data` to a Series, `target` and `frame` to DataFrames."""
    pandas = require("pandas", "as_frame=True")
    target = pandas.DataFrame(bunch.target, columns=bunch.target_names)
    data = pandas.Series(bunch.data, name="text")
    frame = pandas.concat([data, target], axis=1)
    return TextBunch(**{**bunch, "data": data, "target": target, "frame": frame})
