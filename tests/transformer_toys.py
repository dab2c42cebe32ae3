"""Two-layer models with random weights and tiny tokenizers, built without a model hub."""

import atexit
import functools
import json
import os
import tempfile
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

WORDS = [
    "late",
    "parcel",
    "refund",
    "money",
    "where",
    "is",
    "my",
    "lamp",
    "please",
    "hello",
    "again",
    "order",
    "wrong",
    "colour",
    "box",
    "invoice",
    "twice",
    "paid",
    "broken",
    "screen",
    "login",
    "password",
    "account",
    "delete",
    "the",
    "a",
    "and",
    "you",
    "me",
    "it",
    "not",
    "alpha",
    "beta",
    "gamma",
    "delta",
    "help",
    "my",
    "since",
    "yesterday",
    "thanks",
    "card",
    "charge",
    "payment",
    "receipt",
    "courier",
    "address",
    "tracking",
    "door",
    "locked",
    "email",
    "reset",
    "sign",
]
LETTERS = [*"abcdefghijklmnopqrstuvwxyz0123456789", *".,!?'"]

_BERT = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
_ROBERTA = {"cls": "<s>", "pad": "<pad>", "sep": "</s>", "unk": "<unk>", "mask": "<mask>"}
_XLNET = {"unk": "<unk>", "sep": "<sep>", "cls": "<cls>", "pad": "<pad>", "mask": "<mask>"}

_SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "max_position_embeddings": 512,
}
_DISTILBERT = {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 48}
_XLNET_SIZES = {"d_model": 32, "n_layer": 2, "n_head": 2, "d_inner": 48}

# model type -> (special tokens, sizes, further settings)
ARCHITECTURES = {
    "bert": (_BERT, _SIZES, {}),
    "distilbert": (_BERT, _DISTILBERT, {"max_position_embeddings": 512}),
    "roberta": (_ROBERTA, _SIZES, {"max_position_embeddings": 514, "type_vocab_size": 1}),
    "xlm-roberta": (_ROBERTA, _SIZES, {"max_position_embeddings": 514, "type_vocab_size": 1}),
    "albert": (_BERT, _SIZES, {"embedding_size": 16}),
    "electra": (_BERT, _SIZES, {"embedding_size": 16}),
    "deberta-v2": (
        _BERT,
        _SIZES,
        {
            "relative_attention": True,
            "pos_att_type": ["c2p", "p2c"],
            "position_biased_input": False,
        },
    ),
    "mpnet": (_ROBERTA, _SIZES, {"max_position_embeddings": 514}),
    "modernbert": (_BERT, _SIZES, {"global_attn_every_n_layers": 2, "local_attention": 16}),
    "xlnet": (_XLNET, _XLNET_SIZES, {}),
}
_DECODER = {"eos": "</s>", "unk": "<unk>"}
_LLAMA = {**_SIZES, "num_key_value_heads": 2}
# the same of architectures that stand for others of their kind
FURTHER = {
    "llama": (_DECODER, _LLAMA, {}),
    "qwen2": (_DECODER, _LLAMA, {}),
    "modernbert-decoder": (_DECODER, _SIZES, {"global_attn_every_n_layers": 2}),
    "eurobert": (_BERT, _LLAMA, {}),
    "fnet": (_BERT, _SIZES, {}),
    "nystromformer": (_BERT, _SIZES, {"conv_kernel_size": 5}),
    "yoso": (_BERT, _SIZES, {}),
    "convbert": (_BERT, _SIZES, {"embedding_size": 32, "conv_kernel_size": 5}),
    "squeezebert": (
        _BERT,
        {**_SIZES, "embedding_size": 32},
        {f"{part}_groups": 2 for part in ("q", "k", "v", "intermediate", "output")},
    ),
    "longformer": (_ROBERTA, _SIZES, {"attention_window": 4, "max_position_embeddings": 514}),
    "big_bird": (_BERT, _SIZES, {"block_size": 8, "num_random_blocks": 1}),
    "deberta": (_BERT, _SIZES, {"relative_attention": True, "pos_att_type": ["c2p", "p2c"]}),
    "ibert": (_ROBERTA, _SIZES, {"max_position_embeddings": 514}),
    "luke": (_ROBERTA, _SIZES, {"entity_vocab_size": 9, "max_position_embeddings": 514}),
    "perceiver": (
        _BERT,
        {"d_latents": 32, "d_model": 32, "num_latents": 4, "num_self_attends_per_block": 1},
        {"num_self_attention_heads": 2, "num_cross_attention_heads": 2},
    ),
    "canine": (_BERT, _SIZES, {"num_hash_buckets": 64}),
    "reformer": (
        _BERT,
        {**_SIZES, "axial_pos_embds_dim": [16, 16]},
        {"attn_layers": ["local", "lsh"]},
    ),
    # without the part that makes as many states again as there are tokens
    "funnel": (
        _BERT,
        {"d_model": 32, "n_head": 2, "d_head": 16, "d_inner": 48},
        {"block_sizes": [1, 1], "block_repeats": [1, 1], "architectures": ["FunnelBaseModel"]},
    ),
    "mra": (_BERT, _SIZES, {"max_position_embeddings": 514}),
}


