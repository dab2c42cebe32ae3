"""Reader of fastText files."""

import re
from collections.abc import Iterable, Iterator

from sklearn.utils import Bunch

from .._runtime.messages import shown
from ._bunch import bunch_of_rows
from ._lines import MAX_LINE_BYTES, DataSource, LineReader, name_of
from ._rows import (
    BadRowError,
    OpenRows,
    Row,
    SkippedRows,
    check_labels_known,
    line_records,
    parse_rows,
    resolve_label_names,
)

TOKEN = re.compile(r"[^ \t]+")


def read_fasttext(
    path: DataSource,
    *,
    label_prefix: str = "__label__",
    label_names: Iterable[str] | DataSource | None = None,
    on_bad_row: str = "raise",
    encoding: str = "utf-8",
    max_line_bytes: int = MAX_LINE_BYTES,
) -> Bunch:
    r"""Read a fastText file: one document a line, labels before the text.

    A line is ``__label__late __label__broken The parcel came late and ...`` [1]_. A line without
    labels is a text without labels; a blank line is skipped.

    Parameters
    ----------
    path : str, os.PathLike or file object
        The file, plain or gzip; or an open file of bytes or text, which stays open.
        Only ``\n`` and ``\r\n`` end a document.
    label_prefix : str, default="__label__"
        Start of every label; at least one character.
    label_names : sequence of str, str, os.PathLike or file object, or None, default=None
        The labels without prefix, in the order of the columns of `target`, or a file with one
        name per line. A row with another label is a bad row. None takes the labels
        found, sorted.
    on_bad_row : {"raise", "skip"}, default="raise"
        What to do with rows that cannot be read, such as one with a label after its text: stop,
        or skip them, with one warning that counts them.
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
            The texts, without labels.
        target : ndarray or csr_array of shape (n_samples, n_labels), dtype int64
            Label indicator of 0 and 1; sparse if an ndarray would take more than 1 GiB.
        target_names : list of str
            Names of the columns of `target`.
        label_sets : list of tuple of str
            Names of the labels of every text, in the order of `target_names`.
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
    opened = open_fasttext(
        path,
        label_prefix,
        label_names,
        on_bad_row,
        encoding,
        max_line_bytes,
    )
    return bunch_of_rows(opened, name_of(path))


def open_fasttext(
    path: DataSource,
    label_prefix: str,
    label_names: Iterable[str] | DataSource | None,
    on_bad_row: str,
    encoding: str,
    max_line_bytes: int,
) -> OpenRows:
    """Open the rows of `read_fasttext`."""
    skipped = SkippedRows(on_bad_row)
    if not isinstance(label_prefix, str) or not TOKEN.fullmatch(label_prefix):
        raise ValueError(
            f"label_prefix must be a str of at least one character, without blanks, "
            f"got {shown(label_prefix)}"
        )
    names = resolve_label_names(label_names, encoding, max_line_bytes)
    lines = LineReader(path, encoding, max_line_bytes)
    return OpenRows(names, _rows(lines, label_prefix, names, skipped), skipped)


def _rows(
    lines: LineReader, label_prefix: str, label_names: list[str] | None, skipped: SkippedRows
) -> Iterator[Row]:
    known = None if label_names is None else frozenset(label_names)
    later_label = re.compile(rf"[ \t]({re.escape(label_prefix)}[^ \t]*)")

    def parse(line: int, content: str) -> Row | None:
        labels: list[str] = []
        text_start = len(content)
        for token in TOKEN.finditer(content):
            if not token[0].startswith(label_prefix):
                text_start = token.start()
                break
            labels.append(token[0].removeprefix(label_prefix))
        if "" in labels:
            raise BadRowError(
                f"no label name follows {shown(label_prefix)}; write it without a blank"
            )
        check_labels_known(labels, known)
        if known is None and len(label_prefix) > 2:  # a short prefix such as "#" may occur in names
            for label in labels:
                if label_prefix in label:
                    raise BadRowError(
                        f"label {shown(label)} contains {shown(label_prefix)} again; "
                        "put a blank between labels"
                    )
        text = content[text_start:]
        if found := later_label.search(text):
            # in the text, it would reveal the answer to the model
            raise BadRowError(
                f"label {shown(found[1])} comes after the text; write labels before it"
            )
        is_blank = not labels and not text
        return None if is_blank else Row(line, text, tuple(labels))

    yield from parse_rows(lines.path, line_records(lines, skipped), parse, skipped)
