"""Reader of CSV/TSV files with one 0/1 column per label."""

from collections.abc import Iterable, Iterator

from sklearn.utils import Bunch

from .._runtime.messages import shown
from ._bunch import bunch_of_rows
from ._csv_table import CsvTable
from ._lines import MAX_LINE_BYTES, DataSource, LineReader, file_error, name_of
from ._rows import BadRowError, OpenRows, Row, SkippedRows, flag_of_cell, is_missing_cell


def read_indicator_csv(
    path: DataSource,
    *,
    labels_path: DataSource | None = None,
    text_column: str = "text",
    label_columns: Iterable[str] | None = None,
    id_column: str | None = None,
    delimiter: str | None = None,
    quoting: bool | None = None,
    unlabeled: str = "raise",
    on_bad_row: str = "raise",
    encoding: str = "utf-8",
    max_line_bytes: int = MAX_LINE_BYTES,
) -> Bunch:
    r"""Read a CSV or TSV file with a text column and one 0/1 column per label.

    This is the layout of the Kaggle toxic comment challenge [1]_:
    ``id,comment_text,toxic,severe_toxic,...``. Its test set has two files, texts and labels: pass
    the second as `labels_path` to join the rows by id.

    Parameters
    ----------
    path : str, os.PathLike or file object
        The file, plain or gzip, whose first row names the columns;
        or an open file of bytes or text, which stays open.
    labels_path : str, os.PathLike or file object, or None, default=None
        File with the id and label columns, if the labels are not in the file of texts. It has one
        row for each id in `path`, in any order, and its labels are held in memory.
    text_column : str, default="text"
        Name of the column of texts.
    label_columns : list of str or None, default=None
        Names of the 0/1 columns, in the order of `target`. None takes all columns except
        `text_column` and `id_column`.
    id_column : str or None, default=None
        Name of the column of ids. Required with `labels_path`.
    delimiter : str of one character, or None, default=None
        Character between two fields. None: a tab if the name ends in ``.tsv`` or ``.tsv.gz``,
        else a comma.
    quoting : bool or None, default=None
        Whether a field may be in double quotes, and then contain delimiters and line ends.
        None: True unless the delimiter is a tab.
    unlabeled : {"raise", "drop", "unknown"}, default="raise"
        What to do with rows with a -1, which means that nobody labelled them: stop, leave them out,
        with one warning that counts them, or read NaN, which stands for an unknown label. With
        "unknown" cells that are blank or hold a missing value, such as ``nan`` or ``NA``, are NaN
        as well; otherwise they are errors.
    on_bad_row : {"raise", "skip"}, default="raise"
        What to do with rows that cannot be read: stop, or skip them, with one warning
        that counts them.
    encoding : str, default="utf-8"
        Encoding of the files, such as "utf-16" or "cp1252".
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
            Names of the labels of every text, without unknown labels.
        ids : list of str
            Id of every text. Only with `id_column`.
        frame : None
            Present so that all loaders return the same attributes.
        DESCR : str
            Description of the data set.
        filename : str
            Name of the file of texts.

    Raises
    ------
    DataFileError
        If a row cannot be read, a column is missing or occurs twice, the file is empty or
        damaged, or the rows of the two files do not match; the message starts with
        ``file:line:``.
    ValueError
        If a parameter is outside its legal range.

    Warns
    -----
    SkippedRowsWarning
        If rows were skipped or dropped; the message gives their number.

    See Also
    --------
    read_label_column_csv : One column with all the labels of a text.

    References
    ----------
    .. [1] `Toxic Comment Classification Challenge
       <https://www.kaggle.com/c/jigsaw-toxic-comment-classification-challenge/data>`_,
       Kaggle, 2017.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skmultitext.datasets import read_indicator_csv
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "train.csv")
    ...     _ = path.write_text("id,comment_text,toxic,insult\n7a,You fool!,1,1\n7b,Thanks,0,0\n")
    ...     train = read_indicator_csv(path, text_column="comment_text", id_column="id")
    >>> train.data
    ['You fool!', 'Thanks']
    >>> train.target
    array([[1, 1],
           [0, 0]])
    >>> train.target_names, train.label_sets, train.ids
    (['toxic', 'insult'], [('toxic', 'insult'), ()], ['7a', '7b'])
    """
    opened = open_indicator_csv(
        path,
        labels_path,
        text_column,
        label_columns,
        id_column,
        delimiter,
        quoting,
        unlabeled,
        on_bad_row,
        encoding,
        max_line_bytes,
    )
    return bunch_of_rows(opened, name_of(path))


def open_indicator_csv(
    path: DataSource,
    labels_path: DataSource | None,
    text_column: str,
    label_columns: Iterable[str] | None,
    id_column: str | None,
    delimiter: str | None,
    quoting: bool | None,
    unlabeled: str,
    on_bad_row: str,
    encoding: str,
    max_line_bytes: int,
) -> OpenRows:
    """Open the rows of `read_indicator_csv`."""
    skipped = SkippedRows(on_bad_row, unlabeled, ("raise", "drop", "unknown"))
    names = _list_of_columns(label_columns)
    _check_columns(text_column, names, id_column)
    table = CsvTable(LineReader(path, encoding, max_line_bytes), delimiter, quoting, skipped)
    if labels_path is None:
        label_names, rows = _rows_of_one_file(table, text_column, names, id_column)
    elif id_column is None:
        raise ValueError("labels_path needs id_column, the column by which the files are joined")
    else:
        label_lines = LineReader(labels_path, encoding, max_line_bytes)
        labels_table = CsvTable(label_lines, delimiter, quoting, skipped)
        label_names, rows = _rows_of_two_files(table, labels_table, text_column, names, id_column)
    return OpenRows(label_names, rows, skipped)


