"""Shared fixtures. Fitted models are made once a session; tests must not change them."""

import os
import re
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
from skmultitext._runtime.optional import EXTRA_OF_MODULE
from skmultitext.datasets import load_support_tickets, read_label_column_csv
from skmultitext.exceptions import MissingExtraError

PACKAGE = Path(__file__).parents[1] / "skmultitext"

RUNS = TemporaryDirectory()  # what tests and examples log with MLflow
os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
os.environ["MLFLOW_TRACKING_URI"] = Path(RUNS.name, "runs").as_uri()

# pages whose examples train networks
SLOW_PAGES = ("docs/migrating.rst", "docs/user_guide/taggers.rst", "skmultitext/neural/han.py")

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
        if item.path.as_posix().endswith(SLOW_PAGES):
            item.add_marker(pytest.mark.slow)


OPTIONAL = {**EXTRA_OF_MODULE, "llvmlite": "fast", "numpydoc": "docs"}


def missing_library(text):
    """Name the optional library, which is not installed, that an error is about, or return None."""
    found = re.search(r"No module named '(\w+)|MissingExtraError: .*?'(\w+)'", text)
    name = found and (found[1] or found[2])
    return name if name in OPTIONAL and find_spec(name) is None else None


def skip_for(library, report, path):
    report.outcome = "skipped"
    report.longrepr = (str(path), 0, f"Skipped: needs {library} (extra '{OPTIONAL[library]}')")


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """Skip a file that imports an optional library at its top, where that library is missing."""
    report = yield
    if report.failed and (library := missing_library(str(report.longrepr))):
        skip_for(library, report, collector.path)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Skip a test that needs a missing extra, and says so by a MissingExtraError or its own import.

    An import without `_runtime.optional.require` within the package is a failure.
    """
    report = yield
    if report.failed and call.excinfo.errisinstance(ImportError):
        ours = isinstance(call.excinfo.value, MissingExtraError)
        library = missing_library(call.excinfo.exconly())
        if library and (ours or PACKAGE not in Path(call.excinfo.traceback[-1].path).parents):
            skip_for(library, report, item.path)
    return report


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
