"""Documents in partitions: on Dask, Spark and Ray.

The engine schedules, moves data, and repeats what a lost worker held; this package gives it
functions of one partition.
"""

__all__: list[str] = []


def __dir__() -> list[str]:
    return __all__