def _list_of_columns(label_columns: Iterable[str] | None) -> list[str] | None:
    """Return the names as a list, also of an array or of the columns of a DataFrame."""
    if isinstance(label_columns, str):
        raise ValueError(
            f"label_columns must be a list of names, got the str {shown(label_columns)}; "
            f"pass [{shown(label_columns)}]"
        )
    if label_columns is None:
        return None
    label_columns = list(label_columns)
    if not label_columns:
        raise ValueError("label_columns is empty; pass at least one name, or None")
    return label_columns


def _check_columns(
    text_column: str,
    label_columns: list[str] | None,
    id_column: str | None,
) -> None:
    named = [text_column, *(label_columns or []), *([] if id_column is None else [id_column])]
    for position, name in enumerate(named):
        if name in named[:position]:
            raise ValueError(
                f"text_column, label_columns and id_column name {shown(name)} twice; "
                "each column has one role"
            )


def _label_positions(
    table: CsvTable, label_columns: list[str] | None, others: list[str]
) -> dict[str, int]:
    """Return {name: position} of the label columns, by default all but `others`."""
    if label_columns is None:
        label_columns = [name for name in table.header if name not in others]
        if "" in label_columns:
            message = (
                f"column {table.header.index('') + 1} has no name; if it numbers the rows, pass "
                "id_column='', or else name the labels in label_columns"
            )
            raise file_error(table.path, 1, message)
    if not label_columns:
        message = f"no label column besides {' and '.join(map(repr, others))}"
        raise file_error(table.path, 1, message)
    return {str(name): table.position(name, "label_columns") for name in label_columns}


def _labels(
    table: CsvTable, line: int, fields: list[str], positions: dict[str, int]
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Return the names of the given and of the unknown labels of a record; None to drop it."""
    names, unknown = [], []
    keep_unknown = table.skipped.keep_unknown
    for name, position in positions.items():
        flag = flag_of_cell(fields[position])
        if flag == 0:
            continue
        if flag == 1:
            names.append(name)
        elif keep_unknown and (flag == -1 or is_missing_cell(fields[position])):
            unknown.append(name)
        elif flag == -1:
            table.skipped.add_unlabeled(table.path, line, name)
            return None
        else:
            raise BadRowError(
                f"column {shown(name)} is {shown(fields[position])}, not 0, 1 or -1; if it is "
                "not a label, name it in id_column, or name the labels in label_columns; where a "
                "value is missing, pass unlabeled='unknown' to read NaN, write 0, or -1 for a row "
                "that was not labelled"
            )
    return tuple(names), tuple(unknown)


def _rows_of_one_file(
    table: CsvTable, text_column: str, label_columns: list[str] | None, id_column: str | None
) -> tuple[list[str], Iterator[Row]]:
    others = [text_column] if id_column is None else [text_column, id_column]
    text = table.position(text_column, "text_column")
    id_ = None if id_column is None else table.position(id_column, "id_column")
    positions = _label_positions(table, label_columns, others)

    def parse(line: int, fields: list[str]) -> Row | None:
        labels = _labels(table, line, fields, positions)
        if labels is None:
            return None
        return Row(line, fields[text], labels[0], None if id_ is None else fields[id_], labels[1])

    return list(positions), table.rows(parse)


def _rows_of_two_files(
    table: CsvTable,
    labels_table: CsvTable,
    text_column: str,
    label_columns: list[str] | None,
    id_column: str,
) -> tuple[list[str], Iterator[Row]]:
    """Join rows by id, in the order of the texts."""
    text = table.position(text_column, "text_column")
    id_ = table.position(id_column, "id_column")
    label_id = labels_table.position(id_column, "id_column")
    positions = _label_positions(labels_table, label_columns, [text_column, id_column])
    path, labels_path = table.path, labels_table.path

    def rows() -> Iterator[Row]:
        line_of_id: dict[str, int] = {}
        labels_of_id: dict[str, tuple[tuple[str, ...], tuple[str, ...]] | None] = {}
        line_of_text: dict[str, int] = {}
        without_labels: list[tuple[int, str]] = []
        n_texts = 0

        def parse_labels(line: int, fields: list[str]) -> None:
            key = fields[label_id]
            if key in line_of_id:
                raise BadRowError(f"id {shown(key)} is already on line {line_of_id[key]}")
            labels_of_id[key] = _labels(labels_table, line, fields, positions)
            line_of_id[key] = line

        def parse_text(line: int, fields: list[str]) -> Row | None:
            nonlocal n_texts
            n_texts += 1
            key = fields[id_]
            if key in line_of_text:
                raise BadRowError(f"id {shown(key)} is already on line {line_of_text[key]}")
            if key not in labels_of_id:
                without_labels.append((line, key))
                return None
            line_of_text[key] = line
            labels = labels_of_id[key]
            return None if labels is None else Row(line, fields[text], labels[0], key, labels[1])

        for _ in labels_table.rows(parse_labels):
            pass
        yield from table.rows(parse_text)

        # raised at the end, when both lengths are known
        lengths = f"({n_texts} texts, {len(line_of_id)} rows of labels)"
        for line, key in without_labels:
            problem = f"id {shown(key)} has no readable row in {labels_path} {lengths}"
            table.skipped.add_bad(path, line, problem)
        for key, line in line_of_id.items():
            if key not in line_of_text:
                problem = f"id {shown(key)} has no readable row in {path} {lengths}"
                table.skipped.add_bad(labels_path, line, problem)

    return list(positions), rows()
