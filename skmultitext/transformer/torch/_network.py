"""TorchNetwork: a fitted PyTorch network, its tokenizer and its device, as a tagger stores it."""

import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ..._gate.types import FloatArray
from ..._runtime.generators import isolated_generators
from ..._runtime.messages import shown
from ..._runtime.pickling import SavedFolder
from ...sequences import length_batches
from .._frameworks import quiet_transformers
from .._saved_files import check_saved_files, pack_tokenizer, unpack_files
from .._tokenizers import load_tokenizer
from .._tokens import TokenizedTexts, TokenReader, check_max_length
from ._loading import build_model
from ._model import NativeTagger, PooledTagger, pool_windows

__all__ = ["TorchNetwork", "find_device", "find_precision", "position_limit"]

# tokens per batch in prediction, including padding: on a CPU a batch should fit into the cache, on
# a GPU it should use all cores
_BUDGET = {"cpu": 1024, "cuda": 2**16, "mps": 2**14}
_MOST_ROWS = 1024
# rows on which logits of cached features are compared with those of a full forward pass
_N_COMPARED = 8


class TorchNetwork:
    """A network, its tokenizer, and how texts are read.

    Its pickle holds numpy arrays and the contents of the tokenizer and configuration files: it
    needs neither checkpoint nor hub, and loads on a machine without a GPU.
    """

    framework = "torch"

    def __init__(
        self,
        model: NativeTagger | PooledTagger,
        tokenizer: PreTrainedTokenizerBase,
        n_labels: int,
        head: dict[str, Any],
        reading: dict[str, Any],
        *,
        device: str = "auto",
        precision: str = "float32",
    ) -> None:
        self.model = model.eval()
        self.reader = TokenReader(tokenizer, **reading)
        self.n_labels = n_labels
        self.head = head
        self.layout = model.layout
        self.reading = reading
        self.device = device
        self.precision = precision
        check_max_length(self.reader.max_length, position_limit(model.encoder))
        self.model.to(find_device(device))

    def encode(self, texts: list[str]) -> TokenizedTexts:
        """Tokenise texts."""
        return self.reader.encode(texts)

    def logits(self, tokens: TokenizedTexts) -> FloatArray:
        """Compute the logits of texts."""
        rows = self._by_rows(tokens, self.model.score, self.n_labels, np.float64)
        return self._pool(rows, tokens)

    def keep_features(self, tokens: TokenizedTexts) -> bool:
        """Test on rows of different lengths whether cached features give the same logits."""
        order = np.argsort(tokens.row_lengths, kind="stable")
        rows = order[np.unique(np.linspace(0, len(order) - 1, _N_COMPARED).astype(int))]
        device = next(self.model.parameters()).device
        batch = {n: torch.from_numpy(a).to(device) for n, a in tokens.padded(rows).items()}
        with isolated_generators(), torch.inference_mode():
            return self.model.eval().keep_features(**batch)

    def features(self, tokens: TokenizedTexts) -> FloatArray:
        """Compute the input of the head for each row."""
        return self._by_rows(tokens, self.model.features, None, np.float32)

    def feature_logits(self, features: FloatArray, tokens: TokenizedTexts) -> FloatArray:
        """Compute the logits of texts from cached features."""
        self.model.eval()
        device = next(self.model.parameters()).device
        with isolated_generators(), torch.inference_mode():
            rows = self.model.classify(torch.from_numpy(features).to(device))
        return self._pool(rows.double().cpu().numpy(), tokens)

    def _by_rows(
        self,
        tokens: TokenizedTexts,
        function: Callable[..., torch.Tensor],
        n_columns: int | None,  # None: as many as the function returns
        dtype: type,
    ) -> FloatArray:
        """Apply a function to all rows, in batches of similar length."""
        self.model.eval()
        device = next(self.model.parameters()).device
        results: Any = None
        autocast = nullcontext()
        if self.precision != "float32":
            autocast = torch.autocast(device.type, dtype=getattr(torch, self.precision))
        batches = length_batches(tokens.row_lengths, _MOST_ROWS, token_budget=_BUDGET[device.type])
        with torch.inference_mode(), autocast:
            for rows in batches:
                inputs = tokens.padded(rows)
                batch = {name: torch.from_numpy(a).to(device) for name, a in inputs.items()}
                found = function(**batch).float().cpu().numpy()
                if results is None:
                    results = tokens.allocate(n_columns or found.shape[1], dtype)
                results[rows] = found
        return results

    def _pool(self, rows: FloatArray, tokens: TokenizedTexts) -> FloatArray:
        """Pool the logits of windows to those of texts."""
        counts = np.diff(tokens.text_starts)
        if (counts == 1).all():
            return rows
        owners = torch.from_numpy(np.repeat(np.arange(tokens.n_texts), counts))
        how = self.head["window_pooling"]
        return pool_windows(torch.from_numpy(rows), owners, tokens.n_texts, how).numpy()

    def __getstate__(self) -> dict[str, Any]:
        state = vars(self).copy()
        model, reader = state.pop("model"), state.pop("reader")
        with quiet_transformers():
            state["files"] = pack_tokenizer(reader.tokenizer, model.encoder.config)
        state["weights"] = {
            name: tensor.detach().cpu().numpy().copy()
            for name, tensor in model.state_dict().items()
            if not name.startswith("loss.")
        }
        return state

    def _to_saved(self) -> dict[str, Any]:
        state = self.__getstate__()
        weights = state.pop("weights")
        files = check_saved_files(state.pop("files"), len(weights))
        return state | {"folder": SavedFolder("transformer", files, weights)}

    @classmethod
    def _from_saved(cls, state: dict[str, Any]) -> "TorchNetwork":
        """Restore a network from a saved model, after checking the shapes of all weights."""
        folder = state.pop("folder")
        files = check_saved_files(folder.files, len(folder.tensors))
        network = cls.__new__(cls)
        with torch.device("meta"):  # shapes only, no memory
            parts = state["n_labels"], state["head"], state["layout"]
            shapes = network._build(files, *parts)[0].state_dict()
        wanted = {name: tuple(tensor.shape) for name, tensor in shapes.items()}
        found = {name: array.shape for name, array in folder.tensors.items()}
        if wanted != found:
            raise ValueError("the weights have other shapes than the configuration says")
        network.__setstate__(state | {"files": files, "weights": folder.tensors})
        return network

    def _build(
        self, files: dict[str, bytes], n_labels: int, head: dict[str, Any], layout: dict[str, bool]
    ) -> tuple[NativeTagger | PooledTagger, PreTrainedTokenizerBase]:
        """Build the network without loading weights; return it and its tokenizer."""
        with (
            tempfile.TemporaryDirectory() as directory,
            isolated_generators(),
            quiet_transformers(),
        ):
            unpack_files(files, Path(directory))
            tokenizer = load_tokenizer(Path(directory))
            return build_model(Path(directory), n_labels, head, layout), tokenizer

    def __setstate__(self, state: dict[str, Any]) -> None:
        files, weights = state.pop("files"), state.pop("weights")
        vars(self).update(state)
        model, tokenizer = self._build(files, self.n_labels, self.head, self.layout)
        model.load_state_dict({name: torch.from_numpy(a.copy()) for name, a in weights.items()})
        self.reader = TokenReader(tokenizer, **self.reading)
        # the device of training may not exist on this machine
        try:
            device = find_device(self.device)
        except ValueError:
            device = find_device("auto")
        self.model = model.eval().to(device)


