"""A bundled corpus, a text generator, and readers for common multi-label file formats."""

from ._fasttext import read_fasttext
from ._generator import make_multilabel_text
from ._indicator_csv import read_indicator_csv
from ._jsonl import read_jsonl
from ._label_column_csv import read_label_column_csv
from ._libmultilabel import read_libmultilabel
from ._merge import merge
from ._onehot_lines import read_text_and_onehot
from ._support_tickets import load_support_tickets

__all__ = [
    "load_support_tickets",
    "make_multilabel_text",
    "merge",
    "read_fasttext",
    "read_indicator_csv",
    "read_jsonl",
    "read_label_column_csv",
    "read_libmultilabel",
    "read_text_and_onehot",
]


def __dir__() -> list[str]:
    return __all__
