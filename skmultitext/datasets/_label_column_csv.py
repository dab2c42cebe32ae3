"""Reader of CSV/TSV files with one column that holds all labels of a text."""

from collections.abc import Iterable, Iterator
from numbers import Integral

from sklearn.utils import Bunch

from .._runtime.messages import shown
from ._bunch import bunch_of_rows
from ._csv_table import CsvTable
from ._label_cell import LabelCell
from ._lines import MAX_LINE_BYTES, DataSource, LineReader, name_of
from ._rows import MISSING_WORDS, BadRowError, OpenRows, Row, SkippedRows, resolve_label_names


def read_label_column_csv(
    path: DataSource,
    *,
    text_column: str | int = "text",
    labels_column: str | int = "labels",
    id_column: str | int | None = None,
    header: bool = True,
    label_separator: str = ",",
    label_indices: bool = False,
    label_names: Iterable[str] | DataSource | None = None,
    delimiter: str | None = None,
    quoting: bool | None = None,
    unlabeled: str = "raise",
    on_bad_row: str = "raise",
    encoding: str = "utf-8",
    max_line_bytes: int = MAX_LINE_BYTES,
) -> Bunch:
    r"""Read a CSV or TSV file with a text column and one column of label names or indices.

    This is the layout of GoEmotions [1]_: no header, and in every row a text, the indices of its
    labels separated by commas, and an id; the names of the labels are in a separate file.

    Parameters
    ----------
    path : str, os.PathLike or file object
        The file, plain or gzip; or an open file of bytes or text, which stays open.
    text_column, labels_column : str or int, default="text" and "labels"
        Columns of the texts and of their labels: with ``header=True`` a name, with
        ``header=False`` a position counted from 0.
    id_column : str, int or None, default=None
        Column of ids, by name or position like the others.
    header : bool, default=True
        Whether the first row names the columns.
    label_separator : str, default=","
        Separator of labels; blanks around a label are removed. ``" "`` matches any number of
        blanks. An empty or blank cell means no label. A cell in brackets is read as a list, tuple
        or set of quoted names, as pandas, JSON or numpy writes it, such as
        ``['late', 'broken']``. Missing values such as ``nan``, and names that seem to have another
        separator, are errors unless `label_names` contains them.
    label_indices : bool, default=False
        Whether the labels are indices into `label_names`, counted from 0, instead of names.
    label_names : sequence of str, str, os.PathLike or file object, or None, default=None
        The labels in the order of the columns of `target`, or a file with one name per line. A
        row with another label is a bad row. None takes the labels found, sorted.
        Required with ``label_indices=True``.
    delimiter : str of one character, or None, default=None
        Character between two fields. None: a tab if the name ends in ``.tsv`` or ``.tsv.gz``,
        else a comma.
    quoting : bool or None, default=None
        Whether a field may be in double quotes, and then contain delimiters and line ends.
        None: True unless the delimiter is a tab.
    unlabeled : {"raise", "unknown"}, default="raise"
        How to read a missing value such as ``nan`` or ``NA`` in place of the labels: as an error of
        the row, or as a text of which no label is known: NaN throughout its row of `target`. A
        blank cell means no label.
    on_bad_row : {"raise", "skip"}, default="raise"
        What to do with rows that cannot be read: stop, or skip them, with one warning
        that counts them.
    encoding : str, default="utf-8"
        Encoding of the file, and of a file of `label_names`, such as "utf-16" or "cp1252".
    max_line_bytes : int, default=2**26
        Maximum length of a line or row in bytes (in characters, if an open file reads text), at
        least 1. A longer one is an error, so that a damaged or hostile file cannot fill the
        memory.

    Returns
    -------
    Bunch
        Dictionary-like object with these attributes:

        data : list of str
            The texts.
        target : ndarray or csr_array of shape (n_samples, n_labels), dtype int64
            Label indicator of 0 and 1; sparse if an ndarray would take more than 1 GiB. With
            ``unlabeled="unknown"``, dtype float64 and NaN for unknown labels.
        target_names : list of str
            Names of the columns of `target`.
        label_sets : list of tuple of str
            Names of the labels of every text, in the order of `target_names`.
        ids : list of str
            Id of every text. Only with `id_column`.
        frame : None
            Present so that all loaders return the same attributes.
        DESCR : str
            Description of the data set.
        filename : str
            Name of the file.

    Raises
    ------
    DataFileError
        If a row cannot be read, a column is missing or occurs twice, or the file is empty or
        damaged; the message starts with ``file:line:``.
    ValueError
        If a parameter is outside its legal range.

    Warns
    -----
    SkippedRowsWarning
        If rows were skipped; the message gives their number.

    See Also
    --------
    read_indicator_csv : One 0/1 column per label.

    References
    ----------
    .. [1] D. Demszky, D. Movshovitz-Attias, J. Ko, A. Cowen, G. Nemade and S. Ravi,
       `GoEmotions: A Dataset of Fine-Grained Emotions
       <https://aclanthology.org/2020.acl-main.372>`_, ACL 2020.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skmultitext.datasets import read_label_column_csv
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "train.tsv")
    ...     _ = path.write_text("So sad, but thanks\t0,2\teb1\nOh joy!\t1\teb2\n")
    ...     train = read_label_column_csv(
    ...         path,
    ...         header=False,
    ...         text_column=0,
    ...         labels_column=1,
    ...         id_column=2,
    ...         label_indices=True,
    ...         label_names=["sadness", "joy", "gratitude"],
    ...     )
    >>> train.label_sets
    [('sadness', 'gratitude'), ('joy',)]
    >>> train.target
    array([[1, 0, 1],
           [0, 1, 0]])
    """
    opened = open_label_column_csv(
        path,
        text_column,
        labels_column,
        id_column,
        header,
        label_separator,
        label_indices,
        label_names,
        delimiter,
        quoting,
        unlabeled,
        on_bad_row,
        encoding,
        max_line_bytes,
    )
    return bunch_of_rows(opened, name_of(path))


