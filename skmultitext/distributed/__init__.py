"""Documents in partitions: collections of Dask, Spark or Ray, or lists of pandas DataFrames.

The tagger goes to the partitions, on the workers of these libraries; documents stay where they are.
"""

from ._evaluation import evaluate_partitions
from ._fitting import fit_partitions
from ._tagging import tag_partitions

__all__ = ["evaluate_partitions", "fit_partitions", "tag_partitions"]


def __dir__() -> list[str]:
    return __all__
