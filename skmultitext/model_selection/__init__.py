"""Stratified splits of multi-label data: each label has similar shares in all parts."""

from ._split_report import SplitReport, split_report
from ._splitters import (
    MultilabelStratifiedGroupKFold,
    MultilabelStratifiedKFold,
    MultilabelStratifiedShuffleSplit,
    RepeatedMultilabelStratifiedKFold,
)
from ._train_test_split import multilabel_train_test_split

__all__ = [
    "MultilabelStratifiedGroupKFold",
    "MultilabelStratifiedKFold",
    "MultilabelStratifiedShuffleSplit",
    "RepeatedMultilabelStratifiedKFold",
    "SplitReport",
    "multilabel_train_test_split",
    "split_report",
]


def __dir__() -> list[str]:
    return __all__
