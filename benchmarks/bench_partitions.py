"""Fits on partitions compared with one machine, with online learning, and with Spark ML.

    python benchmarks/bench_partitions.py [PART] [--goemotions FOLDER] [--texts N]
        [--engine list|dask|spark] [--cores N] [--partitions N] [--folder FOLDER] [--words N]
        [--topics N] [--limit MB] [--smoke]

Parts, by default the first two. The methods read the same Parquet files: GoEmotions if its folder
is given, else --texts generated texts (default 2,000,000) of 60 words with 20 labels.

objective
    Seconds, objective and F1 of `fit`, of one pass of `partial_fit`, and of `fit_partitions` with
    its rounds and bytes, each in a separate process. The objective must be at most 1e-3 above that
    of `fit`, and micro-F1 within 0.002.
sparkml
    `fit_partitions` on Spark beside Spark ML, label by label (HashingTF, IDF, LogisticRegression),
    on the same session: seconds and micro-F1. --labels takes the first labels only.
memory
    `fit_partitions` on two Dask workers that may hold --limit MB each: peak memory of each process,
    values that they hold in memory and on disk, and the objective beside that of `fit`.
growth
    `fit_partitions` on 1, 2 and 4 Dask workers: processor seconds of each, bytes of a round, and
    the same weights, bit for bit. With fewer cores than workers, the time does not fall.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from itertools import pairwise
from pathlib import Path

import joblib
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from _side_by_side import goemotions, print_machine, words_tagger
from sklearn.metrics import f1_score

from skmultitext.datasets import make_multilabel_text
from skmultitext.distributed import fit_partitions

C = 10.0
BATCH = 5_000
LONG = {"n_labels": 20, "n_words": 60, "vocabulary_size": 50_000}
ENGINES = ("list", "dask", "spark")


def generated(first, n_batches):
    """Yield batches of generated texts with their label names."""
    for number in range(first, first + n_batches):
        texts, Y = make_multilabel_text(
            BATCH, topic_random_state=0, random_state=number + 1, return_X_y=True, **LONG
        )
        yield list(texts), [[f"label_{j:02}" for j in np.flatnonzero(row)] for row in Y]


def write(path, batches):
    """Write batches of texts and label names to a Parquet file."""
    schema = pa.schema({"text": pa.string(), "labels": pa.list_(pa.string())})
    with pq.ParquetWriter(path, schema) as file:
        for texts, labels in batches:
            file.write_table(pa.table({"text": texts, "labels": labels}, schema=schema))


def make_corpus(arguments):
    """Write a file for each partition, and one of held-out texts."""
    folder = Path(arguments.folder)
    if (folder / "held_out.parquet").exists():
        return
    n = arguments.partitions
    if arguments.goemotions:
        parts = goemotions(arguments.goemotions), goemotions(arguments.goemotions, "test")
        sets = [[list(labels) for labels in part.label_sets] for part in parts]
        bounds = np.linspace(0, len(sets[0]), n + 1).astype(int)
        batches = [[(parts[0].data[a:b], sets[0][a:b])] for a, b in pairwise(bounds)]
        held_out = [(parts[1].data, sets[1])]
    else:
        each = max(1, arguments.texts // BATCH // n)
        batches = [generated(i * each, each) for i in range(n)]
        held_out = generated(10**6, 2 if arguments.smoke else 10)
    for i, some in enumerate(batches):
        write(folder / f"part-{i:03}.parquet", some)
    write(folder / "held_out.parquet", held_out)


def files(folder):
    return sorted(Path(folder).glob("part-*.parquet"))


def read(path):
    """Return texts and lists of label names."""
    table = pq.read_table(path)
    return table["text"].to_pylist(), table["labels"].to_pylist()


def label_names(arguments):
    names = sorted(
        {name for file in files(arguments.folder) for row in read(file)[1] for name in row}
    )
    return names[: arguments.labels]


def only(labels, names):
    """Drop other labels."""
    return [[name for name in row if name in set(names)] for row in labels]


def session(arguments):
    from pyspark.sql import SparkSession

    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    builder = SparkSession.builder.master(f"local[{arguments.cores}]")
    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1" if arguments.smoke else "",
        "spark.driver.memory": "512m" if arguments.smoke else "4g",
        "spark.sql.files.minPartitionNum": str(arguments.partitions),
        "spark.sql.shuffle.partitions": str(arguments.partitions),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    spark.range(10).count()  # starts its threads
    return spark


def collection(arguments):
    """Return the corpus as a collection of the engine."""
    paths = list(map(str, files(arguments.folder)))
    if arguments.engine == "spark":
        return session(arguments).read.parquet(*paths)
    if arguments.engine == "dask":
        import dask
        import dask.dataframe as dd
        from dask.distributed import Client, LocalCluster

        dask.config.set({"dataframe.convert-string": False})
        here = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
        Client(LocalCluster(n_workers=arguments.cores, threads_per_worker=1, **here))
        return dd.read_parquet(paths, split_row_groups=False)
    import pandas as pd

    return [pd.read_parquet(path) for path in paths]


def one_machine(arguments, names):
    texts, labels = [], []
    for file in files(arguments.folder):
        some, sets = read(file)
        texts += some
        labels += only(sets, names)
    start = time.perf_counter()
    tagger = words_tagger(C=C, labels=names, n_jobs=2, random_state=0).fit(texts, labels)
    return tagger, {"seconds": time.perf_counter() - start}


def online(arguments, names):
    tagger, seconds = words_tagger(C=C, labels=names, random_state=0), 0.0
    for file in files(arguments.folder):
        texts, labels = read(file)
        start = time.perf_counter()
        # the first batch determines the words
        first = 0 if hasattr(tagger, "vectorizer_") else max(1, len(texts) // 2)
        for a, b in ((0, first), *((i, i + 2000) for i in range(first, len(texts), 2000))):
            if a < b:
                tagger.partial_fit(texts[a:b], only(labels[a:b], names))
        seconds += time.perf_counter() - start
    return tagger, {"seconds": seconds}


def partitions(arguments, names):
    data = collection(arguments)
    start = time.perf_counter()
    tagger = words_tagger(C=C, labels=names)
    fit_partitions(tagger, data, text="text", labels="labels")
    return tagger, {**tagger.rounds_, "seconds": time.perf_counter() - start}


METHODS = {"fit": one_machine, "partial_fit": online, "fit_partitions": partitions}


def truth_of(labels, names):
    place = {name: j for j, name in enumerate(names)}
    Y = np.zeros((len(labels), len(names)), np.int8)
    for i, row in enumerate(labels):
        Y[i, [place[name] for name in row if name in place]] = 1
    return Y


def objective(tagger, arguments, names):
    """Sum the objectives of all labels."""
    total = 0.5 * float((tagger.coef_**2).sum() + (tagger.intercept_**2).sum())
    for file in files(arguments.folder):
        texts, labels = read(file)
        for a in range(0, len(texts), BATCH):
            signs = 2.0 * truth_of(labels[a : a + BATCH], names) - 1
            scores = tagger.decision_function(texts[a : a + BATCH])
            total += C * float(np.logaddexp(0, -signs * scores).sum())
    return total


def run_method(name, arguments):
    """Run a method in a separate process; return what it measured."""
    result = Path(arguments.folder) / f"{name}.json"
    command = [sys.executable, *(f"-W{option}" for option in sys.warnoptions), __file__]
    options = ("engine", "cores", "partitions", "folder", "labels")
    command += [f"--{option}={getattr(arguments, option)}" for option in options]
    command += ["--smoke"] if arguments.smoke else []
    subprocess.run([*command, "--method", name], check=True)
    return json.loads(result.read_text(encoding="utf-8"))


def method(name, arguments):
    """Fit, score and save the tagger."""
    names = label_names(arguments)
    tagger, measured = METHODS[name](arguments, names)
    texts, labels = read(Path(arguments.folder) / "held_out.parquet")
    given = tagger.predict(texts)
    measured["micro-F1"] = f1_score(truth_of(labels, names), given, average="micro")
    measured["objective"] = objective(tagger, arguments, names)
    path = Path(arguments.folder) / f"{name}.json"
    path.write_text(json.dumps(measured), encoding="utf-8")
    joblib.dump(tagger, path.with_suffix(".joblib"))


def part_objective(arguments):
    """Compare objectives."""
    found = {name: run_method(name, arguments) for name in METHODS}
    whole = found["fit"]
    for name, row in found.items():
        print(
            f"{name:15} {row['seconds']:8.1f} s, micro-F1 {row['micro-F1']:.4f}, objective "
            f"{row['objective']:.6e}, {row['objective'] / whole['objective'] - 1:+.1e}"
        )
    ours = found["fit_partitions"]
    print(
        f"{arguments.engine}, {arguments.cores} workers, {arguments.partitions} partitions: "
        f"{ours['n_rounds']} rounds, gap {ours['gap']:.1e}, {ours['n_bytes_sent'] / 1e6:.1f} MB to "
        f"each worker, {ours['n_bytes_received'] / 1e6:.1f} MB from all partitions"
    )
    assert ours["objective"] <= whole["objective"] * (1 + 1e-3)
    assert arguments.smoke or abs(ours["micro-F1"] - whole["micro-F1"]) <= 0.002


def part_sparkml(arguments):
    """Compare with Spark ML."""
    names = label_names(arguments)[: 1 if arguments.smoke else None]
    arguments.engine = "spark"
    data = collection(arguments)
    spark = data.sparkSession
    held_out = spark.read.parquet(str(Path(arguments.folder) / "held_out.parquet"))
    truth = truth_of([row.labels for row in held_out.collect()], names)
    quoted = ", ".join(f"'{name}'" for name in names)
    start = time.perf_counter()
    tagger = words_tagger(C=C, labels=names)
    kept = data.selectExpr("text", f"array_intersect(labels, array({quoted})) as labels")
    tol = 0.1 if arguments.smoke else 1e-3
    fit_partitions(tagger, kept, text="text", labels="labels", tol=tol)
    ours = time.perf_counter() - start
    scores = {"skmultitext": tagger.predict([row.text for row in held_out.collect()])}
    start = time.perf_counter()
    scores["Spark ML"] = of_spark_ml(data, held_out, names)
    theirs = time.perf_counter() - start
    for name, seconds in (("skmultitext", ours), ("Spark ML", theirs)):
        score = f1_score(truth, scores[name], average="micro", zero_division=0)
        print(f"{name:12} {seconds:7.1f} s, micro-F1 {score:.4f}, {len(names)} labels")
    print(f"skmultitext takes {theirs / ours:.1f} times less")
    spark.stop()


def of_spark_ml(data, held_out, names):
    """Fit and predict label by label with Spark ML, with the penalty of `C`."""
    from pyspark.ml import Pipeline
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import IDF, HashingTF, Normalizer, RegexTokenizer

    stages = [
        RegexTokenizer(inputCol="text", outputCol="words", gaps=False, pattern=r"\w\w+"),
        HashingTF(inputCol="words", outputCol="counts", numFeatures=2**18),
        IDF(inputCol="counts", outputCol="weights"),
        Normalizer(inputCol="weights", outputCol="features"),
    ]
    features = Pipeline(stages=stages).fit(data)
    training = features.transform(data).select("features", "labels").cache()
    penalty = 1 / (C * training.count())
    new = features.transform(held_out).select("features").cache()
    given = []
    for name in names:
        flagged = training.selectExpr(
            "features", f"cast(array_contains(labels, '{name}') as double) as label"
        )
        solver = LogisticRegression(regParam=penalty, standardization=False, maxIter=100)
        predicted = solver.fit(flagged).transform(new).select("prediction")
        given.append([row.prediction for row in predicted.collect()])
    return np.array(given, np.int8).T


def dask_cluster(n_workers, limit, folder):
    import dask
    from dask.distributed import LocalCluster

    dask.config.set({"dataframe.convert-string": False})
    return LocalCluster(
        n_workers=n_workers,
        threads_per_worker=1,
        memory_limit=f"{limit}MB",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        local_directory=folder,
    )


def resident(process):
    """Return the memory of a process and its peak, in MB."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return [int(fields[name].split()[0]) * 1024 / 1e6 for name in ("VmRSS", "VmHWM")]


