"""Rows of a data file of any format of `skmultitext.datasets`, one at a time."""

from inspect import signature

from . import (
    _fasttext,
    _indicator_csv,
    _jsonl,
    _label_column_csv,
    _libmultilabel,
    _onehot_lines,
)
from ._csv_table import CsvTable
from ._lines import LineReader
from ._rows import SkippedRows, resolve_label_names

__all__ = ["FORMATS", "DataFile"]


def _text_and_onehot(given, names, skipped):
    names = names or []  # filled by the first row
    texts, onehots = LineReader(given["text_path"]), LineReader(given["onehot_path"])
    return names, _onehot_lines._rows(texts, onehots, names, skipped)


def _fasttext_rows(given, names, skipped):
    lines = LineReader(given["path"])
    return names, _fasttext._rows(lines, given["label_prefix"], names, skipped)


def _jsonl_rows(given, names, skipped):
    fields = (given["text_field"], given["labels_field"], None)
    return names, _jsonl._rows(LineReader(given["path"]), *fields, names, skipped)


def _libmultilabel_rows(given, names, skipped):
    return names, _libmultilabel._rows(LineReader(given["path"]), names, skipped)


def _indicator_csv_rows(given, names, skipped):
    skipped.unlabeled = given["unlabeled"]
    label_columns = _indicator_csv._list_of_columns(given["label_columns"]) or names
    columns = (given["text_column"], label_columns, given["id_column"])
    _indicator_csv._check_columns(*columns, None)
    table = CsvTable(given["path"], given["delimiter"], given["quoting"], skipped)
    return _indicator_csv._rows_of_one_file(table, *columns)


def _label_column_csv_rows(given, names, skipped):
    columns = {name: given[name] for name in ("text_column", "labels_column")}
    _label_column_csv._check_columns(columns, given["header"])
    if given["label_indices"] and names is None:
        raise ValueError("label_indices=True needs label_names, the names the indices stand for")
    cell = _label_column_csv._LabelCell(given["label_separator"], names, given["label_indices"])
    table = CsvTable(
        given["path"], given["delimiter"], given["quoting"], skipped, header=given["header"]
    )
    return names, _label_column_csv._rows(table, columns, cell.split)


# name of the format -> the reader whose parameters it takes, and what opens its rows
FORMATS = {
    "text_and_onehot": (_onehot_lines.read_text_and_onehot, _text_and_onehot),
    "fasttext": (_fasttext.read_fasttext, _fasttext_rows),
    "jsonl": (_jsonl.read_jsonl, _jsonl_rows),
    "libmultilabel": (_libmultilabel.read_libmultilabel, _libmultilabel_rows),
    "indicator_csv": (_indicator_csv.read_indicator_csv, _indicator_csv_rows),
    "label_column_csv": (_label_column_csv.read_label_column_csv, _label_column_csv_rows),
}


class DataFile:
    """A data file that can be read again and again, a row at a time.

    Parameters
    ----------
    text_path : str or os.PathLike
        The file.
    labels_path : str or os.PathLike or None
        File of one-hot rows, with the format "text_and_onehot" only.
    format : str
        The reader of `skmultitext.datasets` for such a file, without ``read_``.
    options : dict
        Parameters of that reader: `label_names`, `on_bad_row`, columns, ...

    Raises
    ------
    ValueError
        If there is no such format, a file too few or too many, or no such option.
    """

    def __init__(self, text_path, labels_path, format, options):
        if format not in FORMATS:
            raise ValueError(f"format is {format!r}; pass one of {', '.join(map(repr, FORMATS))}.")
        reader, self._open = FORMATS[format]
        if (labels_path is None) == (format == "text_and_onehot"):
            raise ValueError(
                f"format={format!r} reads "
                + (
                    "two files: pass labels_path, its one-hot rows."
                    if labels_path is None
                    else "one file, texts and labels together: leave labels_path out."
                )
            )
        paths = [text_path] if labels_path is None else [text_path, labels_path]
        try:
            bound = signature(reader).bind(*paths, **options)
        except TypeError as error:
            raise ValueError(f"reader_options of format={format!r}: {error}") from None
        if options.get("labels_path") is not None:
            raise ValueError("reader_options: files that are joined by id cannot be streamed.")
        bound.apply_defaults()
        self._given = bound.arguments
        self._names = resolve_label_names(options.get("label_names"))
        self.path = text_path
        self.paths = paths

    def rows(self, label_names=None):
        """Open the file.

        Parameters
        ----------
        label_names : list of str, default=None
            The labels where they are known by now; a row with another one is a bad row.

        Returns
        -------
        label_names : list of str or None
            The labels in the order of the columns, complete when the rows have been read; None
            where the rows must tell.
        rows : generator of Row
            The rows.
        skipped : SkippedRows
            Counts the rows left out so far.
        """
        skipped = SkippedRows(self._given["on_bad_row"])
        names = label_names or self._names
        names, rows = self._open(self._given, None if names is None else list(names), skipped)
        return names, rows, skipped