def make_tokenizer(special, *, left=False):
    """A tokenizer that splits at spaces and into letters, with special tokens of a family."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    tokens = [*special.values(), *WORDS, *LETTERS, *("##" + letter for letter in LETTERS)]
    vocabulary = {token: i for i, token in enumerate(dict.fromkeys(tokens))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=special["unk"]))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    cls, sep = special.get("cls"), special.get("sep")
    if cls:
        # XLNet closes a text with both, in a segment of their own
        single = f"$A {sep} {cls}:2" if left else f"{cls} $A {sep}"
        used = [(token, vocabulary[token]) for token in (cls, sep)]
        tokenizer.post_processor = processors.TemplateProcessing(single=single, special_tokens=used)
    if special is _DECODER:  # ends a text with the token that it pads with, as Qwen3-Embedding
        used = [(special["eos"], vocabulary[special["eos"]])]
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"$A {special['eos']}", special_tokens=used
        )
        special = {**special, "pad": special["eos"]}
    named = {f"{kind}_token": token for kind, token in special.items()}
    names = ["input_ids", "token_type_ids", "attention_mask"]
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        padding_side="left" if left else "right",
        model_input_names=names,
        **({"pad_token_type_id": 3} if left else {}),
        **named,
    )


def make_config(model_type, special, sizes, further, **settings):
    """The configuration of a small model."""
    from transformers import CONFIG_MAPPING

    ids = {token: i for i, token in enumerate(special.values())}
    config = {**sizes, **further, "vocab_size": len(make_tokenizer(special)), **settings}
    for kind, names in (("pad", ["pad_token_id"]), ("cls", ["bos_token_id", "cls_token_id"])):
        if kind in special:
            config.update(dict.fromkeys(names, ids[special[kind]]))
    if "sep" in special:
        config.update(dict.fromkeys(("eos_token_id", "sep_token_id"), ids[special["sep"]]))
    return CONFIG_MAPPING[model_type](**config)


def make_checkpoint(
    directory, model_type="bert", *, classifier_labels=None, seed=0, special=None, **settings
):
    """Write a small checkpoint of an architecture, bare or with a classifier of these labels."""
    import torch
    from transformers import AutoModel, AutoModelForSequenceClassification
    from transformers.utils import logging

    torch.set_num_threads(1)  # threads that wait for each other cost more than such a model
    usual, sizes, further = {**ARCHITECTURES, **FURTHER}[model_type]
    special = usual if special is None else ARCHITECTURES[special][0]
    config = make_config(model_type, special, sizes, further, **settings)
    tokenizer = make_tokenizer(special, left=special is _XLNET)
    without = ("roberta", "xlm-roberta", "mpnet", "modernbert", "distilbert", *FURTHER)
    if model_type in without:
        tokenizer.model_input_names = ["input_ids", "attention_mask"]
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        if classifier_labels is None:
            model = AutoModel.from_config(config)
        else:
            config.problem_type = "multi_label_classification"
            config.id2label = dict(enumerate(classifier_labels))
            config.label2id = {name: i for i, name in enumerate(classifier_labels)}
            model = AutoModelForSequenceClassification.from_config(config)
    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    model.save_pretrained(directory)
    if bars:
        logging.enable_progress_bar()
    tokenizer.save_pretrained(directory)
    return directory


def rewrite_config(directory, file="config.json", **changes):
    """Change entries of the config.json of a checkpoint, or of another file."""
    file = directory / file
    config = json.loads(file.read_text())
    config.update(changes)
    file.write_text(json.dumps(config))


def make_texts(n=48, n_labels=3, seed=0):
    """Texts whose words tell their labels, and an indicator of shape (n, n_labels)."""
    import numpy as np

    rng = np.random.RandomState(seed)
    signs = ["parcel", "refund", "login", "invoice", "broken"][:n_labels]
    y = (rng.rand(n, n_labels) < 0.4).astype(np.int64)
    y[0], y[1] = 0, 1
    fill = [word for word in WORDS if word not in signs]
    texts = []
    for row in y:
        words = [sign for sign, on in zip(signs, row, strict=True) if on]
        words += list(rng.choice(fill, rng.randint(2, 9)))
        texts.append(" ".join(rng.permutation(words)))
    return texts, y


@functools.cache
def checkpoint(model_type="bert"):
    """The directory of a checkpoint of an architecture, made once a process."""
    directory = tempfile.TemporaryDirectory(prefix=f"toy-{model_type}-")
    atexit.register(directory.cleanup)
    return make_checkpoint(Path(directory.name), model_type)


def grouped(parameters):
    """Put what belongs into `text_params`, `head_params` or `training_params` there."""
    from skmultitext.transformer._settings import DICTS

    owners = {key: name for name, keys in DICTS.items() for key in keys}
    found = {}
    for name, value in parameters.items():
        if name in owners:
            found.setdefault(owners[name], {})[name] = value
        elif name in DICTS and value is not None:
            found.setdefault(name, {}).update(value)
        else:
            found[name] = value
    return found


def tiny(model_type="bert", **parameters):
    """A tagger on a small checkpoint that learns in seconds; keys of its dicts by their names."""
    from skmultitext.transformer._settings import unused_with_logreg
    from skmultitext.transformer.tagger import TransformerTagger

    settings = {
        "max_length": 64,
        "batch_size": 8,
        "max_epochs": 2,
        "learning_rate": 0.02,
        "dropout": 0.0,
        "pooling": "mean",
        "framework": "torch",
        "random_state": 0,
    }
    settings |= parameters
    if settings.get("head") == "logreg":  # it warns of what only trains a network
        for _, names in unused_with_logreg("none"):
            for name in names:
                settings.pop(name, None)
    return TransformerTagger(str(checkpoint(model_type)), **grouped(settings))
