"""Graphs of ONNX operators compute what numpy does, and files have names and thresholds."""

import json

import numpy as np
import pytest

pytest.importorskip("onnx", reason="needs ONNX (extra 'onnx')")
pytest.importorskip("onnxruntime", reason="needs ONNX Runtime (extra 'onnx')")

import onnx
from onnx_runs import open_file, run_graph

from skmultitext._runtime.onnx_files import Graph, label_metadata


def compute(make, **inputs):
    """Results of the names that `make` returns for a graph."""
    g = Graph()
    names = make(g)
    arrays = {name: np.asarray(value) for name, value in inputs.items()}
    return run_graph(g, arrays, names if isinstance(names, tuple) else (names,))


def test_constants_are_stored_once():
    g = Graph()
    assert g.constant([1, 2]) == g.constant([1, 2])
    names = {g.constant([1, 2]), g.constant([[1, 2]]), g.constant([1, 2], np.float64)}
    assert len(names) == 3
    large = [g.constant(np.zeros(200)) for _ in range(2)]
    assert large[0] != large[1]
    assert Graph(g).constant([1, 2]) == g.constant([1, 2])  # a body has none of its own


def test_look_up_of_integers_and_strings():
    keys = np.array([2**53 + 1, -4])
    (found,) = compute(lambda g: g.look_up("x", keys, [7, 8], default=-1), x=[-4, 2**53, 2**53 + 1])
    assert found.tolist() == [8, -1, 7]
    keys = np.array(["a", "\0", "é"], dtype=object)
    texts = np.array(["é", "\0", "", "b"], dtype=object)
    (found,) = compute(lambda g: g.look_up("x", keys, [1, 2, 3], default=0), x=texts)
    assert found.tolist() == [3, 2, 0, 0]


@pytest.mark.parametrize("counts", [[2, 0, 1, 3], [0, 0, 5], [1], [0, 0]])
def test_repeated(counts):
    place, number = compute(lambda g: g.repeated("counts"), counts=counts)
    assert place.tolist() == np.repeat(np.arange(len(counts)), counts).tolist()
    assert number.tolist() == [i for count in counts for i in range(count)]


def test_neighbours_parts_and_sorting():
    def make(g):
        parts = g.part("x", 1), g.part("x", 0, -1)
        return (g.before("x", 9), g.after("x", 9), *parts, g.sorted("x"), g.true_places("x"))

    found = [array.tolist() for array in compute(make, x=[3, 0, 2])]
    assert found == [[9, 3, 0], [0, 2, 9], [0, 2], [3, 0], [0, 2, 3], [0, 2]]
    nothing = np.empty(0, dtype=np.int64)
    found = compute(lambda g: (g.sorted("x"), g.true_places("x")), x=nothing)
    assert [array.shape for array in found] == [(0,), (0,)]


@pytest.mark.parametrize("n", [0, 1, 4])
def test_loop_reads_the_graph_around_it(n):
    def make(g):
        def step(body, i, state):
            return body("Add", body("Mul", state, body.constant(2)), body("Add", i, "x"))

        return g.loop("n", step, g.constant(1), np.int64)

    state = 1
    for i in range(n):
        state = 2 * state + i + 10
    assert compute(make, n=n, x=10)[0] == state


def test_a_file_has_names_outputs_and_metadata(tmp_path):
    g = Graph()
    results = {"double": g("Add", "x", "x"), "square": g("Mul", "x", "x")}
    metadata = label_metadata(np.array(["é", "b"], dtype=object), np.array([0.25, 0.5]))
    for _ in range(2):  # the second replaces the first
        g = Graph()
        results = {"double": g("Add", "x", "x"), "square": g("Mul", "x", "x")}
        g.save(
            tmp_path / "a" / "b", ("x", np.float64, ["batch", 2]), results, ["batch", 2], metadata
        )
    session, found = open_file(tmp_path / "a" / "b")
    assert found == {"label_names": ["é", "b"], "thresholds": [0.25, 0.5]}
    x = np.array([[1.0, 3.0]])
    double, square = session.run(["double", "square"], {"x": x})
    assert (double.tolist(), square.tolist()) == ([[2.0, 6.0]], [[1.0, 9.0]])
    assert [entry.name for entry in (tmp_path / "a" / "b").iterdir()] == ["model.onnx"]
    onnx.checker.check_model(str(tmp_path / "a" / "b" / "model.onnx"), full_check=True)


def test_large_weights_go_to_a_file_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setattr("skmultitext._runtime.onnx_files.MOST_BYTES", 1000)
    weights = np.arange(400.0).reshape(2, 200)
    for _ in range(2):
        g = Graph()
        product = g("MatMul", "x", g.constant(weights, np.float64))
        g.save(tmp_path, ("x", np.float64, ["batch", 2]), {"y": product}, ["batch", 200], {})
    assert (tmp_path / "model.onnx.data").stat().st_size == pytest.approx(3200, abs=100_000)
    session, _ = open_file(tmp_path)
    assert (session.run(["y"], {"x": np.eye(2)})[0] == weights).all()


def test_files_of_another_model_are_left_alone(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    g = Graph()
    with pytest.raises(FileExistsError, match=r"has a config\.json: the model in it is of another"):
        g.save(tmp_path, ("x", np.float64, [1]), {"y": g("Add", "x", "x")}, [1], {})
    assert [entry.name for entry in tmp_path.iterdir()] == ["config.json"]


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    def save(value):
        g = Graph()
        added = g("Add", "x", g.constant([value], np.float64))
        g.save(tmp_path, ("x", np.float64, [1]), {"y": added}, [1], {})

    def fail(model, path, **_):
        with open(path, "wb") as file:
            file.write(b"half")
        raise OSError("disk full")

    save(1.0)
    with monkeypatch.context() as patch:
        patch.setattr(onnx, "save", fail)
        with pytest.raises(OSError, match="disk full"):
            save(2.0)
    session, _ = open_file(tmp_path)
    assert session.run(["y"], {"x": np.zeros(1)})[0] == [1.0]
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.onnx"]


def test_metadata_is_json():
    found = label_metadata(["a", "ü"], np.array([0.1, 1]))
    assert found["label_names"] == '["a", "ü"]'
    assert json.loads(found["thresholds"]) == [0.1, 1.0]
