"""Reader of CSV/TSV files with one column that holds all labels of a text."""

import re
from numbers import Integral

from ._bunch import bunch_of_rows
from ._csv_table import CsvTable
from ._rows import BadRowError, Row, SkippedRows, check_labels_known, resolve_label_names


def read_label_column_csv(
    path,
    *,
    text_column="text",
    labels_column="labels",
    id_column=None,
    header=True,
    label_separator=",",
    label_indices=False,
    label_names=None,
    delimiter=None,
    quoting=None,
    on_bad_row="raise",
):
    r"""Read a CSV or TSV file with a text column and one column of label names or indices.

    This is the layout of GoEmotions [1]_: no header, and in every row a text, the indices of its
    labels separated by commas, and an id, with the names of the labels in a file of their own.

    Parameters
    ----------
    path : str or os.PathLike
        UTF-8 file, plain or gzip.
    text_column, labels_column : str or int, default="text" and "labels"
        Columns of the texts and of their labels: with ``header=True`` a name, with
        ``header=False`` a position counted from 0.
    id_column : str, int or None, default=None
        Column of ids, in the same way.
    header : bool, default=True
        Whether the first row names the columns.
    label_separator : str, default=","
        What stands between two labels; blanks around a label are removed. ``" "`` stands for any
        number of blanks. A cell that is empty or blank means no label.
    label_indices : bool, default=False
        Whether the labels are indices into `label_names`, counted from 0, instead of names.
    label_names : sequence of str, str or os.PathLike, or None, default=None
        The labels in the order wanted for the columns of `target`, or the path of a file with one
        name a line. A row with another label is a bad row. None takes the labels found, sorted;
        with ``label_indices=True`` it must be given.
    delimiter : str of one character, or None, default=None
        Character between two fields. None: a tab if the name ends in ``.tsv`` or ``.tsv.gz``,
        else a comma.
    quoting : bool or None, default=None
        Whether a field may stand in double quotes, and then hold delimiters and line ends.
        None: True unless the delimiter is a tab.
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
            Id of every text. Only with `id_column`.
        frame : None
            Here for the same attributes as in `load_support_tickets`.
        DESCR : str
            Description of the data set.
        filename : str
            The file.

    Raises
    ------
    DataFileError
        If a row cannot be read, a column is missing or stands twice, or the file is empty or
        damaged; the message starts with ``file:line:``.
    ValueError
        If a parameter is outside its legal range.

    Warns
    -----
    SkippedRowsWarning
        If rows were skipped; the message gives their number.

    See Also
    --------
    read_indicator_csv : One 0/1 column a label.

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
    skipped = SkippedRows(on_bad_row)
    columns = {"text_column": text_column, "labels_column": labels_column}
    if id_column is not None:
        columns["id_column"] = id_column
    _check_columns(columns, header)
    if not isinstance(label_separator, str) or not label_separator:
        raise ValueError(f"label_separator must be a str of 1 or more, got {label_separator!r}")
    names = resolve_label_names(label_names)
    if label_indices and names is None:
        raise ValueError("label_indices=True needs label_names, the names the indices stand for")
    split_labels = _LabelCell(label_separator, names, label_indices).split
    table = CsvTable(path, delimiter, quoting, skipped, header=header)
    rows = _rows(table, columns, split_labels)
    return bunch_of_rows(rows, names, skipped, table.path)


def _check_columns(columns, header):
    for parameter, column in columns.items():
        is_position = isinstance(column, Integral) and not isinstance(column, bool) and column >= 0
        if header and not isinstance(column, str):
            raise ValueError(
                f"{parameter} must be a column name with header=True, got {column!r}; "
                "positions are for header=False"
            )
        if not header and not is_position:
            raise ValueError(
                f"{parameter} must be a position counted from 0 with header=False, got {column!r}"
            )
    if len(set(columns.values())) < len(columns):
        raise ValueError(f"{', '.join(columns)} must be different columns, got {columns}")


class _LabelCell:
    """Split the cell with the labels of a text into label names."""

    def __init__(self, separator, label_names, indices):
        self.separator = None if separator.isspace() else separator
        self.label_names = label_names
        self.known = None if label_names is None else frozenset(label_names)
        self.indices = indices

    def split(self, cell):
        """Return the label names in `cell`, a tuple of str, or raise a BadRowError."""
        if not cell or cell.isspace():
            return ()
        labels = tuple(label.strip() for label in cell.split(self.separator))
        if "" in labels:
            raise BadRowError(
                f"the labels {cell!r} have an empty one; "
                f"separate labels by one {self.separator!r} each"
            )
        if self.indices:
            return tuple(map(self._name_of_index, labels))
        check_labels_known(labels, self.known)
        return labels

    def _name_of_index(self, label):
        # int() would also take "+1", "1_0" and digits of other scripts
        if not re.fullmatch("[0-9]{1,9}", label):
            raise BadRowError(
                f"label {label!r} is not an index counted from 0; "
                "for label names pass label_indices=False"
            )
        index = int(label)
        if index >= len(self.label_names):
            raise BadRowError(
                f"label index {label} is out of range: label_names has "
                f"{len(self.label_names)} names, counted from 0"
            )
        return self.label_names[index]


def _rows(table, columns, split_labels):
    """Return a generator of Row; `columns` maps each parameter to a name or position."""
    position = {parameter: table.position(c, parameter) for parameter, c in columns.items()}
    text, labels = position["text_column"], position["labels_column"]
    id_ = position.get("id_column")

    def parse(line, fields):
        names = split_labels(fields[labels])
        return Row(line, fields[text], names, None if id_ is None else fields[id_])

    return table.rows(parse)
