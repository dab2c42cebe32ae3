"""Reader of a file with one document per line and a file of one-hot rows."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import compress

from sklearn.utils import Bunch

from ._bunch import bunch_of_rows
from ._lines import (
    MAX_LINE_BYTES,
    DataSource,
    LineReader,
    file_error,
    name_of,
    shown,
    strip_line_end,
)
from ._rows import (
    MOST_COLUMNS,
    BadRowError,
    OpenRows,
    Records,
    Row,
    SkippedRows,
    flag_of_cell,
    is_missing_cell,
    numbered_label_names,
    parse_rows,
    resolve_label_names,
)

_ZERO_ONE = frozenset([0, 1])


def read_text_and_onehot(
    text_path: DataSource,
    onehot_path: DataSource,
    *,
    label_names: Iterable[str] | DataSource | None = None,
    unlabeled: str = "raise",
    on_bad_row: str = "raise",
    encoding: str = "utf-8",
    max_line_bytes: int = MAX_LINE_BYTES,
) -> Bunch:
    r"""Read a file with one document per line, and its labels from a file of one-hot rows.

    Lines with the same number belong together. A row such as ``1, 0, 0, 1`` has one 0 or 1 for each
    label, separated by commas, blanks or both. An empty line of the texts is an empty document.

    Parameters
    ----------
    text_path : str, os.PathLike or file object
        File of the texts, plain or gzip; or an open file of bytes or text, which stays open.
        Only ``\n`` and ``\r\n`` end a document.
    onehot_path : str, os.PathLike or file object
        File of the one-hot rows, with the same number of lines; also plain, gzip or open.
    label_names : sequence of str, str, os.PathLike or file object, or None, default=None
        Names of the columns, or a file with one name per line. None gives
        ``["label_0", "label_1", ...]``, padded with zeros to one length so that sorting keeps
        their order.
    unlabeled : {"raise", "unknown"}, default="raise"
        How to read -1 and missing values such as ``nan``: as an error of the row, or as NaN, which
        stands for an unknown label.
    on_bad_row : {"raise", "skip"}, default="raise"
        What to do with rows that cannot be read: stop, or skip them in both files, with one
        warning that counts them. Files of different lengths are always an error, because the
        missing line is unknown.
    encoding : str, default="utf-8"
        Encoding of the files, also of a file of `label_names`, such as "utf-16" or "cp1252".
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
        frame : None
            Present so that all loaders return the same attributes.
        DESCR : str
            Description of the data set.
        filename : str
            Name of the file of texts.

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
    opened = open_text_and_onehot(
        text_path,
        onehot_path,
        label_names,
        unlabeled,
        on_bad_row,
        encoding,
        max_line_bytes,
    )
    return bunch_of_rows(opened, name_of(text_path))


def open_text_and_onehot(
    text_path: DataSource,
    onehot_path: DataSource,
    label_names: Iterable[str] | DataSource | None,
    unlabeled: str,
    on_bad_row: str,
    encoding: str,
    max_line_bytes: int,
) -> OpenRows:
    """Open the rows of `read_text_and_onehot`."""
    skipped = SkippedRows(on_bad_row, unlabeled)
    names = resolve_label_names(label_names, encoding, max_line_bytes) or []
    texts = LineReader(text_path, encoding, max_line_bytes)
    onehots = LineReader(onehot_path, encoding, max_line_bytes)
    return OpenRows(names, _rows(texts, onehots, names, skipped), skipped)


def _line_pairs(
    texts: LineReader, onehots: LineReader, skipped: SkippedRows
) -> Records[tuple[str, str]]:
    """Yield ``(line, (text, onehot))`` of two files that must have the same length."""
    with closing(iter(texts)) as text_lines, closing(iter(onehots)) as onehot_lines:
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


def _rows(
    texts: LineReader, onehots: LineReader, names: list[str], skipped: SkippedRows
) -> Iterator[Row]:
    """Yield a Row for each pair of lines; the first row fills `names` if it is empty."""

    def find_unknown(cells: list[str], flags: list[int | None]) -> list[int]:
        """Return the places of unknown labels; BadRowError for any other value than 0 and 1."""
        unknown = []
        for k, (cell, flag) in enumerate(zip(cells, flags, strict=True)):
            if flag not in (0, 1):
                is_unknown = flag == -1 or is_missing_cell(cell)
                if not (is_unknown and skipped.keep_unknown):
                    hint = ", or pass unlabeled='unknown' to read NaN" if is_unknown else ""
                    raise BadRowError(
                        f"{shown(cell)} is not 0 or 1; write one 0 or 1 for each label, "
                        f"as in 1, 0, 0, 1{hint}"
                    )
                unknown.append(k)
        return unknown

    def parse(line: int, pair: tuple[str, str]) -> Row:
        text, onehot = pair
        if not onehot.strip():
            raise BadRowError("the row is blank; write one 0 or 1 for each label")
        if sum(map(onehot.count, ", \t")) > 2 * MOST_COLUMNS:  # a separator may be ", "
            raise BadRowError(
                f"more than {MOST_COLUMNS} values found; check that this is a file of 0 and 1"
            )
        parts = [part.split() for part in onehot.split(",")]
        if [] in parts:
            raise BadRowError(
                "a value is missing before or after a comma; write one 0 or 1 for each label"
            )
        cells = [cell for part in parts for cell in part]
        flags = list(map(flag_of_cell, cells))
        unknown = [] if _ZERO_ONE.issuperset(flags) else find_unknown(cells, flags)
        if not names:
            names.extend(numbered_label_names(len(cells)))
        if len(cells) != len(names):
            raise BadRowError(
                f"{len(cells)} values found, {len(names)} expected, one for each label"
            )
        given = [flag == 1 for flag in flags] if unknown else flags
        return Row(
            line, text, tuple(compress(names, given)), None, tuple(names[k] for k in unknown)
        )

    yield from parse_rows(onehots.path, _line_pairs(texts, onehots, skipped), parse, skipped)
