"""Label trees: taggers for tens of thousands of labels."""

from ._label_tree import LabelTreeTagger
from ._tfidf_label_tree import TfidfLabelTreeTagger

__all__ = ["LabelTreeTagger", "TfidfLabelTreeTagger"]


def __dir__() -> list[str]:
    return __all__
