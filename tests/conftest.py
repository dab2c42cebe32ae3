"""Shared fixtures. Fitted models are made once a session; tests must not change them."""

import os
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("SCIPY_ARRAY_API", "1")  # before scipy: else upstream checks are skipped
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # no test asks a hub for anything
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # nor tells a server anything

import pytest
from sklearn.datasets import make_multilabel_classification

from skmultitext import TfidfLogRegTagger
from skmultitext.datasets import load_support_tickets, read_label_column_csv

RUNS = TemporaryDirectory()  # what tests and examples log with MLflow
os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
os.environ["MLFLOW_TRACKING_URI"] = Path(RUNS.name, "runs").as_uri()

# pages whose examples train networks
SLOW_PAGES = (
    "docs/migrating.rst",
    "docs/user_guide/long_fits.rst",
    "docs/user_guide/taggers.rst",
    "skmultitext/neural/han.py",
)

GOEMOTIONS = Path(__file__).parents[2] / "shared" / "data" / "goemotions"


def pytest_collection_modifyitems(items):
    """Mark the doctests that take long as slow, and skip those of a library that is missing.

    Their files have no place for a marker.
    """
    skip = pytest.mark.skip(reason="needs MLflow (extra 'mlflow')")
    for item in items:
        if item.path.as_posix().endswith("skmultitext/mlflow.py"):
            item.add_marker(pytest.mark.filterwarnings("ignore:::mlflow"))
            if find_spec("mlflow") is None:
                item.add_marker(skip)
        if item.path.name == "long_fits.rst" and find_spec("sklearn.callback") is None:
            item.add_marker(pytest.mark.skip(reason="scikit-learn 1.9 has callbacks"))
        if item.path.as_posix().endswith(SLOW_PAGES):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def tickets():
    """The bundled corpus."""
    return load_support_tickets()


@pytest.fixture(scope="session")
def ticket_tagger(tickets):
    """A tagger fitted on the bundled corpus with label names."""
    return TfidfLogRegTagger(random_state=0).fit(tickets.data, tickets.label_sets)


@pytest.fixture(scope="session")
def four_labels():
    """Features (300, 20) and an indicator of four labels."""
    return make_multilabel_classification(300, n_classes=4, n_labels=2, random_state=0)


@pytest.fixture(scope="session")
def goemotions():
    """Read GoEmotions, a dict of its splits; skip where the data are absent."""
    if not GOEMOTIONS.is_dir():
        pytest.skip(f"GoEmotions is not at {GOEMOTIONS}")
    return {
        split: read_label_column_csv(
            GOEMOTIONS / f"{split}.tsv.gz",
            text_column=0,
            labels_column=1,
            id_column=2,
            header=False,
            label_indices=True,
            label_names=GOEMOTIONS / "labels.txt",
        )
        for split in ("train", "dev", "test")
    }


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """A headless browser for the tests of a module that imports `browsers`."""
    from browsers import open_browser

    driver = open_browser(tmp_path_factory.mktemp("chromium"))
    yield driver
    driver.quit()


@pytest.fixture
def no_figure_leaks():
    """Close the figures of a test, and see that no style changed for the next one."""
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    before = dict(mpl.rcParams)
    yield
    plt.close("all")
    assert dict(mpl.rcParams) == before
