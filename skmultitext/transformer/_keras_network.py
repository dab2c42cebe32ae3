"""A fitted network in Keras with all it needs to read texts: what a tagger keeps and pickles."""

import random
import tempfile
from pathlib import Path

import numpy as np

from ..neural._network import Network, check_weights
from ..neural._steps import compile_batches
from ..persistence import SavedFolder
from ..sequences import length_batches
from ._isolation import isolated_generators, quiet_transformers
from ._keras_model import make_parts
from ._saved_files import check_saved_files
from ._tokenizers import load_tokenizer, pack_tokenizer, unpack_files
from ._tokens import TokenReader

__all__ = ["KerasNetwork", "as_inputs"]

# tokens, padding included, of a batch of prediction
_BUDGET = 4096
_MOST_ROWS = 1024


class KerasNetwork:
    """A network, its tokenizer, and how texts are read; the TensorFlow side of `TorchNetwork`.

    Parameters
    ----------
    network : Network
        The network.
    tokenizer : transformers.PreTrainedTokenizerBase
        The tokenizer.
    n_labels : int
        Number of labels.
    head : dict
        The parameters of the head.
    reading : dict
        The parameters of `TokenReader`.
    """

    framework = "tensorflow"

    def __init__(self, network, tokenizer, n_labels, head, reading):
        self.network = network
        self.reader = TokenReader(tokenizer, **reading)
        self.n_labels = n_labels
        self.head = head
        self.reading = reading
        self._compile()

    def _compile(self):
        self.body, self.top, self.backbone = make_parts(self.network.model)
        self._body = compile_batches(lambda x: self.body(x, training=False), self.body)
        self._top = compile_batches(lambda x: self.top(x, training=False), self.top)

    def encode(self, texts):
        """Tokenise texts.

        Parameters
        ----------
        texts : list of str
            The texts.

        Returns
        -------
        TokenizedTexts
        """
        return self.reader.encode(texts)

    def logits(self, tokens):
        """Compute logits.

        Parameters
        ----------
        tokens : TokenizedTexts
            The texts.

        Returns
        -------
        ndarray of shape (n_texts, n_labels), dtype float64
            The logits, in the order of the texts.
        """
        return self._pool(self._by_rows(tokens, self.network.logits, np.float64), tokens)

    def features(self, tokens):
        """Compute the pooled vectors of rows.

        Parameters
        ----------
        tokens : TokenizedTexts
            The texts.

        Returns
        -------
        ndarray of shape (n_rows, n_features), dtype float32
        """
        return self._by_rows(tokens, self._body, np.float32)

    def feature_logits(self, features, tokens):
        """Compute logits of pooled vectors.

        Parameters
        ----------
        features : ndarray of shape (n_rows, n_features), dtype float32
            What `features` gave.
        tokens : TokenizedTexts
            The texts.

        Returns
        -------
        ndarray of shape (n_texts, n_labels), dtype float64
        """
        return self._pool(np.asarray(self._top(features), dtype=np.float64), tokens)

    def _by_rows(self, tokens, function, dtype):
        results = None
        for rows in length_batches(tokens.row_lengths, _MOST_ROWS, token_budget=_BUDGET):
            found = np.asarray(function(as_inputs(tokens.padded(rows), self.backbone)))
            if results is None:
                results = np.empty((len(tokens.row_lengths), found.shape[1]), dtype=dtype)
            results[rows] = found
        return results

    def _pool(self, rows, tokens):
        """Logits of texts from those of their windows."""
        starts = tokens.text_starts[:-1]
        if len(starts) == len(rows):
            return rows
        if self.head["window_pooling"] == "max":
            return np.maximum.reduceat(rows, starts)
        # log p = -log(1 + exp(-logit)); see `by_text`
        return np.logaddexp.reduceat(-np.logaddexp(0, -rows), starts) - np.logaddexp.reduceat(
            -np.logaddexp(0, rows), starts
        )

    def __getstate__(self):
        state = {key: vars(self)[key] for key in ("network", "n_labels", "head", "reading")}
        with quiet_transformers():
            state["files"] = pack_tokenizer(self.reader.tokenizer)
        state["network"] = self.network.__getstate__()
        return state

    def _to_saved(self):
        state = self.__getstate__()
        network = state.pop("network")
        weights = {f"{i:04d}": array for i, array in enumerate(network["weights"])}
        files = check_saved_files(state.pop("files"), len(weights))
        # Keras writes the policy of the dtype as a class to be looked up; its name is enough
        config = dict(network["config"])
        dtype = self.backbone.dtype_policy.name
        config["backbone_config"] = {**config["backbone_config"], "dtype": dtype}
        return state | {
            "build": network["build"],
            "config": config,
            "folder": SavedFolder("transformer", files, weights),
        }

    @classmethod
    def _from_saved(cls, state):
        """Build it from the state in a saved model, once the weights are seen to fit its sizes."""
        folder = state.pop("folder")
        weights = [folder.tensors[name] for name in sorted(folder.tensors)]
        files = check_saved_files(folder.files, len(weights))
        network = {name: state.pop(name) for name in ("build", "config")} | {"weights": weights}
        with isolated_generators():
            check_weights(**network)
        value = cls.__new__(cls)
        value.__setstate__(state | {"files": files, "network": network})
        return value

    def __setstate__(self, state):
        files, network = state.pop("files"), state.pop("network")
        vars(self).update(state)
        with (
            tempfile.TemporaryDirectory() as directory,
            isolated_generators(),
            quiet_transformers(),
        ):
            random.seed(0)  # KerasHub draws the seeds of its dropout from there
            unpack_files(files, Path(directory))
            self.reader = TokenReader(load_tokenizer(Path(directory)), **self.reading)
            self.network = Network.__new__(Network)
            self.network.__setstate__(network)
        self._compile()


def as_inputs(arrays, backbone):
    """Name padded rows as a backbone names its inputs.

    Parameters
    ----------
    arrays : dict of {str: ndarray of shape (n_rows, width)}
        What `TokenizedTexts.padded` gave.
    backbone : keras.Model
        The backbone.

    Returns
    -------
    dict of {str: ndarray of shape (n_rows, width), dtype int32}
    """
    named = {"token_ids": arrays["input_ids"], "padding_mask": arrays["attention_mask"]}
    if "segment_ids" in {tensor.name for tensor in backbone.inputs}:
        zeros = np.zeros_like(arrays["input_ids"])
        named["segment_ids"] = arrays.get("token_type_ids", zeros)
    return {name: array.astype(np.int32) for name, array in named.items()}
