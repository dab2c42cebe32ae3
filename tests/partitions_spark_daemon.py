"""The process from which Spark forks its Python workers, with the libraries that they need."""

import pandas  # noqa: F401
import pyarrow  # noqa: F401
import pyspark.worker  # noqa: F401
from pyspark.daemon import manager

import skmultitext.distributed._fitting  # noqa: F401

if __name__ == "__main__":
    manager()
