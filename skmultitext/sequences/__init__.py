"""Words and sentences as numbers: vocabulary, word ids, masks, and batches by length."""

from ._batches import length_batches, round_up_lengths
from ._vectors import read_word_vectors
from ._vocabulary import Vocabulary
from ._word_ids import Tokenizer, WordIds, count_words, encode_texts

__all__ = [
    "Tokenizer",
    "Vocabulary",
    "WordIds",
    "count_words",
    "encode_texts",
    "length_batches",
    "read_word_vectors",
    "round_up_lengths",
]


def __dir__() -> list[str]:
    return __all__
