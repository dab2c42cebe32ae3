"""Schemas of networks, and of what turns texts into their ids, in saved models."""

from ._array_specs import Folder, Weights
from ._schema import Schema, State
from ._schemas_sklearn import NATURAL, NONE, POSITIVE, agree
from ._specs import (
    Choice,
    Either,
    Flag,
    Listed,
    Named,
    Number,
    Pattern,
    Place,
    Record,
    Size,
    Text,
)

__all__ = ["NETWORK_SCHEMAS"]

_MOST_BUCKETS = 2**20
_SHARE = Number(0, 1)
_SIZES = Listed(POSITIVE)

_MLP = Record(
    {
        "n_features": Size("n_features"),
        "n_labels": Size("n_labels"),
        "hidden_layer_sizes": _SIZES,
        "activation": Text(),
        "dropout": _SHARE,
        "precision": Choice("float32", "bfloat16", "float16"),
    }
)
_TEXT_NETWORK = Record(
    {
        "encoder": Choice("han", "bigru", "cnn", "mean"),
        "n_ids": Size("n_ids"),
        "n_labels": Size("n_labels"),
        "embedding_dim": POSITIVE,
        "units": POSITIVE,
        "dropout": _SHARE,
    }
)
_HEAD = Record(
    {
        "pooling": Choice("cls", "mean", "max", "attention"),
        "kind": Choice("dense", "logreg"),
        "head_layers": _SIZES,
        "dropout": _SHARE,
        "window_pooling": Choice("max", "mean"),
    },
    frozenset({"kind"}),
)
_LAYOUT = Record(
    {"cls_is_last": Flag(), "sees_padding": Flag()}, frozenset({"cls_is_last", "sees_padding"})
)
_READING = Record(
    {
        "max_length": POSITIVE,
        "long_text": Choice("truncate", "window"),
        "lowercase": Flag(),
        "truncation_side": Choice("right", "left"),
        "window_stride": NATURAL,
    }
)


def _built(state: State, place: Place) -> None:
    by_words = "encoder" in state["config"]
    key = "text_network" if by_words else "mlp"
    agree(state["build"].__name__ == key, place, "config does not belong to its build function")


def _reads(state: State, place: Place) -> None:
    reading = state["reading"]
    agree(
        reading["window_stride"] < reading["max_length"], place,
        "window_stride must be less than max_length",
    )  # fmt: skip


_POLICY = Choice("float32", "bfloat16", "mixed_bfloat16", "float16", "mixed_float16")
_SIZES_OF_SOME = ("num_segments", "num_groups", "num_inner_repetitions", "embedding_dim")
_BACKBONE_SIZES = dict.fromkeys(
    (
        "vocabulary_size",
        "num_layers",
        "num_heads",
        "hidden_dim",
        "intermediate_dim",
        "max_sequence_length",
        *_SIZES_OF_SOME,
    ),
    Number(1, 2**31 - 1, whole=True),
)


def _keras_network(state: State, place: Place) -> None:
    _reads(state, place)
    agree(
        state["config"]["head"] == state["head"], place, "head differs from the head in config"
    )  # fmt: skip


def _ids(state: State, place: Place) -> None:
    place.sizes["n_ids"] = 1 + state["n_oov_buckets"] + len(state["words"])


NETWORK_SCHEMAS: dict[str, Schema] = {
    "skmultitext.Tokenizer": Schema(
        {
            "token_pattern": Either(NONE, Pattern()),
            "sentence_separator": Either(NONE, Text()),
            "lowercase": Flag(),
        }
    ),
    "skmultitext.Vocabulary": Schema(
        {
            "words": Listed(Text(), distinct=True),
            "n_oov_buckets": Number(1, _MOST_BUCKETS, whole=True),
        },
        relations=_ids,
    ),
    "skmultitext.Network": Schema(
        {
            "build": Named(("skmultitext.mlp", "skmultitext.text_network")),
            "config": Either(_TEXT_NETWORK, _MLP),
            "weights": Listed(Weights(), kinds=(list,)),
        },
        relations=_built,
    ),
    "skmultitext.TorchNetwork": Schema(
        {
            "n_labels": Size("n_labels"),
            "head": _HEAD,
            "reading": _READING,
            "layout": _LAYOUT,
            "device": Choice("auto", "cpu", "cuda", "mps"),
            "precision": Choice("float32", "bfloat16", "float16"),
            "folder": Folder(),
        },
        relations=_reads,
    ),
    "skmultitext.KerasNetwork": Schema(
        {
            "n_labels": Size("n_labels"),
            "head": _HEAD,
            "reading": _READING,
            "build": Named(("skmultitext.tagging_network",)),
            "config": Record(
                {
                    "model_type": Text(),
                    "backbone_config": Record(
                        _BACKBONE_SIZES | {"dropout": Number(0, 1), "dtype": _POLICY},
                        optional=frozenset(_SIZES_OF_SOME),
                    ),
                    "n_labels": Size("n_labels"),
                    "head": _HEAD,
                    "layers": Record({"tanh_gelu": Flag(), "epsilon": Number(1e-15, 1)}),
                    "cls_is_last": Flag(),
                }
            ),
            "folder": Folder(),
        },
        relations=_keras_network,
    ),
}
