"""Thresholds: the search for them, and taggers that use them."""

from ._functions import apply_thresholds, search_thresholds
from ._taggers import FixedThresholdTagger, TunedThresholdTaggerCV

__all__ = [
    "FixedThresholdTagger",
    "TunedThresholdTaggerCV",
    "apply_thresholds",
    "search_thresholds",
]


def __dir__() -> list[str]:
    return __all__
