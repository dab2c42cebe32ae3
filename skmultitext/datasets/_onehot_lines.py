"""Reader of one document a line beside a file of one-hot rows."""

from ._bunch import bunch_of_rows, numbered_label_names
from ._lines import LineReader, file_error, strip_line_end
from ._rows import BadRowError, Row, SkippedRows, parse_rows, resolve_label_names


def read_text_and_onehot(text_path, onehot_path, *, label_names=None, on_bad_row="raise"):
    r"""Read a file of one document a line, and its labels from a file of one-hot rows.

    Line 5 of one file belongs to line 5 of the other. A row such as ``1, 0, 0, 1`` has one 0 or 1
    for each label, separated by commas, blanks or both. An empty line among the texts is an empty
    document.

    Parameters
    ----------
    text_path : str or os.PathLike
        UTF-8 file of the texts, plain or gzip. Only ``\n`` and ``\r\n`` end a document.
    onehot_path : str or os.PathLike
        File of the one-hot rows, plain or gzip, with as many lines.
    label_names : sequence of str, str or os.PathLike, or None, default=None
        Names of the columns, or the path of a file with one name a line. None gives
        ``["label_0", "label_1", ...]``, padded with zeros to one length so that sorting keeps
        their order.
    on_bad_row : {"raise", "skip"}, default="raise"
        What to do with rows that cannot be read: stop, or skip them, in both files, with one
        counted warning. Files of different length always stop, because nobody knows which line
        is missing.

    Returns
    -------
    Bunch
        Dictionary-like object with these attributes:

        data : list of str
            The texts.
        target : ndarray of shape (n_samples, n_labels), dtype int64
            Label indicator of 0 and 1.
        target_names : list of str
            Names of the columns of `target`.
        label_sets : list of tuple of str
            Names of the labels of every text.
        frame : None
            Here for the same attributes as in `load_support_tickets`.
        DESCR : str
            Description of the data set.
        filename : str
            The file of texts.

    Raises
    ------
    DataFileError
        If a row cannot be read, the files differ in length, or a file is empty or damaged; the
        message starts with ``file:line:``.
    ValueError
        If a parameter is outside its legal range.

    Warns
    -----
    SkippedRowsWarning
        If rows were skipped; the message gives their number.

    See Also
    --------
    read_indicator_csv : Texts and 0/1 columns in one table.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skmultitext.datasets import read_text_and_onehot
    >>> with TemporaryDirectory() as folder:
    ...     text_path, onehot_path = Path(folder, "texts.txt"), Path(folder, "labels.txt")
    ...     _ = text_path.write_text("late and broken\nthank you\n")
    ...     _ = onehot_path.write_text("1, 1, 0\n0, 0, 1\n")
    ...     bunch = read_text_and_onehot(
    ...         text_path, onehot_path, label_names=["delivery", "damaged", "praise"]
    ...     )
    >>> bunch.label_sets
    [('delivery', 'damaged'), ('praise',)]
    >>> bunch.target
    array([[1, 1, 0],
           [0, 0, 1]])
    """
    skipped = SkippedRows(on_bad_row)
    names = resolve_label_names(label_names) or []  # filled by the first row where empty
    texts, onehots = LineReader(text_path), LineReader(onehot_path)
    rows = _rows(texts, onehots, names, skipped)
    return bunch_of_rows(rows, names, skipped, texts.path)


def _line_pairs(texts, onehots, skipped):
    """Yield ``(line, (text, onehot))`` of two files that must have the same length."""
    text_lines, onehot_lines = iter(texts), iter(onehots)
    while True:
        text, onehot = next(text_lines, None), next(onehot_lines, None)
        if text is None or onehot is None:
            break
        problems = [lines.take_problem() for lines in (texts, onehots)]
        if problems[0]:
            skipped.add_bad(texts.path, texts.number, problems[0])
        elif problems[1]:
            skipped.add_bad(onehots.path, onehots.number, problems[1])
        else:
            yield texts.number, (strip_line_end(text), strip_line_end(onehot))
    for _ in text_lines:
        pass
    for _ in onehot_lines:
        pass
    if texts.number != onehots.number:
        raise file_error(
            texts.path,
            min(texts.number, onehots.number) + 1,
            f"{texts.path} has {texts.number} lines but {onehots.path} has {onehots.number}; "
            "every text needs one row of 0 and 1, so add what is missing "
            "or remove blank lines at the end",
        )


def _rows(texts, onehots, names, skipped):
    """Yield a Row for every readable pair of lines; an empty list `names` is filled in place."""

    def parse(line, pair):
        text, onehot = pair
        if not onehot.strip():
            raise BadRowError("the row is blank; write one 0 or 1 for each label")
        parts = [part.split() for part in onehot.split(",")]
        if [] in parts:
            raise BadRowError(
                "a value is missing before or after a comma; write one 0 or 1 for each label"
            )
        cells = [cell for part in parts for cell in part]
        for cell in cells:
            if cell not in ("0", "1"):
                raise BadRowError(
                    f"{cell!r} is not 0 or 1; write one 0 or 1 for each label, as in 1, 0, 0, 1"
                )
        if not names:
            names.extend(numbered_label_names(len(cells)))
        if len(cells) != len(names):
            raise BadRowError(
                f"{len(cells)} values found, {len(names)} expected, one for each label"
            )
        return Row(line, text, tuple(n for n, c in zip(names, cells, strict=True) if c == "1"))

    yield from parse_rows(onehots.path, _line_pairs(texts, onehots, skipped), parse, skipped)
