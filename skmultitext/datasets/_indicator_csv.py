"""Reader of CSV/TSV files with one 0/1 column a label."""

from ._bunch import bunch_of_rows
from ._csv_table import CsvTable
from ._lines import file_error
from ._rows import BadRowError, Row, SkippedRows

# what CSV writers put for 0/1 columns of int, float and bool
FLAG_OF_CELL = {"0": 0, "0.0": 0, "False": 0, "1": 1, "1.0": 1, "True": 1, "-1": -1, "-1.0": -1}


def read_indicator_csv(
    path,
    *,
    labels_path=None,
    text_column="text",
    label_columns=None,
    id_column=None,
    delimiter=None,
    quoting=None,
    unlabeled="drop",
    on_bad_row="raise",
):
    r"""Read a CSV or TSV file with a text column and one 0/1 column a label.

    This is the layout of the Kaggle toxic comment challenge [1]_:
    ``id,comment_text,toxic,severe_toxic,...``. Its test set comes as two files, the texts and the
    labels; pass the second as `labels_path`, and the rows are joined by id.

    Parameters
    ----------
    path : str or os.PathLike
        UTF-8 file, plain or gzip, whose first row names the columns.
    labels_path : str or os.PathLike or None, default=None
        File with the id and label columns, if they do not stand beside the texts. Its rows may
        come in any order, one for each id in `path`; its labels are held in memory.
    text_column : str, default="text"
        Name of the column of texts.
    label_columns : list of str or None, default=None
        Names of the 0/1 columns, in the order wanted. None takes every column other than
        `text_column` and `id_column`.
    id_column : str or None, default=None
        Name of the column of ids. Needed with `labels_path`.
    delimiter : str of one character, or None, default=None
        Character between two fields. None: a tab if the name ends in ``.tsv`` or ``.tsv.gz``,
        else a comma.
    quoting : bool or None, default=None
        Whether a field may stand in double quotes, and then hold delimiters and line ends.
        None: True unless the delimiter is a tab.
    unlabeled : {"drop", "raise"}, default="drop"
        What to do with rows where a label is -1, which says that the row was not labelled: leave
        them out with one counted warning, or stop.
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
            Names of the labels of every text.
        ids : list of str
            Id of every text. Only with `id_column`.
        frame : None
            Here for the same attributes as in `load_support_tickets`.
        DESCR : str
            Description of the data set.
        filename : str
            The file of texts.

    Raises
    ------
    DataFileError
        If a row cannot be read, a column is missing or stands twice, the file is empty or
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
    skipped = SkippedRows(on_bad_row, unlabeled)
    label_columns = _list_of_columns(label_columns)
    _check_columns(text_column, label_columns, id_column, labels_path)
    table = CsvTable(path, delimiter, quoting, skipped)
    if labels_path is None:
        label_names, rows = _rows_of_one_file(table, text_column, label_columns, id_column)
    else:
        labels_table = CsvTable(labels_path, delimiter, quoting, skipped)
        label_names, rows = _rows_of_two_files(
            table, labels_table, text_column, label_columns, id_column
        )
    return bunch_of_rows(rows, label_names, skipped, table.path)


def _list_of_columns(label_columns):
    """Return the names as a list, also where an array or the columns of a DataFrame came in."""
    if isinstance(label_columns, str):
        raise ValueError(
            f"label_columns must be a list of names, got the str {label_columns!r}; "
            f"pass [{label_columns!r}]"
        )
    if label_columns is None:
        return None
    label_columns = list(label_columns)
    if not label_columns:
        raise ValueError("label_columns is empty; pass at least one name, or None")
    return label_columns


def _check_columns(text_column, label_columns, id_column, labels_path):
    named = [text_column, *(label_columns or []), *([] if id_column is None else [id_column])]
    for position, name in enumerate(named):
        if name in named[:position]:
            raise ValueError(
                f"text_column, label_columns and id_column name {name!r} twice; "
                "each column has one role"
            )
    if labels_path is not None and id_column is None:
        raise ValueError("labels_path needs id_column, the column by which the files are joined")


def _label_positions(table, label_columns, others):
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
        message = f"no label column beside {' and '.join(map(repr, others))}"
        raise file_error(table.path, 1, message)
    return {str(name): table.position(name, "label_columns") for name in label_columns}


def _labels(table, line, fields, positions):
    """Return the names of the labels of a record, or None if it is labelled -1."""
    names = []
    for name, position in positions.items():
        flag = FLAG_OF_CELL.get(fields[position].strip())
        if flag is None:
            raise BadRowError(
                f"column {name!r} holds {fields[position]!r}, not 0, 1 or -1; if it is not a "
                "label, name it in id_column, or name the labels in label_columns"
            )
        if flag == -1:
            table.skipped.add_unlabeled(table.path, line, name)
            return None
        if flag:
            names.append(name)
    return tuple(names)


def _rows_of_one_file(table, text_column, label_columns, id_column):
    """Return the label names, and a generator of Row."""
    others = [text_column] if id_column is None else [text_column, id_column]
    text = table.position(text_column, "text_column")
    id_ = None if id_column is None else table.position(id_column, "id_column")
    positions = _label_positions(table, label_columns, others)

    def parse(line, fields):
        labels = _labels(table, line, fields, positions)
        if labels is None:
            return None
        return Row(line, fields[text], labels, None if id_ is None else fields[id_])

    return list(positions), table.rows(parse)


def _rows_of_two_files(table, labels_table, text_column, label_columns, id_column):
    """Return the label names, and a generator of Row joined by id, in the order of the texts."""
    text = table.position(text_column, "text_column")
    id_ = table.position(id_column, "id_column")
    label_id = labels_table.position(id_column, "id_column")
    positions = _label_positions(labels_table, label_columns, [text_column, id_column])
    path, labels_path = table.path, labels_table.path

    def rows():
        line_of_id, labels_of_id = {}, {}
        line_of_text = {}
        n_texts, without_labels = 0, []

        def parse_labels(line, fields):
            key = fields[label_id]
            if key in line_of_id:
                raise BadRowError(f"id {key!r} stands in line {line_of_id[key]} already")
            labels_of_id[key] = _labels(labels_table, line, fields, positions)
            line_of_id[key] = line

        def parse_text(line, fields):
            nonlocal n_texts
            n_texts += 1
            key = fields[id_]
            if key in line_of_text:
                raise BadRowError(f"id {key!r} stands in line {line_of_text[key]} already")
            if key not in labels_of_id:
                without_labels.append((line, key))
                return None
            line_of_text[key] = line
            labels = labels_of_id[key]
            return None if labels is None else Row(line, fields[text], labels, key)

        for _ in labels_table.rows(parse_labels):
            pass
        yield from table.rows(parse_text)

        # told at the end, when both lengths are known
        lengths = f"({n_texts} texts, {len(line_of_id)} rows of labels)"
        for line, key in without_labels:
            problem = f"id {key!r} has no readable row in {labels_path} {lengths}"
            table.skipped.add_bad(path, line, problem)
        for key, line in line_of_id.items():
            if key not in line_of_text:
                problem = f"id {key!r} has no readable row in {path} {lengths}"
                table.skipped.add_bad(labels_path, line, problem)

    return list(positions), rows()