def held(dask_worker):
    """Return MB of the values that a worker holds in memory and on disk."""
    data = dask_worker.data
    return data.fast.total_weight / 1e6, data.spilled_total.memory / 1e6


def values_left(client, seconds=30):
    """Return MB of the values on each worker; Dask gives them back after their last use."""
    end = time.monotonic() + seconds
    while True:
        gc.collect()
        client.run(gc.collect)
        left = [sum(pair) for pair in client.run(held).values()]
        if not any(left) or time.monotonic() > end:
            return left
        time.sleep(0.1)


def processor_seconds():
    return sum(os.times()[:2])


def fit_on_dask(arguments, names):
    import dask.dataframe as dd

    # 20,000 texts: a worker needs several times the memory of a partition to read it
    data = dd.read_parquet(list(map(str, files(arguments.folder))), split_row_groups=4)
    return fit_partitions(words_tagger(C=C, labels=names), data, text="text", labels="labels")


def part_memory(arguments):
    """Show the memory of workers that may hold a part of the corpus only."""
    from dask.distributed import Client

    names = label_names(arguments)
    n_bytes = sum(len(text.encode()) for file in files(arguments.folder) for text in read(file)[0])
    with (
        tempfile.TemporaryDirectory() as spill,
        dask_cluster(2, arguments.limit, spill) as cluster,
        Client(cluster) as client,
    ):
        processes = sorted(client.run(os.getpid).values())
        idle = [round(resident(process)[0]) for process in processes]
        most, done = [], threading.Event()

        def watch():
            while not done.wait(1):
                most.append(list(client.run(held).values()))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            tagger = fit_on_dask(arguments, names)
        finally:
            done.set()
            watcher.join()
        peaks = [round(resident(process)[1]) for process in processes]
        assert processes == sorted(client.run(os.getpid).values())  # none was restarted
        left = values_left(client)
    values = [sum(map(sum, moment)) for moment in most]
    print(
        f"texts {n_bytes / 1e6:.0f} MB; at most {max(values):.0f} MB of values held by all workers"
    )
    print(f"on disk at most {max(sum(disk for _, disk in moment) for moment in most):.0f} MB")
    print(f"limit {arguments.limit} MB, idle {idle}, peaks {peaks}, values left {left} MB")
    ours = objective(tagger, arguments, names)
    whole = run_method("fit", arguments)
    print(f"{tagger.rounds_}, one machine {whole['seconds']:.1f} s")
    print(f"objective {ours:.6e}, {ours / whole['objective'] - 1:+.1e} beside one machine")
    assert ours <= whole["objective"] * (1 + 1e-3)


