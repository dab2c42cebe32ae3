"""Two-layer checkpoints with random weights, so that the examples run without a model hub."""

import re
from collections import Counter

import torch
from tokenizers.implementations import BertWordPieceTokenizer
from transformers import CONFIG_MAPPING, AutoModel, PreTrainedTokenizerFast
from transformers.utils import logging

TOKENS = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
BERT_SIZES = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 128,
}
SIZES = {
    "bert": BERT_SIZES,
    "roberta": BERT_SIZES,
    "distilbert": {"dim": 64, "n_layers": 2, "n_heads": 2, "hidden_dim": 128},
    "xlnet": {"d_model": 64, "n_layer": 2, "n_head": 2, "d_inner": 128},
}


def small_checkpoint(directory, model_type, texts, vocabulary_size=4000):
    """Write an untrained checkpoint of an architecture, with the words of texts as tokens."""
    counts = Counter(word for text in texts for word in re.findall(r"\w+|[^\w\s]", text.lower()))
    letters = sorted(set("".join(counts)))
    words = [word for word, _ in counts.most_common(vocabulary_size)]
    tokens = [*TOKENS.values(), *letters, *(f"##{letter}" for letter in letters), *words]
    vocabulary = {token: i for i, token in enumerate(dict.fromkeys(tokens))}
    pieces = BertWordPieceTokenizer(vocabulary)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=pieces._tokenizer,
        padding_side="left" if model_type == "xlnet" else "right",
        model_input_names=["input_ids", "attention_mask"],
        **{f"{kind}_token": token for kind, token in TOKENS.items()},
    )
    config = CONFIG_MAPPING[model_type](
        vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id, **SIZES[model_type]
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = AutoModel.from_config(config)
    logging.disable_progress_bar()
    model.save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    return directory
