"""The MLflow flavour: every tagger goes into MLflow and comes back, without pickle."""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from saved_models import MODELS, NETWORKS, NEW_TEXTS, TEXTS, answers, fitted, probe
from sklearn.exceptions import NotFittedError

import skmultitext
import skmultitext.mlflow as flavour
from skmultitext import TfidfLogRegTagger, predict_labels

pd = pytest.importorskip("pandas", reason="needs pandas (extra 'mlflow')")
mlflow = pytest.importorskip("mlflow", reason="needs MLflow (extra 'mlflow')")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # MLflow's own, of its type hints
    import mlflow.pyfunc

# MLflow's own: of pandas 4, and of itself
pytestmark = pytest.mark.filterwarnings("ignore:::mlflow")
FRAME = pd.DataFrame({"text": NEW_TEXTS}, index=[7, 5, 3, 1])


@pytest.fixture(autouse=True)
def main_module(monkeypatch):
    """Let pyspark, which MLflow imports, find a file in the main module of a pytest-xdist worker.

    It ends a process without one, which it takes for a run of its doctests.
    """
    main = sys.modules["__main__"]
    monkeypatch.setattr(main, "__file__", getattr(main, "__file__", __file__), raising=False)


@pytest.fixture
def tracked(tmp_path):
    """A tracking store in a folder of the test."""
    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    mlflow.set_tracking_uri((tmp_path / "runs").as_uri())
    mlflow.set_registry_uri((tmp_path / "runs").as_uri())
    yield tmp_path
    mlflow.set_tracking_uri(before[0])
    mlflow.set_registry_uri(before[1])


def as_function(path, **model_config):
    """The model as a function of a DataFrame."""
    return mlflow.pyfunc.load_model(str(path), model_config=model_config or None)


@pytest.mark.parametrize(
    "name", [*MODELS, *(pytest.param(name, marks=pytest.mark.slow) for name in NETWORKS)]
)
def test_every_model_that_can_be_saved(name, tmp_path):
    if name in ("mlp", "mlp online", "han", "tensorflow"):
        pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
    if name.startswith("torch") or name == "tensorflow":
        pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
    model, X = fitted(name), probe(name)
    flavour.save_model(model, tmp_path / "model")
    loaded = flavour.load_model(tmp_path / "model")
    assert type(loaded) is type(model)
    for ours, theirs in zip(answers(loaded, X), answers(model, X), strict=True):
        np.testing.assert_array_equal(ours, theirs)

    table = X if sp.issparse(X) else pd.DataFrame(X)
    given = as_function(tmp_path / "model").predict(table)
    labels = [tuple(given.columns[row]) for row in given.to_numpy().astype(bool)]
    assert labels == predict_labels(model, X)
    assert set(map(str, given.dtypes)) == {"int64"}
    if hasattr(model, "predict_proba"):
        found = as_function(tmp_path / "model", pyfunc_predict_fn="predict_proba").predict(table)
        proba = model.predict_proba(X)
        if isinstance(proba, list):  # of MultiOutputClassifier, with both codes of each label
            proba = np.column_stack([part[:, 1] for part in proba])
        proba = proba.toarray() if sp.issparse(proba) else proba
        expected = proba if proba.shape == found.shape else proba[:, -1:]
        np.testing.assert_array_equal(found, expected)
        assert list(found.columns) == list(given.columns)


def test_the_files_hold_no_pickle_and_name_what_they_need(tmp_path):
    flavour.save_model(fitted("tagger"), tmp_path, input_example=FRAME)
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    assert {"MLmodel", "data/model/manifest.json", "data/model/state.json"} <= {
        path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")
    }
    endings = {file.rpartition(".")[2] for file in files}
    assert endings == {"json", "md", "npy", "txt", "yaml"}
    assert not any(
        b"\x80\x04" in path.read_bytes()[:2] for path in tmp_path.rglob("*") if path.is_file()
    )
    manifest = json.loads((tmp_path / "data/model/manifest.json").read_text())["versions"]
    listed = (tmp_path / "requirements.txt").read_text().splitlines()
    assert f"skmultitext=={skmultitext.__version__}" in listed
    for library in ("numpy", "scipy", "scikit-learn"):
        assert f"{library}=={manifest[library]}" in listed
    assert len(listed) == 5  # and mlflow
    flavors = mlflow.models.Model.load(str(tmp_path)).flavors
    assert set(flavors) == {"python_function", "skmultitext"}
    assert flavors["skmultitext"]["skmultitext_version"] == skmultitext.__version__


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ({"tensorflow": "2.21.0", "keras": "3.15.1"}, "skmultitext[keras]==1.0"),
        ({"torch": "2.13.0+cpu", "transformers": "5.10"}, "skmultitext[transformers]==1.0"),
        (
            {"tensorflow": "2.21.0", "keras": "3.15.1", "keras-hub": "0.32"},
            "skmultitext[keras,transformers-tf]==1.0",
        ),
    ],
)
def test_requirements_of_networks(versions, expected, tmp_path, monkeypatch):
    both = {"python": "3.11.7", "skmultitext": "1.0", "numpy": "unknown", **versions}
    monkeypatch.setattr(flavour, "read_manifest", lambda content: {"versions": both})
    (tmp_path / "manifest.json").write_text("{}")
    public = [f"{name}=={version.removesuffix('+cpu')}" for name, version in versions.items()]
    assert flavour._requirements(tmp_path) == [expected, "numpy", *public]


