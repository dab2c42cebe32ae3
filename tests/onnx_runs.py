"""Run ONNX files and graphs in tests."""

import json

import numpy as np
import onnx
import onnxruntime as ort

from skmultitext._runtime.onnx_files import _IR_VERSION, _OPSETS


def as_input(texts):
    """Texts as the runtime takes them: an array of str would end at a NUL."""
    return np.array(list(texts), dtype=object)


def open_file(directory):
    """A session of model.onnx, with the core of the runtime only, and its metadata."""
    file = str(directory / "model.onnx")
    session = ort.InferenceSession(file, providers=["CPUExecutionProvider"])
    metadata = session.get_modelmeta().custom_metadata_map
    return session, {name: json.loads(value) for name, value in metadata.items()}


def open_graph(graph, inputs, results):
    """A session that computes names of a graph from inputs of the given dtypes."""
    outputs = [onnx.helper.make_empty_tensor_value_info(name) for name in results]
    given = [graph._described(name, dtype, None) for name, dtype in inputs.items()]
    model = onnx.helper.make_model(
        onnx.helper.make_graph(
            graph._nodes, "test", given, outputs, list(graph._constants.values())
        ),
        opset_imports=[onnx.helper.make_opsetid(*each) for each in _OPSETS.items()],
        ir_version=_IR_VERSION,
    )
    return ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def run_graph(graph, inputs, results):
    """Compute names of a graph from arrays; that of texts has dtype object."""
    dtypes = {name: array.dtype for name, array in inputs.items()}
    return open_graph(graph, dtypes, results).run(list(results), inputs)
