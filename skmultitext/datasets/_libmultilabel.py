"""Reader of LibMultiLabel files."""

from collections.abc import Iterable, Iterator

from sklearn.utils import Bunch

from ._bunch import bunch_of_rows
from ._label_cell import LabelCell
from ._lines import MAX_LINE_BYTES, DataSource, LineReader, name_of
from ._rows import (
    BadRowError,
    OpenRows,
    Row,
    SkippedRows,
    line_records,
    parse_rows,
    resolve_label_names,
)


def read_libmultilabel(
    path: DataSource,
    *,
    label_names: Iterable[str] | DataSource | None = None,
    on_bad_row: str = "raise",
    encoding: str = "utf-8",
    max_line_bytes: int = MAX_LINE_BYTES,
) -> Bunch:
    r"""Read a LibMultiLabel file: tab-separated id, labels and text.

    A line is ``ID<TAB>label label<TAB>text`` or, throughout the file, ``label label<TAB>text``
    [1]_. The first line that fits one of the two decides. Quotes are ordinary characters; labels
    are separated by blanks; a blank line is skipped.

    Parameters
    ----------
    path : str, os.PathLike or file object
        The file, plain or gzip; or an open file of bytes or text, which stays open.
        Only ``\n`` and ``\r\n`` end a document.
    label_names : sequence of str, str, os.PathLike or file object, or None, default=None
        The labels in the order of the columns of `target`, or a file with one name per line. A
        row with another label is a bad row. None takes the labels found, sorted.
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
            Label indicator of 0 and 1; sparse if an ndarray would take more than 1 GiB.
        target_names : list of str
            Names of the columns of `target`.
        label_sets : list of tuple of str
            Names of the labels of every text, in the order of `target_names`.
        ids : list of str
            Id of every text. Only if the file has three columns.
        frame : None
            Present so that all loaders return the same attributes.
        DESCR : str
            Description of the data set.
        filename : str
            Name of the file.

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
    opened = open_libmultilabel(
        path,
        label_names,
        on_bad_row,
        encoding,
        max_line_bytes,
    )
    return bunch_of_rows(opened, name_of(path))


def open_libmultilabel(
    path: DataSource,
    label_names: Iterable[str] | DataSource | None,
    on_bad_row: str,
    encoding: str,
    max_line_bytes: int,
) -> OpenRows:
    """Open the rows of `read_libmultilabel`."""
    skipped = SkippedRows(on_bad_row)
    names = resolve_label_names(label_names, encoding, max_line_bytes)
    lines = LineReader(path, encoding, max_line_bytes)
    return OpenRows(names, _rows(lines, names, skipped), skipped)


def _rows(lines: LineReader, label_names: list[str] | None, skipped: SkippedRows) -> Iterator[Row]:
    cell = LabelCell(" ", label_names, remedy="write blanks for each {!r}")
    n_columns = first_line = 0  # of the first line that is a row

    def parse(line: int, content: str) -> Row:
        nonlocal n_columns, first_line
        fields = content.split("\t")
        if not n_columns and len(fields) in (2, 3):
            n_columns, first_line = len(fields), line
        elif not n_columns:
            raise BadRowError(
                f"{len(fields)} columns found; a row is ID<TAB>labels<TAB>text or "
                "labels<TAB>text, and a text contains no tab"
            )
        elif len(fields) != n_columns:
            raise BadRowError(
                f"{len(fields)} columns found, but line {first_line} has {n_columns}; "
                "a row is ID<TAB>labels<TAB>text or labels<TAB>text, and a text contains no tab"
            )
        *id_, labels, text = fields
        return Row(line, text, cell.split(line, labels), id_[0] if id_ else None)

    yield from parse_rows(lines.path, line_records(lines, skipped), parse, skipped)
    cell.check_separator(lines.path)
