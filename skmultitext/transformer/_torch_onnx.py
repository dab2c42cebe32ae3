"""ONNX files of networks in PyTorch: logits and probabilities of token ids, without PyTorch."""

import logging
import warnings
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

from .._optional import require
from ._isolation import isolated_generators, quiet_transformers

__all__ = ["export_onnx"]

_FEATURE = "to_onnx"
# a file of protobuf ends at 2 GiB: greater weights stand in a file of their own
_MOST_BYTES = 2**31 - 2**27


class _OnnxTagger(nn.Module):
    """A network whose inputs have an order and whose constant labels are in its graph.

    Parameters
    ----------
    score : callable
        Logits of rows, by the names of the inputs.
    model : torch.nn.Module
        What `score` computes with.
    names : list of str
        The inputs.
    constants : ndarray of shape (n_labels,), dtype float64
        Logits of the constant labels, nan for the others.
    """

    def __init__(self, score, model, names, constants):
        super().__init__()
        self._score = score
        self.model = model
        self.names = names
        # XLNet subtracts its mask from 1.0, which the exporter knows for floats only
        self.float_mask = model.encoder.config.model_type == "xlnet"
        self.register_buffer("varies", torch.from_numpy(np.isnan(constants)))
        self.register_buffer("constants", torch.from_numpy(np.nan_to_num(constants)).float())

    def forward(self, *inputs):
        """Compute logits and probabilities of rows, each of shape (n_rows, n_labels)."""
        named = dict(zip(self.names, inputs, strict=True))
        if self.float_mask:
            named["attention_mask"] = named["attention_mask"].float()
        logits = self._score(**named).float()
        logits = torch.where(self.varies, logits, self.constants)
        return logits, torch.sigmoid(logits)


def export_onnx(network, directory, constants, *, linear=None, quantize=False):
    """Write ``model.onnx`` and on request ``model.int8.onnx``.

    Parameters
    ----------
    network : TorchNetwork
        The network.
    directory : pathlib.Path
        Where to, it exists.
    constants : ndarray of shape (n_labels,), dtype float64
        Logits of the labels that are constant, nan for the others.
    linear : tuple of (ndarray, ndarray), default=None
        Weights of shape (n_labels, n_features) and intercepts of shape (n_labels,) that take
        the place of the head.
    quantize : bool, default=False
        Whether the second file is written.
    """
    for library in ("onnx", "onnxscript", *(["onnxruntime"] if quantize else [])):
        require(library, _FEATURE)
    model = network.model.eval()
    device = next(model.parameters()).device
    tokens = network.encode(["a", "a a a"])
    arrays = tokens.padded(np.arange(2))
    inputs = tuple(torch.from_numpy(array).to(device) for array in arrays.values())
    score = model.score if linear is None else _linear_score(model, *linear, device)
    tagger = _OnnxTagger(score, model, list(arrays), constants).to(device).eval()
    n_bytes = sum(p.numel() * p.element_size() for p in model.parameters())
    axes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("sequence")}
    file = directory / "model.onnx"
    with quiet_transformers(), isolated_generators(), _quiet_export():
        torch.onnx.export(
            tagger,
            inputs,
            str(file),
            input_names=list(arrays),
            output_names=["logits", "probabilities"],
            dynamic_shapes=(tuple(dict(axes) for _ in inputs),),
            dynamo=True,
            external_data=n_bytes > _MOST_BYTES,
            verbose=False,
        )
        if quantize:
            _quantize(file, directory / "model.int8.onnx", large=n_bytes > _MOST_BYTES)


def _linear_score(model, weights, intercepts, device):
    """Logits by a linear classifier of the pooled vectors."""
    weights = torch.from_numpy(np.ascontiguousarray(weights.T)).float().to(device)
    intercepts = torch.from_numpy(intercepts).float().to(device)
    return lambda **inputs: model.features(**inputs) @ weights + intercepts


def _quantize(file, target, *, large):
    """Write a model whose matrices are of 8 bits, and whose activations become so as they come."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.quant_utils import add_pre_process_metadata

    model = onnx.load(str(file))
    del model.graph.value_info[:]  # the exporter's shapes are those from before its rewriting
    add_pre_process_metadata(model)  # else a warning, which sets up Python's logging
    quantize_dynamic(
        model,
        str(target),
        weight_type=QuantType.QInt8,
        per_channel=True,
        use_external_data_format=large,
    )


@contextmanager
def _quiet_export():
    """Keep the exporter from telling what it does."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"(torch|onnx\w*|copyreg)(\.|$)")
            yield
    finally:
        logger.setLevel(level)
