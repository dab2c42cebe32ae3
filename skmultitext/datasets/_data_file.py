"""A data file of any format that is read several times, row by row."""

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

from .._gate.parameters import check_choice
from .._runtime.messages import shown
from ._fasttext import open_fasttext, read_fasttext
from ._indicator_csv import open_indicator_csv, read_indicator_csv
from ._jsonl import open_jsonl, read_jsonl
from ._label_column_csv import open_label_column_csv, read_label_column_csv
from ._libmultilabel import open_libmultilabel, read_libmultilabel
from ._lines import DataSource
from ._onehot_lines import open_text_and_onehot, read_text_and_onehot
from ._rows import OpenRows, resolve_label_names

__all__ = ["FORMATS", "DataFile"]

# name of the format -> the reader, which defines the parameters, and the function that opens it
FORMATS: dict[str, tuple[Callable[..., Any], Callable[..., OpenRows]]] = {
    "text_and_onehot": (read_text_and_onehot, open_text_and_onehot),
    "fasttext": (read_fasttext, open_fasttext),
    "jsonl": (read_jsonl, open_jsonl),
    "libmultilabel": (read_libmultilabel, open_libmultilabel),
    "indicator_csv": (read_indicator_csv, open_indicator_csv),
    "label_column_csv": (read_label_column_csv, open_label_column_csv),
}


class DataFile:
    """A data file, or with "text_and_onehot" two, and the parameters of its reader."""

    def __init__(
        self,
        text_path: DataSource,
        labels_path: DataSource | None,
        format: str,
        options: Mapping[str, Any],
    ) -> None:
        check_choice("format", format, FORMATS)
        if (labels_path is None) == (format == "text_and_onehot"):
            raise ValueError(
                f"format={shown(format)} reads "
                + (
                    "two files: pass labels_path, its one-hot rows."
                    if labels_path is None
                    else "one file, texts and labels together: leave labels_path out."
                )
            )
        reader, self._open = FORMATS[format]
        self.format = format
        self.options = options
        self.path = text_path
        self.paths = [text_path] if labels_path is None else [text_path, labels_path]
        try:
            bound = signature(reader).bind(*self.paths, **options)
        except TypeError as error:
            raise ValueError(f"reader_options of format={shown(format)}: {error}") from None
        if options.get("labels_path") is not None:
            raise ValueError("reader_options: files that are joined by id cannot be streamed.")
        if any(hasattr(path, "read") for path in self.paths):
            raise ValueError("Files are read more than once: pass their paths, not open files.")
        bound.apply_defaults()
        self._given = given = bound.arguments
        # the parameter with the label names; a file of names is read only once
        self._labels = "label_names" if "label_names" in given else "label_columns"
        if self._labels == "label_names":
            for_names = (given["encoding"], given["max_line_bytes"])
            given["label_names"] = resolve_label_names(given["label_names"], *for_names)

    def rows(self, label_names: list[str] | None = None) -> OpenRows:
        """Open the file; a row with a label that is not in `label_names` is a bad row."""
        given = dict(self._given)
        if label_names is not None:
            given[self._labels] = label_names
        return self._open(**given)