def open_label_column_csv(
    path: DataSource,
    text_column: str | int,
    labels_column: str | int,
    id_column: str | int | None,
    header: bool,
    label_separator: str,
    label_indices: bool,
    label_names: Iterable[str] | DataSource | None,
    delimiter: str | None,
    quoting: bool | None,
    unlabeled: str,
    on_bad_row: str,
    encoding: str,
    max_line_bytes: int,
) -> OpenRows:
    """Open the rows of `read_label_column_csv`."""
    skipped = SkippedRows(on_bad_row, unlabeled)
    columns = {"text_column": text_column, "labels_column": labels_column}
    if id_column is not None:
        columns["id_column"] = id_column
    _check_columns(columns, header)
    names = resolve_label_names(label_names, encoding, max_line_bytes)
    if label_indices and names is None:
        raise ValueError("label_indices=True needs label_names, the names of the indices")
    cell = LabelCell(label_separator, names, label_indices)
    lines = LineReader(path, encoding, max_line_bytes)
    table = CsvTable(lines, delimiter, quoting, skipped, header=header)
    return OpenRows(names, _rows(table, columns, cell), skipped)


def _check_columns(columns: dict[str, str | int], header: bool) -> None:
    for parameter, column in columns.items():
        is_position = isinstance(column, Integral) and not isinstance(column, bool) and column >= 0
        if header and not isinstance(column, str):
            raise ValueError(
                f"{parameter} must be a column name with header=True, got {shown(column)}; "
                "positions are for header=False"
            )
        if not header and not is_position:
            raise ValueError(
                f"{parameter} must be a position counted from 0 with header=False, got "
                f"{shown(column)}"
            )
    if len(set(columns.values())) < len(columns):
        raise ValueError(f"{', '.join(columns)} must be different columns, got {columns}")


def _rows(table: CsvTable, columns: dict[str, str | int], cell: LabelCell) -> Iterator[Row]:
    # look for the columns when the file is opened, not when its rows are read
    position = {parameter: table.position(c, parameter) for parameter, c in columns.items()}
    text, labels = position["text_column"], position["labels_column"]
    id_ = position.get("id_column")

    def parse(line: int, fields: list[str]) -> Row:
        key = None if id_ is None else fields[id_]
        try:
            names = cell.split(line, fields[labels])
        except BadRowError as error:
            if fields[labels].strip() not in MISSING_WORDS:
                raise
            if table.skipped.keep_unknown:
                return Row(line, fields[text], (), key, None)
            message = f"{error}, or pass unlabeled='unknown' if nobody knows its labels"
            raise BadRowError(message) from None
        return Row(line, fields[text], names, key)

    def rows() -> Iterator[Row]:
        yield from table.rows(parse)
        cell.check_separator(table.path)

    return rows()
