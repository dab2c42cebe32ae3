"""KerasNetwork: a fitted Keras network and its tokenizer, as stored and pickled by a tagger."""

import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._gate.types import AnyArray, FloatArray, IntArray
from ..._runtime.generators import isolated_generators
from ..._runtime.pickling import SavedFolder
from ...neural._network import Network, check_weights
from ...sequences import length_batches
from ...training._keras_step import compile_batches
from .._frameworks import quiet_transformers
from .._saved_files import check_saved_files, pack_tokenizer, unpack_files
from .._tokenizers import load_tokenizer
from .._tokens import TokenizedTexts, TokenReader
from ._model import make_parts

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

__all__ = ["KerasNetwork", "as_inputs"]

_KERAS_OWN = ("name", "trainable")  # entries of a backbone's configuration that are not sizes
# tokens per batch in prediction, including padding
_BUDGET = 4096
_MOST_ROWS = 1024


class KerasNetwork:
    """A network, its tokenizer, and how texts are read, like `TorchNetwork`."""

    framework = "tensorflow"

    def __init__(
        self,
        network: Network,
        tokenizer: "PreTrainedTokenizerBase",
        n_labels: int,
        head: dict[str, Any],
        reading: dict[str, Any],
    ) -> None:
        self.network = network
        self.reader = TokenReader(tokenizer, **reading)
        self.n_labels = n_labels
        self.head = head
        self.reading = reading
        self._compile()

    def _compile(self) -> None:
        self.body, self.top, self.backbone = make_parts(self.network.model)
        self._body = compile_batches(lambda x: self.body(x, training=False), self.body)
        self._top = compile_batches(lambda x: self.top(x, training=False), self.top)

    def encode(self, texts: list[str]) -> TokenizedTexts:
        """Tokenise texts."""
        return self.reader.encode(texts)

    def logits(self, tokens: TokenizedTexts) -> FloatArray:
        """Compute the logits of texts."""
        return self._pool(self._by_rows(tokens, self.network.logits, np.float64), tokens)

    def features(self, tokens: TokenizedTexts) -> FloatArray:
        """Compute the pooled vectors of rows."""
        return self._by_rows(tokens, self._body, np.float32)

    def feature_logits(self, features: FloatArray, tokens: TokenizedTexts) -> FloatArray:
        """Compute the logits of texts from the pooled vectors of their rows."""
        return self._pool(np.asarray(self._top(features), dtype=np.float64), tokens)

    def _by_rows(
        self, tokens: TokenizedTexts, function: Callable[[dict[str, IntArray]], Any], dtype: type
    ) -> FloatArray:
        results: Any = None
        for rows in length_batches(tokens.row_lengths, _MOST_ROWS, token_budget=_BUDGET):
            found = np.asarray(function(as_inputs(tokens.padded(rows), self.backbone)))
            if results is None:
                results = tokens.allocate(found.shape[1], dtype)
            results[rows] = found
        return results

    def _pool(self, rows: FloatArray, tokens: TokenizedTexts) -> FloatArray:
        """Pool the logits of windows to those of texts."""
        starts = tokens.text_starts[:-1]
        if len(starts) == len(rows):
            return rows
        if self.head["window_pooling"] == "max":
            return np.maximum.reduceat(rows, starts)
        # log p = -log(1 + exp(-logit)); see `by_text`
        return np.logaddexp.reduceat(-np.logaddexp(0, -rows), starts) - np.logaddexp.reduceat(
            -np.logaddexp(0, rows), starts
        )

    def __getstate__(self) -> dict[str, Any]:
        state = {key: vars(self)[key] for key in ("network", "n_labels", "head", "reading")}
        with quiet_transformers():
            state["files"] = pack_tokenizer(self.reader.tokenizer)
        state["network"] = self.network.__getstate__()
        return state

    def _to_saved(self) -> dict[str, Any]:
        state = self.__getstate__()
        network = state.pop("network")
        weights = {f"{i:04d}": array for i, array in enumerate(network["weights"])}
        files = check_saved_files(state.pop("files"), len(weights))
        # Keras stores the dtype policy as a class reference; store only its name
        config = dict(network["config"])
        sizes = {k: v for k, v in config["backbone_config"].items() if k not in _KERAS_OWN}
        config["backbone_config"] = {**sizes, "dtype": self.backbone.dtype_policy.name}
        return state | {
            "build": network["build"],
            "config": config,
            "folder": SavedFolder("transformer", files, weights),
        }

    @classmethod
    def _from_saved(cls, state: dict[str, Any]) -> "KerasNetwork":
        """Restore a network from a saved model, after checking the shapes of all weights."""
        folder = state.pop("folder")
        weights = [folder.tensors[name] for name in sorted(folder.tensors)]
        files = check_saved_files(folder.files, len(weights))
        network = {name: state.pop(name) for name in ("build", "config")} | {"weights": weights}
        with isolated_generators():
            check_weights(**network)
        value = cls.__new__(cls)
        value.__setstate__(state | {"files": files, "network": network})
        return value

    def __setstate__(self, state: dict[str, Any]) -> None:
        files, network = state.pop("files"), state.pop("network")
        vars(self).update(state)
        with (
            tempfile.TemporaryDirectory() as directory,
            isolated_generators(),
            quiet_transformers(),
        ):
            random.seed(0)  # KerasHub draws its dropout seeds from `random`
            unpack_files(files, Path(directory))
            self.reader = TokenReader(load_tokenizer(Path(directory)), **self.reading)
            self.network = Network.__new__(Network)
            self.network.__setstate__(network)
        self._compile()


def as_inputs(arrays: dict[str, IntArray], backbone: Any) -> dict[str, AnyArray]:
    """Rename the arrays of padded rows to the input names of a KerasHub backbone."""
    named = {"token_ids": arrays["input_ids"], "padding_mask": arrays["attention_mask"]}
    if "segment_ids" in {tensor.name for tensor in backbone.inputs}:
        zeros = np.zeros_like(arrays["input_ids"])
        named["segment_ids"] = arrays.get("token_type_ids", zeros)
    return {name: array.astype(np.int32) for name, array in named.items()}