def test_requirements_of_the_user(tmp_path):
    tagger = fitted("tagger")
    flavour.save_model(tagger, tmp_path / "more", extra_pip_requirements=["pandas"])
    listed = (tmp_path / "more/requirements.txt").read_text()
    assert "pandas" in listed.splitlines()
    assert "skmultitext==" in listed
    flavour.save_model(tagger, tmp_path / "own", pip_requirements=["mlflow", "pandas"])
    assert (tmp_path / "own/requirements.txt").read_text().split() == ["mlflow", "pandas"]
    env = {"name": "own", "dependencies": ["python=3.11", "pip", {"pip": ["mlflow"]}]}
    flavour.save_model(tagger, tmp_path / "conda", conda_env=env)
    assert "skmultitext" not in (tmp_path / "conda/requirements.txt").read_text()
    with pytest.raises(
        ValueError,
        match=r"^pip_requirements and conda_env are both given; pass at most one of them\.$",
    ):
        flavour.save_model(tagger, tmp_path / "x", pip_requirements=[], conda_env=env)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("method", "kind"), [("predict", "long"), ("predict_proba", "double"), ("predict_labels", "")]
)
@pytest.mark.parametrize("example", [FRAME, NEW_TEXTS, np.array(NEW_TEXTS)], ids=type)
def test_signature_and_example(example, method, kind, tmp_path):
    tagger = fitted("tagger")
    flavour.save_model(tagger, tmp_path, input_example=example, pyfunc_predict_fn=method)
    function = as_function(tmp_path)
    inputs, outputs = function.metadata.signature.inputs, function.metadata.signature.outputs
    if isinstance(example, pd.DataFrame):
        assert [str(kind) for kind in inputs.input_types()] == ["DataType.string"]
    named = [(c["name"], c["type"]) for c in outputs.to_dict()]
    labels = [(name, kind) for name in tagger.label_names_]
    assert named == (labels if kind else [("labels", "array")])
    assert outputs.to_dict()[0].get("items") in (None, {"type": "string"})
    pd.testing.assert_frame_equal(function.predict(example), function.predict(example.copy()))
    saved = function.input_example
    np.testing.assert_array_equal(np.ravel(saved), NEW_TEXTS)


def test_no_labels_in_the_example(tmp_path):
    flavour.save_model(
        fitted("tagger"),
        tmp_path,
        input_example=["hello there"],
        pyfunc_predict_fn="predict_labels",
    )
    outputs = as_function(tmp_path).metadata.signature.outputs.to_dict()
    assert outputs[0]["items"] == {"type": "string"}


def test_rows_keep_their_index(tmp_path):
    flavour.save_model(fitted("tagger"), tmp_path, pyfunc_predict_fn="predict_labels")
    found = as_function(tmp_path).predict(FRAME)
    assert list(found.index) == [7, 5, 3, 1]
    expected = [list(names) for names in fitted("tagger").predict_labels(NEW_TEXTS)]
    assert found["labels"].tolist() == expected
    for data in (NEW_TEXTS, np.array(NEW_TEXTS)[:, None], FRAME["text"]):
        assert as_function(tmp_path).predict(data)["labels"].tolist() == expected
    assert isinstance(as_function(tmp_path)._model_impl.get_raw_model(), TfidfLogRegTagger)


@pytest.mark.parametrize("name", ["tagger", "tuned", "union", "hashing", "svm"])
def test_a_table_of_several_columns_is_refused(name, tmp_path):
    flavour.save_model(fitted(name), tmp_path)
    with pytest.raises(
        ValueError,
        match=r"^The data have the columns 'id', 'text'; this tagger takes texts\. Pass a "
        r"DataFrame with the one column that holds them\.$",
    ):
        as_function(tmp_path).predict(pd.DataFrame({"id": [1, 2], "text": ["a", "b"]}))


