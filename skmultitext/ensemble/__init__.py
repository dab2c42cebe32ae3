"""Several taggers in one: votes of members."""

from ._voting import VotingTagger

__all__ = ["VotingTagger"]


def __dir__() -> list[str]:
    return __all__
