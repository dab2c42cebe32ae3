"""Several taggers in one: votes of members, and chains of labels."""

from ._chain import ChainTagger
from ._voting import VotingTagger

__all__ = ["ChainTagger", "VotingTagger"]


def __dir__() -> list[str]:
    return __all__
