"""Label trees: taggers for tens of thousands of labels."""

from ._label_tree import LabelTreeTagger

__all__ = ["LabelTreeTagger"]


def __dir__() -> list[str]:
    return __all__
