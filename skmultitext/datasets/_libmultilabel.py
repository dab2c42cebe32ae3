"""Reader of LibMultiLabel files."""

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


def read_libmultilabel(path, *, label_names=None, on_bad_row="raise"):
    r"""Read a LibMultiLabel file: tab-separated id, labels and text.

    A line is ``ID<TAB>label label<TAB>text`` or, throughout the file, ``label label<TAB>text``
    [1]_. The first line that fits one of the two decides. Quotes are ordinary characters; labels
    are separated by blanks; a blank line is passed over.

    Parameters
    ----------
    path : str or os.PathLike
        UTF-8 file, plain or gzip. Only ``\n`` and ``\r\n`` end a document.
    label_names : sequence of str, str or os.PathLike, or None, default=None
        The labels in the order wanted for the columns of `target`, or the path of a file with one
        name a line. A row with another label is a bad row. None takes the labels found, sorted.
    on_bad_row : {"raise", "skip"}, default="raise"
        What to do with rows that cannot be read: stop, or skip them with one counted warning.

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
            Names of the labels of every text, in the order of `target_names`.
        ids : list of str
            Id of every text. Only where the file has three columns.
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
    .. [1] `LibMultiLabel: Dataset Formats
       <https://www.csie.ntu.edu.tw/~cjlin/libmultilabel/cli/ov_data_format.html>`_.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skmultitext.datasets import read_libmultilabel
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "train.txt")
    ...     _ = path.write_text("2286\tE11 C18\tHurricanes hurt\n2287\tC24\tA refinery closes\n")
    ...     train = read_libmultilabel(path)
    >>> train.ids, train.data
    (['2286', '2287'], ['Hurricanes hurt', 'A refinery closes'])
    >>> train.label_sets
    [('C18', 'E11'), ('C24',)]
    """
    skipped = SkippedRows(on_bad_row)
    names = resolve_label_names(label_names)
    lines = LineReader(path)
    return bunch_of_rows(_rows(lines, names, skipped), names, skipped, lines.path)


def _rows(lines, label_names, skipped):
    """Yield a Row for every readable line."""
    known = None if label_names is None else frozenset(label_names)
    n_columns = first_line = None

    def parse(line, content):
        nonlocal n_columns, first_line
        fields = content.split("\t")
        if n_columns is None and len(fields) in (2, 3):
            n_columns, first_line = len(fields), line
        elif n_columns is None:
            raise BadRowError(
                f"{len(fields)} columns found; a row is ID<TAB>labels<TAB>text or "
                "labels<TAB>text, and a text holds no tab"
            )
        elif len(fields) != n_columns:
            raise BadRowError(
                f"{len(fields)} columns found where line {first_line} has {n_columns}; "
                "a row is ID<TAB>labels<TAB>text or labels<TAB>text, and a text holds no tab"
            )
        *id_, labels, text = fields
        labels = tuple(labels.split())
        check_labels_known(labels, known)
        return Row(line, text, labels, id_[0] if id_ else None)

    yield from parse_rows(lines.path, line_records(lines, skipped), parse, skipped)
