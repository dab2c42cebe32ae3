"""ONNX files of networks in PyTorch: logits and probabilities of token ids, without PyTorch."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from ..._gate.types import FloatArray
from ..._runtime.generators import isolated_generators
from ..._runtime.messages import shown
from ..._runtime.onnx_files import FEATURE, MOST_BYTES
from ..._runtime.optional import require
from ..._runtime.threads import SharedSetting, ignored_warnings
from .._frameworks import quiet_transformers
from ._network import TorchNetwork

__all__ = ["export_onnx"]


class _OnnxTagger(nn.Module):
    """A network with positional inputs, whose graph holds the logits of constant labels."""

    def __init__(
        self,
        score: Callable[..., torch.Tensor],
        model: nn.Module,
        names: list[str],
        constants: FloatArray,
    ) -> None:
        super().__init__()
        self._score = score
        self.model = model
        self.names = names
        # XLNet subtracts its mask from 1.0, which the exporter supports for floats only
        self.float_mask = model.encoder.config.model_type == "xlnet"
        self.register_buffer("varies", torch.from_numpy(np.isnan(constants)))
        self.register_buffer("constants", torch.from_numpy(np.nan_to_num(constants)).float())

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Compute logits and probabilities of rows, each of shape (n_rows, n_labels)."""
        named = dict(zip(self.names, inputs, strict=True))
        if self.float_mask:
            named["attention_mask"] = named["attention_mask"].float()
        logits = self._score(**named).float()
        logits = torch.where(self.varies, logits, self.constants)
        return logits, torch.sigmoid(logits)


def export_onnx(
    network: TorchNetwork,
    directory: Path,
    constants: FloatArray,
    metadata: dict[str, str],
    *,
    linear: tuple[FloatArray, FloatArray] | None = None,  # weights, intercepts
    quantize: bool = False,
) -> None:
    """Write ``model.onnx`` and on request ``model.int8.onnx``."""
    for library in ("onnx", "onnxscript", *(["onnxruntime"] if quantize else [])):
        require(library, FEATURE, "transformers-onnx")
    model = network.model.eval()
    if model.sees_padding:
        raise ValueError(
            f"The architecture {shown(model.encoder.config.model_type)} depends on padding, so "
            f"rows of different lengths cannot share a batch, and an ONNX graph cannot separate "
            f"them. Keep this tagger with save."
        )
    device = next(model.parameters()).device
    tokens = network.encode(["a", "a a a"])
    arrays = tokens.padded(np.arange(2))
    inputs = tuple(torch.from_numpy(array).to(device) for array in arrays.values())
    score = model.score
    if linear is not None:
        weights, intercepts = linear
        score = _linear_score(model, weights, intercepts, device)
    tagger = _OnnxTagger(score, model, list(arrays), constants).to(device).eval()
    n_bytes = sum(p.numel() * p.element_size() for p in model.parameters())
    axes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("sequence")}
    file = directory / "model.onnx"
    with quiet_transformers(), isolated_generators(), _quiet_export:
        try:
            program = torch.onnx.export(
                tagger,
                inputs,
                input_names=list(arrays),
                output_names=["logits", "probabilities"],
                dynamic_shapes=(tuple(dict(axes) for _ in inputs),),
                dynamo=True,
                verbose=False,
            )
            program.model.metadata_props.update(metadata)
            program.save(str(file), external_data=n_bytes > MOST_BYTES)
        except torch.onnx.OnnxExporterError:
            # not chained: the exporter's message is hundreds of lines long
            raise ValueError(
                f"The architecture {shown(model.encoder.config.model_type)} cannot be written as "
                f"ONNX: PyTorch's exporter does not support computations that depend on the texts. "
                f"Keep this tagger with save."
            ) from None
        if quantize:
            _quantize(file, directory / "model.int8.onnx", large=n_bytes > MOST_BYTES)


def _linear_score(
    model: nn.Module, coef: Any, intercept: FloatArray, device: torch.device
) -> Callable[..., torch.Tensor]:
    """Logits by a linear classifier of the pooled vectors."""
    weights = torch.from_numpy(np.ascontiguousarray(coef.T)).float().to(device)
    intercepts = torch.from_numpy(intercept).float().to(device)
    return lambda **inputs: model.features(**inputs) @ weights + intercepts


def _quantize(file: Path, target: Path, *, large: bool) -> None:
    """Write the model with 8-bit weight matrices; activations are quantised on the fly."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.quant_utils import add_pre_process_metadata

    model = onnx.load(str(file))
    del model.graph.value_info[:]  # the exporter's shapes are outdated after its optimisation
    add_pre_process_metadata(model)  # prevents a warning that would configure logging
    quantize_dynamic(
        model,
        str(target),
        weight_type=QuantType.QInt8,
        per_channel=True,
        use_external_data_format=large,
    )


@contextmanager
def _silence_exporter() -> Iterator[None]:
    """Silence the exporter."""
    logger = logging.getLogger("torch")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        # a failing export prints its graph to stderr, not to a logger
        with ignored_warnings(r"(torch|onnx\w*|copyreg)(\.|$)"), redirect_stderr(StringIO()):
            yield
    finally:
        logger.setLevel(level)


_quiet_export = SharedSetting(_silence_exporter)