def test_an_example_that_the_tagger_cannot_read(tmp_path):
    with pytest.raises(skmultitext.exceptions.DocumentError, match="is float"):
        flavour.save_model(fitted("tagger"), tmp_path / "m", input_example=[1.5])
    assert not (tmp_path / "m").exists()


def test_what_cannot_be_saved(tmp_path):
    with pytest.raises(NotFittedError):
        flavour.save_model(TfidfLogRegTagger(), tmp_path / "m")
    with pytest.raises(
        ValueError,
        match=r"^pyfunc_predict_fn is 'transform'; pass one of 'predict', 'predict_proba', "
        r"'predict_labels'\.$",
    ):
        flavour.save_model(fitted("tagger"), tmp_path / "m", pyfunc_predict_fn="transform")
    with pytest.raises(ValueError, match=r"^pyfunc_predict_fn is 'predict_proba', but Pipe"):
        flavour.save_model(fitted("svm"), tmp_path / "m", pyfunc_predict_fn="predict_proba")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(mlflow.exceptions.MlflowException, match="is not empty"):
        flavour.save_model(fitted("tagger"), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_log_register_and_load(tracked):
    tagger = fitted("tagger")
    with mlflow.start_run() as run:
        mlflow.log_params({"C": tagger.C})
        info = flavour.log_model(
            tagger, "tickets", registered_model_name="tickets", input_example=FRAME,
            metadata={"licence": "none"}, params={"seed": 0}, tags={"team": "support"},
        )  # fmt: skip
    expected = tagger.predict_proba(TEXTS)
    for uri in (info.model_uri, "models:/tickets/1", f"runs:/{run.info.run_id}/tickets"):
        loaded = flavour.load_model(uri)
        np.testing.assert_array_equal(loaded.predict_proba(TEXTS), expected)
    logged = mlflow.get_logged_model(info.model_id)
    assert logged.params == {"seed": "0", "C": str(tagger.C)}
    assert logged.tags["team"] == "support"
    assert info.metadata == {"licence": "none"}
    copied = tracked / "copy"
    flavour.load_model("models:/tickets/1", str(copied))
    assert (copied / "data/model/manifest.json").is_file()


def test_the_scoring_server_of_mlflow_answers(tmp_path):
    server = pytest.importorskip("mlflow.pyfunc.scoring_server", reason="needs MLflow's server")
    testclient = pytest.importorskip("starlette.testclient", reason="needs httpx")
    flavour.save_model(
        fitted("tagger"), tmp_path, input_example=FRAME, pyfunc_predict_fn="predict_labels"
    )
    client = testclient.TestClient(server.init(as_function(tmp_path)))
    expected = [list(names) for names in fitted("tagger").predict_labels(NEW_TEXTS)]
    for body in (
        {"dataframe_records": [{"text": text} for text in NEW_TEXTS]},
        {"dataframe_split": {"columns": ["text"], "data": [[text] for text in NEW_TEXTS]}},
        json.loads((tmp_path / "serving_input_example.json").read_text()),
    ):
        answer = client.post("/invocations", json=body)
        assert answer.status_code == 200, answer.text
        found = answer.json()["predictions"]
        assert [row["labels"] for row in found] == expected


def test_another_flavour(tmp_path):
    model = mlflow.models.Model()
    model.add_flavor("sklearn", data="model.pkl")
    model.save(str(tmp_path / "MLmodel"))
    with pytest.raises(ValueError) as raised:
        flavour.load_model(tmp_path)
    assert str(raised.value).endswith(
        "has no flavour skmultitext, only 'sklearn'. Load it with mlflow.pyfunc.load_model."
    )


def test_damaged_files_and_patterns(tmp_path):
    slow = TfidfLogRegTagger(token_pattern="(a+)+$").fit([*TEXTS, "aa"], [["x"]] * 20 + [[]])
    flavour.save_model(slow, tmp_path / "slow")
    with pytest.raises(skmultitext.exceptions.ModelFileError, match="token_pattern"):
        flavour.load_model(tmp_path / "slow", allow_patterns=False)
    state = Path(tmp_path, "slow", "data", "model", "state.json")
    state.write_bytes(state.read_bytes() + b" ")
    with pytest.raises(skmultitext.exceptions.ModelFileError, match=r"state\.json"):
        flavour.load_model(tmp_path / "slow")
    with pytest.raises(skmultitext.exceptions.ModelFileError, match=r"state\.json"):
        as_function(tmp_path / "slow")
