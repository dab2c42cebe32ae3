"""Reader of JSON lines files."""

import json
from collections.abc import Iterable, Iterator
from numbers import Integral, Real
from typing import Any

from sklearn.utils import Bunch

from .._runtime.messages import listing, shown
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


def read_jsonl(
    path: DataSource,
    *,
    text_field: str = "text",
    labels_field: str = "labels",
    id_field: str | None = None,
    label_names: Iterable[str] | DataSource | None = None,
    unlabeled: str = "raise",
    on_bad_row: str = "raise",
    encoding: str = "utf-8",
    max_line_bytes: int = MAX_LINE_BYTES,
) -> Bunch:
    r"""Read a JSON lines file: on every line an object with a text and a list of label names.

    A line is ``{"text": "...", "labels": ["late", "broken"]}`` [1]_; other fields are
    ignored. A blank line is skipped. Instead of a list, the labels may be an object with a value
    for each name: 1 or true, 0 or false, or null for an unknown label; labels that it does not
    name are not given. In place of the list or object, null means that no label is known.

    Parameters
    ----------
    path : str, os.PathLike or file object
        The file, plain or gzip; or an open file of bytes or text, which stays open.
    text_field, labels_field : str, default="text" and "labels"
        Names of the fields with the text, a str, and with its labels, a list of str or an object.
    id_field : str or None, default=None
        Name of the field with the id, a str or an integer.
    label_names : sequence of str, str, os.PathLike or file object, or None, default=None
        The labels in the order of the columns of `target`, or a file with one name per line. A
        row with another label is a bad row. None takes the labels found, sorted: those that are
        given or null in some row.
    unlabeled : {"raise", "unknown"}, default="raise"
        How to read null: as an error of the row, or as NaN, which stands for an unknown label.
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
            Names of the labels of every text, in the order of `target_names`, without unknown
            labels.
        ids : list of str
            Id of every text. Only with `id_field`.
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
    .. [1] `JSON Lines <https://jsonlines.org>`_.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skmultitext.datasets import read_jsonl
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "train.jsonl")
    ...     _ = path.write_text('{"text": "Thanks!", "labels": ["praise"]}\n')
    ...     train = read_jsonl(path)
    >>> train.data, train.label_sets
    (['Thanks!'], [('praise',)])
    """
    opened = open_jsonl(
        path,
        text_field,
        labels_field,
        id_field,
        label_names,
        unlabeled,
        on_bad_row,
        encoding,
        max_line_bytes,
    )
    return bunch_of_rows(opened, name_of(path))


def open_jsonl(
    path: DataSource,
    text_field: str,
    labels_field: str,
    id_field: str | None,
    label_names: Iterable[str] | DataSource | None,
    unlabeled: str,
    on_bad_row: str,
    encoding: str,
    max_line_bytes: int,
) -> OpenRows:
    """Open the rows of `read_jsonl`."""
    skipped = SkippedRows(on_bad_row, unlabeled)
    names = resolve_label_names(label_names, encoding, max_line_bytes)
    lines = LineReader(path, encoding, max_line_bytes)
    rows = _rows(lines, text_field, labels_field, id_field, names, skipped)
    return OpenRows(names, rows, skipped)


def _rows(
    lines: LineReader,
    text_field: str,
    labels_field: str,
    id_field: str | None,
    label_names: list[str] | None,
    skipped: SkippedRows,
) -> Iterator[Row]:
    known = None if label_names is None else frozenset(label_names)

    def parse(line: int, content: str) -> Row | None:
        if content.isspace():
            return None
        document = parse_object(content)
        text = field_of(document, text_field, "text_field")
        if not isinstance(text, str):
            raise BadRowError(f"field {shown(text_field)} must be a string, found {_as_json(text)}")
        labels = field_of(document, labels_field, "labels_field")
        unknown: tuple[str, ...] | None = ()
        if not isinstance(labels, list):
            labels, unknown = _read_values(labels, labels_field, skipped.keep_unknown)
        names = [*labels, *unknown] if unknown else labels
        for label in names:
            if not isinstance(label, str):
                raise BadRowError(
                    f"field {shown(labels_field)} must contain label names, found "
                    f"{_as_json(label)}; "
                    "write the name of a label, not its index"
                )
            if not label:
                raise BadRowError(
                    f'field {shown(labels_field)} contains the empty name ""; write [] for no label'
                )
        check_labels_known(names, known)
        id_ = None
        if id_field is not None:
            id_ = field_of(document, id_field, "id_field")
            if isinstance(id_, bool) or not isinstance(id_, str | Integral):
                raise BadRowError(
                    f"field {shown(id_field)} must be a string or an integer, found {_as_json(id_)}"
                )
            id_ = str(id_)
        return Row(line, text, tuple(labels), id_, unknown)

    yield from parse_rows(lines.path, line_records(lines, skipped), parse, skipped)


def _read_values(
    values: Any, field: str, keep_unknown: bool
) -> tuple[list[str], tuple[str, ...] | None]:
    """Return the given and the unknown labels of an object, or of null: all are unknown."""
    if values is None and keep_unknown:
        return [], None
    if not isinstance(values, dict):
        hint = ", or pass unlabeled='unknown' to read NaN" if values is None else ""
        raise BadRowError(
            f"field {shown(field)} must be a list of label names, found {_as_json(values)}; "
            f'write ["name"] for one label and [] for none{hint}'
        )
    for name, value in values.items():
        if value is None and not keep_unknown:
            raise BadRowError(
                f"field {shown(field)} is null for the label {shown(name)}; write 0 or 1, or pass "
                "unlabeled='unknown' to read NaN"
            )
        if value is not None and not (isinstance(value, Real) and value in (0, 1)):
            raise BadRowError(
                f"field {shown(field)} must hold 1, 0 or null for each label, found "
                f"{_as_json(value)} for {shown(name)}; write null only for an unknown label"
            )
    given = [name for name, value in values.items() if value]
    return given, tuple(name for name, value in values.items() if value is None)


def parse_object(content: str) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadRowError(
            f"not valid JSON: {error}; write one whole object per line, "
            'as in {"text": "...", "labels": ["..."]}'
        ) from error
    if not isinstance(document, dict):
        raise BadRowError(f"a row must be a JSON object, found {_as_json(document)}")
    return document


def field_of(document: dict[str, Any], field: str, parameter: str) -> Any:
    try:
        return document[field]
    except KeyError:
        found = listing(list(document), most=20) or "none"
        raise BadRowError(
            f"no field {shown(field)} ({parameter}); fields found: {found}. "
            f"Pass the right name as {parameter}="
        ) from None


def _as_json(value: object) -> str:
    """Return a value as JSON, cut to a readable length."""
    text = ""
    for piece in json.JSONEncoder(ensure_ascii=False).iterencode(value):
        text += piece[:40]
        if len(text) > 40:
            return text[:37] + "..."
    return text
