"""Reader of fastText files."""

import re

from ._bunch import bunch_of_rows
from ._lines import LineReader
from ._rows import (
    BadRowError,
    Row,
    SkippedRows,
    check_labels_known,
    line_records,
    parse_rows,
    resolve_label_names,
)

TOKEN = re.compile(r"[^ \t]+")


def read_fasttext(path, *, label_prefix="__label__", label_names=None, on_bad_row="raise"):
    r"""Read a fastText file: one document a line, its labels in front of the text.

    A line is ``__label__late __label__broken The parcel came late and ...`` [1]_. A line without
    labels is a text without labels; a blank line is passed over.

    Parameters
    ----------
    path : str or os.PathLike
        UTF-8 file, plain or gzip. Only ``\n`` and ``\r\n`` end a document.
    label_prefix : str, default="__label__"
        What a label starts with; at least one character.
    label_names : sequence of str, str or os.PathLike, or None, default=None
        The labels in the order wanted for the columns of `target`, without prefix, or the path of
        a file with one name a line. A row with another label is a bad row. None takes the labels
        found, sorted.
    on_bad_row : {"raise", "skip"}, default="raise"
        What to do with rows that cannot be read, such as one with a label behind its text: stop,
        or skip them with one counted warning.

    Returns
    -------
    Bunch
        Dictionary-like object with these attributes:

        data : list of str
            The texts, without labels.
        target : ndarray of shape (n_samples, n_labels), dtype int64
            Label indicator of 0 and 1.
        target_names : list of str
            Names of the columns of `target`.
        label_sets : list of tuple of str
            Names of the labels of every text, in the order of `target_names`.
        frame : None
            Here for the same attributes as in `load_support_tickets`.
        DESCR : str
            Description of the data set.
        filename : str
            The file.

    Raises
    ------
    DataFileError
        If a row cannot be read, or the file is empty or damaged; the message starts with
        ``file:line:``.
    ValueError
        If a parameter is outside its legal range.

    Warns
    -----
    SkippedRowsWarning
        If rows were skipped; the message gives their number.

    References
    ----------
    .. [1] `Text classification <https://fasttext.cc/docs/en/supervised-tutorial.html>`_,
       fastText documentation.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skmultitext.datasets import read_fasttext
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "train.txt")
    ...     _ = path.write_text("__label__late __label__broken What a day\n__label__praise Thx\n")
    ...     train = read_fasttext(path)
    >>> train.data
    ['What a day', 'Thx']
    >>> train.target_names
    ['broken', 'late', 'praise']
    >>> train.label_sets
    [('broken', 'late'), ('praise',)]
    """
    skipped = SkippedRows(on_bad_row)
    if not isinstance(label_prefix, str) or not TOKEN.fullmatch(label_prefix):
        raise ValueError(
            f"label_prefix must be a str of 1 or more characters without blanks, "
            f"got {label_prefix!r}"
        )
    names = resolve_label_names(label_names)
    lines = LineReader(path)
    rows = _rows(lines, label_prefix, names, skipped)
    return bunch_of_rows(rows, names, skipped, lines.path)


def _rows(lines, label_prefix, label_names, skipped):
    """Yield a Row for every readable line."""
    known = None if label_names is None else frozenset(label_names)
    later_label = re.compile(rf"[ \t]({re.escape(label_prefix)}[^ \t]*)")

    def parse(line, content):
        labels = []
        text_start = len(content)
        for token in TOKEN.finditer(content):
            if not token[0].startswith(label_prefix):
                text_start = token.start()
                break
            labels.append(token[0].removeprefix(label_prefix))
        if "" in labels:
            raise BadRowError(f"{label_prefix!r} without the name of a label; write it, no blank")
        check_labels_known(labels, known)
        text = content[text_start:]
        if found := later_label.search(text):
            # kept in the text it would give the answer away to the model
            raise BadRowError(f"label {found[1]!r} stands behind the text; put labels in front")
        return Row(line, text, tuple(labels)) if labels or text else None  # None: only blanks

    yield from parse_rows(lines.path, line_records(lines, skipped), parse, skipped)
