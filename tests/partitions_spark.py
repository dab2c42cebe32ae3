"""A Spark session of this process, and functions for its workers."""

import gc
import os
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np

from skmultitext.linear._in_parts import evaluate_part

NO_JAVA = "needs Java (apt install default-jre-headless)"
SETTINGS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "512m",
    "spark.python.daemon.module": "partitions_spark_daemon",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


def has_java():
    return bool(os.environ.get("JAVA_HOME") or shutil.which("java"))


def start_session(folder):
    """Start a session of two threads, whose tasks may fail three times."""
    from pyspark.sql import SparkSession

    paths = [str(Path(__file__).parent), *sys.path]
    os.environ.update(
        PYSPARK_PYTHON=sys.executable, PYTHONPATH=os.pathsep.join(filter(None, paths))
    )
    builder = SparkSession.builder.master("local[2,4]").config("spark.local.dir", str(folder))
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session


def killed_once(mark, part, number, weights, *arguments):
    """Evaluate a partition; in a round after the first, the worker of one is killed."""
    if number == 2 and weights[:-1].any():
        with suppress(FileExistsError):
            Path(mark).touch(exist_ok=False)
            os.kill(os.getpid(), signal.SIGKILL)
    return evaluate_part(part, number, weights, *arguments)


def attempts(part, number, folder):
    """Note an attempt at a partition, and return its number of rows."""
    with (Path(folder) / f"partition-{number}").open("a", encoding="ascii") as file:
        file.write(".")
    return [len(part)]


def number_of(part, number):
    """Return the number of a partition in a list."""
    return [number]


def spared(part, number):
    """Return how many objects of this process no garbage collection visits."""
    return gc.get_freeze_count()


def large(part, number):
    """Return an array of 10 MB."""
    return np.full(1_250_000, number + len(part) / 100)


def total(array, number):
    """Return what `large` was made of."""
    return [(number, array.shape, float(array[-1]))]
