"""From probabilities to decisions: the search for thresholds, and taggers that use them."""

from ._functions import apply_thresholds, search_thresholds
from ._taggers import FixedThresholdTagger, TunedThresholdTaggerCV

__all__ = [
    "FixedThresholdTagger",
    "TunedThresholdTaggerCV",
    "apply_thresholds",
    "search_thresholds",
]
