"""Training data as `transformers.Trainer` takes it: batches of texts of like length."""

import numpy as np
import torch
from torch.utils.data import BatchSampler, Dataset

from ..neural._tagger import dense_rows
from ..sequences import length_batches

__all__ = ["Collator", "LengthBatchSampler", "Positions"]


class Positions(Dataset):
    """The positions 0, 1, ..., n - 1 of the texts: a batch is made of all its texts at once.

    Parameters
    ----------
    n_texts : int
        Number of texts.
    """

    def __init__(self, n_texts):
        self.n_texts = n_texts

    def __len__(self):
        return self.n_texts

    def __getitem__(self, position):
        return position


class LengthBatchSampler(BatchSampler):
    """Batches of texts of like length, in an order of chance that changes from epoch to epoch.

    Parameters
    ----------
    lengths : ndarray of shape (n_texts,) or (n_texts, 2), dtype int64
        Length of each text, or its rows and the longest of them.
    batch_size : int
        Texts in a batch.
    seed : int
        Seed of the order; the order of an epoch depends on nothing but this and its number.
    """

    def __init__(self, lengths, batch_size, seed):
        self.lengths = lengths
        self.batch_size = batch_size
        self.drop_last = False  # accelerate asks for it
        self.seed = seed
        self.epoch = 0
        self._n_batches = len(self._batches())

    def set_epoch(self, epoch):
        """Set the number of the epoch, counted from 0; Trainer calls this.

        Parameters
        ----------
        epoch : int
            The number.
        """
        self.epoch = epoch

    def _batches(self):
        rng = np.random.RandomState(
            np.random.SeedSequence([self.seed, self.epoch]).generate_state(1)
        )
        return length_batches(self.lengths, self.batch_size, rng=rng)

    def __len__(self):
        return self._n_batches

    def __iter__(self):
        for batch in self._batches():
            yield batch.tolist()


class Collator:
    """Makes the tensors of a batch.

    Parameters
    ----------
    tokens : TokenizedTexts
        The texts.
    indicator : ndarray or CSR of shape (n_texts, n_labels)
        Their labels.
    sample_weight : ndarray of shape (n_texts,) or None
        Their weights.
    features : ndarray of shape (n_rows, n_features), default=None
        What a frozen encoder made of the rows of the texts, in the place of their tokens.
    """

    def __init__(self, tokens, indicator, sample_weight, features=None):
        self.tokens = tokens
        self.indicator = indicator
        self.sample_weight = sample_weight
        self.features = features
        self.has_windows = len(tokens.row_starts) != len(tokens.text_starts)

    def __call__(self, positions):
        """Make a batch.

        Parameters
        ----------
        positions : list of int
            Positions of its texts.

        Returns
        -------
        dict of {str: tensor}
            Arguments of the network.
        """
        texts = np.asarray(positions)
        rows, owners = self.tokens.rows_of(texts)
        if self.features is None:
            arrays = self.tokens.padded(rows)
        else:
            arrays = {"features": self.features[rows]}
        arrays["labels"] = dense_rows(self.indicator, texts)
        if self.has_windows:
            arrays["owners"] = owners
        if self.sample_weight is not None:
            arrays["weights"] = self.sample_weight[texts].astype(np.float32)
        return {name: torch.from_numpy(array) for name, array in arrays.items()}