def part_growth(arguments):
    """Compare 1, 2 and 4 workers."""
    from dask.distributed import Client

    names, first = label_names(arguments), None
    for n_workers in (1, 2) if arguments.smoke else (1, 2, 4):
        with (
            tempfile.TemporaryDirectory() as spill,
            dask_cluster(n_workers, arguments.limit, spill) as cluster,
            Client(cluster) as client,
        ):
            before = np.array(list(client.run(processor_seconds).values()))
            tagger = fit_on_dask(arguments, names)
            spent = np.array(list(client.run(processor_seconds).values())) - before
        rounds = tagger.rounds_
        sent, received = (
            rounds[name] / rounds["n_rounds"] / 1e6 for name in ("n_bytes_sent", "n_bytes_received")
        )
        print(
            f"{n_workers} workers: processor seconds {spent.round(1).tolist()}, together "
            f"{spent.sum():.1f}; {rounds['seconds']:.1f} s, {rounds['n_rounds']} rounds of "
            f"{sent:.2f} MB to each worker and {received:.2f} MB from all partitions"
        )
        first = tagger if first is None else first
        assert (tagger.coef_ == first.coef_).all()


PARTS = {
    "objective": part_objective,
    "sparkml": part_sparkml,
    "memory": part_memory,
    "growth": part_growth,
}


