"""A fitted network in PyTorch with all it needs to read texts: what a tagger keeps and pickles."""

import tempfile
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import torch

from ..persistence import SavedFolder
from ..sequences import length_batches
from ._isolation import isolated_generators, quiet_transformers
from ._saved_files import check_saved_files
from ._tokenizers import load_tokenizer, pack_tokenizer, unpack_files
from ._tokens import TokenReader
from ._torch_device import find_device
from ._torch_loading import build_model
from ._torch_pooling import pool_windows

__all__ = ["TorchNetwork", "position_limit"]

# tokens, padding included, of a batch of prediction: on a processor a batch should stay in its
# cache, a GPU wants to be kept busy
_BUDGET = {"cpu": 1024, "cuda": 2**16, "mps": 2**14}
_MOST_ROWS = 1024


class TorchNetwork:
    """A network, its tokenizer, and how texts are read.

    It pickles as numpy arrays and the content of its small files: a pickle needs neither the
    checkpoint nor the hub, and opens on a machine without a GPU.

    Parameters
    ----------
    model : NativeTagger or PooledTagger
        The network.
    tokenizer : transformers.PreTrainedTokenizerBase
        The tokenizer.
    n_labels : int
        Number of labels.
    head : dict
        The parameters of the head.
    reading : dict
        The parameters of `TokenReader`.
    device : {"auto", "cpu", "cuda", "mps"}, default="auto"
        Where to predict.
    precision : {"float32", "bfloat16", "float16"}, default="float32"
        In which precision to predict.

    Attributes
    ----------
    model : NativeTagger or PooledTagger
        The network.
    reader : TokenReader
        What reads texts.
    """

    framework = "torch"

    def __init__(
        self, model, tokenizer, n_labels, head, reading, *, device="auto", precision="float32"
    ):
        self.model = model.eval()
        self.reader = TokenReader(tokenizer, **reading)
        self.n_labels = n_labels
        self.head = head
        self.reading = reading
        self.device = device
        self.precision = precision
        _check_length(model.encoder, self.reader)
        self.model.to(find_device(device))

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
        rows = self._by_rows(tokens, self.model.score, self.n_labels, np.float64)
        return self._pool(rows, tokens)

    def features(self, tokens):
        """Compute what the head sees of each row.

        Parameters
        ----------
        tokens : TokenizedTexts
            The texts.

        Returns
        -------
        ndarray of shape (n_rows, n_features), dtype float32
        """
        return self._by_rows(tokens, self.model.features, None, np.float32)

    def feature_logits(self, features, tokens):
        """Compute logits of features.

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
        self.model.eval()
        device = next(self.model.parameters()).device
        with isolated_generators(), torch.inference_mode():
            rows = self.model.classify(torch.from_numpy(features).to(device))
        return self._pool(rows.double().cpu().numpy(), tokens)

    def _by_rows(self, tokens, function, n_columns, dtype):
        """Apply a function to all rows, batch by batch of like length."""
        self.model.eval()
        device = next(self.model.parameters()).device
        results = None
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
                    n_rows = len(tokens.row_starts) - 1
                    results = np.empty((n_rows, n_columns or found.shape[1]), dtype=dtype)
                results[rows] = found
        return results

    def _pool(self, rows, tokens):
        """Logits of texts from those of their windows."""
        counts = np.diff(tokens.text_starts)
        if (counts == 1).all():
            return rows
        owners = torch.from_numpy(np.repeat(np.arange(tokens.n_texts), counts))
        how = self.head["window_pooling"]
        return pool_windows(torch.from_numpy(rows), owners, tokens.n_texts, how).numpy()

    def __getstate__(self):
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

    def _to_saved(self):
        state = self.__getstate__()
        weights = state.pop("weights")
        files = check_saved_files(state.pop("files"), len(weights))
        return state | {"folder": SavedFolder("transformer", files, weights)}

    @classmethod
    def _from_saved(cls, state):
        """Build it from the state in a saved model, once the weights are seen to fit its sizes."""
        folder = state.pop("folder")
        files = check_saved_files(folder.files, len(folder.tensors))
        network = cls.__new__(cls)
        with torch.device("meta"):  # shapes without memory
            shapes = network._build(files, state["n_labels"], state["head"])[0].state_dict()
        wanted = {name: tuple(tensor.shape) for name, tensor in shapes.items()}
        found = {name: array.shape for name, array in folder.tensors.items()}
        if wanted != found:
            raise ValueError("the weights have other shapes than the configuration says")
        network.__setstate__(state | {"files": files, "weights": folder.tensors})
        return network

    def _build(self, files, n_labels, head):
        """Build the network without its weights; return it and its tokenizer."""
        with (
            tempfile.TemporaryDirectory() as directory,
            isolated_generators(),
            quiet_transformers(),
        ):
            unpack_files(files, Path(directory))
            tokenizer = load_tokenizer(Path(directory))
            return build_model(Path(directory), tokenizer, n_labels, head), tokenizer

    def __setstate__(self, state):
        files, weights = state.pop("files"), state.pop("weights")
        vars(self).update(state)
        model, tokenizer = self._build(files, self.n_labels, self.head)
        model.load_state_dict({name: torch.from_numpy(a.copy()) for name, a in weights.items()})
        self.reader = TokenReader(tokenizer, **self.reading)
        # the GPU that it was trained on need not be here
        try:
            device = find_device(self.device)
        except ValueError:
            device = find_device("auto")
        self.model = model.eval().to(device)


def position_limit(encoder):
    """Find how many tokens an encoder has positions for.

    Parameters
    ----------
    encoder : transformers.PreTrainedModel
        The encoder.

    Returns
    -------
    int or None
        None where there is no limit.
    """
    limit = getattr(encoder.config, "max_position_embeddings", None)
    if not limit or limit < 0 or not getattr(encoder.config, "position_biased_input", True):
        return None  # XLNet and DeBERTa count distances, not positions
    table = getattr(getattr(encoder, "embeddings", None), "position_embeddings", None)
    # RoBERTa and its like count positions from behind that of padding
    offset = getattr(table, "padding_idx", None)
    return limit if offset is None else limit - offset - 1


def _check_length(encoder, reader):
    limit = position_limit(encoder)
    if limit is not None and reader.max_length > limit:
        raise ValueError(
            f"max_length is {reader.max_length}, but this model has positions for {limit} tokens. "
            f"Set max_length to at most {limit}; long_text='window' reads longer documents whole."
        )