def position_limit(encoder: PreTrainedModel) -> int | None:
    """Return the number of positions of an encoder; None if it has no absolute positions."""
    limit = getattr(encoder.config, "max_position_embeddings", None)
    if not limit or limit < 0 or not getattr(encoder.config, "position_biased_input", True):
        return None  # XLNet and DeBERTa: relative positions
    table = getattr(getattr(encoder, "embeddings", None), "position_embeddings", None)
    # RoBERTa and similar models number positions from padding_idx + 1
    offset = getattr(table, "padding_idx", None)
    return limit if offset is None else limit - offset - 1


def find_device(device: str) -> torch.device:
    """Find the device to compute on."""
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": _has_mps()}
    if device == "auto":
        device = next(name for name in ("cuda", "mps", "cpu") if present[name])
    if not present[device]:
        found = ", ".join(repr(name) for name, there in present.items() if there)
        raise ValueError(
            f"device is {shown(device)}, but PyTorch finds none on this machine; it finds {found}."
        )
    return torch.device(device)


def _has_mps() -> bool:
    return bool(torch.backends.mps.is_available())


def find_precision(precision: str, device: torch.device) -> str:
    """Find the precision to train in."""
    if precision == "float16" and device.type != "cuda":
        raise ValueError(
            f"precision='float16' needs a CUDA GPU, but the device is {shown(device.type)}; pass "
            f"'bfloat16' or 'float32'."
        )
    if precision != "auto":
        return precision
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    return "bfloat16" if device.type == "cpu" and _cpu_has_bfloat16() else "float32"


def _cpu_has_bfloat16() -> bool:
    found = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(found.get("avx512_bf16") or found.get("amx_tile"))