def main():
    global BATCH
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", nargs="?", choices=list(PARTS))
    parser.add_argument("--goemotions", help="folder of GoEmotions")
    parser.add_argument("--texts", type=int, default=2_000_000, help="generated texts")
    parser.add_argument("--engine", choices=ENGINES, default="spark")
    parser.add_argument("--cores", type=int, default=4, help="workers of the engine")
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--words", type=int, default=LONG["n_words"], help="of a generated text")
    parser.add_argument("--topics", type=int, default=LONG["n_labels"], help="labels generated")
    parser.add_argument("--limit", type=int, default=1000, help="MB of a Dask worker")
    parser.add_argument("--labels", type=int, default=1000, help="most labels")
    parser.add_argument("--folder", help="where the corpus is, or is written")
    parser.add_argument("--smoke", action="store_true", help="small data")
    parser.add_argument("--method", choices=list(METHODS), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    LONG.update(n_words=arguments.words, n_labels=arguments.topics)
    if arguments.smoke:
        BATCH = 100
        LONG.update(n_labels=3, vocabulary_size=300)
        arguments.texts, arguments.cores, arguments.partitions = 400, 2, 2
        arguments.engine = "list"  # the other part starts Spark
    if arguments.method:
        method(arguments.method, arguments)
        return
    print_machine()
    with tempfile.TemporaryDirectory() as temporary:
        arguments.folder = arguments.folder or temporary
        make_corpus(arguments)
        for name in [arguments.part] if arguments.part else ("objective", "sparkml"):
            print(f"-- {name}", flush=True)
            PARTS[name](arguments)


if __name__ == "__main__":
    main()
