"""The recipes run, with two processes where they are for many."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from partitions_spark import NO_JAVA, has_java
from script_runs import run

from skmultitext import save

RECIPES = Path(__file__).parents[1] / "examples" / "recipes"


@pytest.mark.slow
def test_dask_cluster():
    pytest.importorskip("distributed", reason="needs Dask (extra 'dask')")
    printed = run(RECIPES / "dask_cluster.py", timeout=600)
    assert "best {'C': 1}" in printed
    tasks = re.search(r"tasks done by each worker: \[(\d+), (\d+)\]", printed)
    assert int(tasks[1]) > 0  # both worker processes took part
    assert int(tasks[2]) > 0


@pytest.mark.slow
def test_optuna_search():
    pytest.importorskip("optuna", reason="needs Optuna (group 'test')")
    printed = run(RECIPES / "optuna_search.py", timeout=600)
    on_folds, unseen = re.findall(r"^micro-F1 (0\.\d+) on", printed, re.M)
    assert float(on_folds) > 0.7
    assert float(unseen) > 0.7


@pytest.mark.slow
def test_spark_corpus(tmp_path):
    pytest.importorskip("pyspark", reason="needs Spark (extra 'spark')")
    pytest.importorskip("joblibspark", reason="needs joblibspark (group 'test')")
    if not has_java():
        pytest.skip(NO_JAVA)
    of_pandas_3 = "ignore:PySpark does not yet fully support pandas:FutureWarning"
    launcher = ("-W", "error", "-W", of_pandas_3)
    printed = run(RECIPES / "spark_corpus.py", tmp_path, launcher=launcher, timeout=800)
    assert re.search(r"^fitted in \d+ rounds, gap [1-9]\.\de-0[3-9]$", printed, re.M)
    assert re.search(r"^micro-F1 0\.[5-9]\d\d of 180 documents$", printed, re.M)
    assert re.search(r"^180 rows tagged, \d+ without label$", printed, re.M)
    assert "best {'C': 1}" in printed
    assert list((tmp_path / "tagged").glob("*.parquet"))


def test_spark_without_java():
    pytest.importorskip("pyspark", reason="needs Spark (extra 'spark')")
    pytest.importorskip("joblibspark", reason="needs joblibspark (group 'test')")
    without = {**os.environ, "PATH": "", "JAVA_HOME": ""}
    script = [sys.executable, str(RECIPES / "spark_corpus.py")]
    done = subprocess.run(
        script, capture_output=True, text=True, timeout=300, env=without, check=False
    )
    assert done.returncode == 1
    message = "Spark needs Java, which is not installed: apt install default-jre-headless\n"
    assert done.stderr.endswith(message)
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_ray_cluster():
    pytest.importorskip("ray", reason="needs Ray (pip install ray)")
    printed = run(RECIPES / "ray_cluster.py", timeout=600)
    assert len(re.findall(r"0\.\d{3}", printed)) == 4
    assert re.search(r"in [12] other processes", printed)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["dask", "ray"])
def test_a_corpus_in_partitions(engine):
    library = {"dask": "distributed", "ray": "ray.data"}[engine]
    pytest.importorskip(library, reason=f"needs {engine} (extra '{engine}')")
    launcher = ["-W", "error", "-W", "ignore::DeprecationWarning"]  # of Ray, and of Dask by pandas
    printed = run(RECIPES / f"{engine}_corpus.py", launcher=launcher, timeout=600)
    assert re.search(r"^\d+ rounds, duality gap [1-9]\.\de-0[34]$", printed, re.M)
    f1 = re.search(r"^micro-F1 (0\.\d{3}) on 194 texts$", printed, re.M)
    assert float(f1[1]) > 0.7
    assert re.search(r"^[A-Z].*\.\.\. \[.*\]$", printed, re.M)


@pytest.mark.slow
def test_mlflow_logs_what_can_be_loaded(tmp_path):
    pytest.importorskip("mlflow", reason="needs MLflow (extra 'mlflow')")
    theirs = ["-W", "ignore:::mlflow.types.type_hints", "-W", "ignore:::mlflow.models.utils"]
    launcher = ["-W", "error", *theirs]
    printed = run(RECIPES / "mlflow_logging.py", tmp_path, timeout=600, launcher=launcher)
    assert "logged C=auto, micro-F1 0." in printed
    assert "from the registry: 'I was charged twice, please refund me' -> ('billing'" in printed
    assert "as a function of a DataFrame: refund 1.00" in printed
    assert [*tmp_path.glob("*/models/*/artifacts/data/model/manifest.json")]


@pytest.mark.slow
def test_accelerate_launch_trains_on_two_processes():
    pytest.importorskip("accelerate", reason="needs accelerate (extra 'transformers')")
    pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
    launcher = "-m accelerate.commands.launch --multi_gpu --num_processes 2 --num_machines 1"
    options = "--mixed_precision no --dynamo_backend no --main_process_port 0"
    printed = run(
        RECIPES / "accelerate_transformer.py",
        launcher=[*launcher.split(), *options.split()],
        timeout=300,
        ACCELERATE_USE_CPU="1",
        OMP_NUM_THREADS="1",
    )
    weights = dict(re.findall(r"process (\d): weights (\w{16})", printed))
    assert set(weights) == {"0", "1"}
    assert weights["0"] == weights["1"]
    # 400 texts, 16 to a process: 13 updates an epoch, where one process makes 25
    assert re.findall(r"epoch (\d): (\d+) updates", printed) == [("1", "13"), ("2", "26")]


@pytest.mark.slow
def test_serve(ticket_tagger, tmp_path):
    httpx = pytest.importorskip("httpx", reason="needs httpx (group 'test')")

    save(ticket_tagger, tmp_path / "tagger")
    command = [sys.executable, str(RECIPES / "serve.py"), str(tmp_path / "tagger"), "0"]
    text = "I was charged twice, please send my money back"
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().strip()  # ends with the process at the latest
            answer = httpx.post(f"{url}/tag", json={"text": text}, timeout=300)
        finally:
            process.kill()
    assert answer.json()["labels"] == list(ticket_tagger.predict_labels([text])[0])
