"""Reader of JSON lines files."""

import json
from numbers import Integral

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


def read_jsonl(
    path,
    *,
    text_field="text",
    labels_field="labels",
    id_field=None,
    label_names=None,
    on_bad_row="raise",
):
    r"""Read a JSON lines file: in every line an object with a text and a list of label names.

    A line is ``{"text": "...", "labels": ["late", "broken"]}`` [1]_; other fields may stand
    beside these. A blank line is passed over.

    Parameters
    ----------
    path : str or os.PathLike
        UTF-8 file, plain or gzip.
    text_field, labels_field : str, default="text" and "labels"
        Names of the fields with the text, a str, and with its labels, a list of str.
    id_field : str or None, default=None
        Name of the field with the id, a str or an integer.
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
            Id of every text. Only with `id_field`.
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
    skipped = SkippedRows(on_bad_row)
    names = resolve_label_names(label_names)
    lines = LineReader(path)
    rows = _rows(lines, text_field, labels_field, id_field, names, skipped)
    return bunch_of_rows(rows, names, skipped, lines.path)


def _rows(lines, text_field, labels_field, id_field, label_names, skipped):
    """Yield a Row for every readable line."""
    known = None if label_names is None else frozenset(label_names)

    def parse(line, content):
        if content.isspace():
            return None
        document = _parse_object(content)
        text = _field(document, text_field, "text_field")
        if not isinstance(text, str):
            raise BadRowError(f"field {text_field!r} must be a string, found {_shown(text)}")
        labels = _field(document, labels_field, "labels_field")
        if not isinstance(labels, list):
            raise BadRowError(
                f"field {labels_field!r} must be a list of label names, found {_shown(labels)}; "
                'write ["name"] for one label and [] for none'
            )
        for label in labels:
            if not isinstance(label, str):
                raise BadRowError(
                    f"field {labels_field!r} must hold label names, found {_shown(label)}; "
                    "write the name of a label, not its index"
                )
            if not label:
                raise BadRowError(
                    f'field {labels_field!r} holds the empty name ""; write [] for no label'
                )
        check_labels_known(labels, known)
        id_ = None
        if id_field is not None:
            id_ = _field(document, id_field, "id_field")
            if isinstance(id_, bool) or not isinstance(id_, str | Integral):
                raise BadRowError(
                    f"field {id_field!r} must be a string or an integer, found {_shown(id_)}"
                )
            id_ = str(id_)
        return Row(line, text, tuple(labels), id_)

    yield from parse_rows(lines.path, line_records(lines, skipped), parse, skipped)


def _parse_object(content):
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadRowError(
            f"not valid JSON: {error}; write one whole object a line, "
            'as in {"text": "...", "labels": ["..."]}'
        ) from error
    if not isinstance(document, dict):
        raise BadRowError(f"a row must be a JSON object, found {_shown(document)}")
    return document


def _field(document, field, parameter):
    try:
        return document[field]
    except KeyError:
        found = ", ".join(map(repr, document)) or "none"
        raise BadRowError(
            f"no field {field!r} ({parameter}); fields found: {found}. "
            f"Pass the right name as {parameter}="
        ) from None


def _shown(value):
    """Return a JSON value as it stands in the file, cut to a readable length."""
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= 40 else shown[:37] + "..."
