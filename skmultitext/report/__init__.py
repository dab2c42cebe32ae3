"""The report on a tagger: its scores as an object, a table and a page."""

from ._report import MultilabelReport, multilabel_report

__all__ = ["MultilabelReport", "multilabel_report"]


def __dir__() -> list[str]:
    return __all__
