"""Schemas of the classes of this package in saved models, and the table of all schemas."""

from collections.abc import Callable

import numpy as np

from .._gate.hierarchy import LabelHierarchy
from .._runtime.messages import shown
from ..exceptions import LabelError
from ._array_specs import Array, Codes, Csr, Folder, Names, Strings, Weights
from ._schema import Schema, State
from ._schemas_sklearn import (
    FOLDS,
    NATURAL,
    NONE,
    POSITIVE,
    REPEATED_FOLDS,
    SHUFFLES,
    SKLEARN_SCHEMAS,
    TAGGER_TEXT_PARAMETERS,
    TEXT_PARAMETERS,
    agree,
)
from ._schemas_taggers import CONSTANTS, SEEN, TAGGER, TREE_SCHEMAS, labels_agree, same_labels
from ._specs import (
    Choice,
    Either,
    Flag,
    LeftOut,
    Listed,
    Named,
    Number,
    Part,
    Pattern,
    Place,
    Plain,
    Record,
    Size,
    Text,
    Tuple,
    Vocabulary,
)

__all__ = ["SCHEMAS"]

_MOST_BUCKETS = 2**20
_SHARE = Number(0, 1)
_SIZES = Listed(POSITIVE)
_HISTORY = Listed(Plain(), kinds=(list,))
_ROUNDS = {"rounds_": Plain()}  # of a fit in partitions


def _space(state: State, place: Place) -> None:
    one_column = state["form"] in ("binary", "column")
    agree(
        not one_column or place.sizes["n_labels"] == 1, place,
        f"y of the form {shown(state['form'])} has exactly one label",
    )  # fmt: skip


# ---------------------------------------------------------------- linear taggers

_COEF = ("n_labels", "n_features")
_LINEAR = TAGGER | {
    "_n_seen": SEEN,
    "n_features_in_": Size("n_features"),
    "coef_": Either(Csr(_COEF), Array(_COEF)),
    "intercept_": Array(("n_labels",)),
    "n_iter_": Array(("n_labels",), ("int64",), 0),
    "sigmoid_": Either(NONE, Array(("n_labels", 2))),
    "_constants": CONSTANTS,
    "_squares": Either(NONE, Array(("n_features+1", "n_labels"), low=0)),
}
_TFIDF_TAGGER = TAGGER | {
    "_n_seen": SEEN,
    "vectorizer_": Part(
        ("skmultitext.TfidfVectorizer", "skmultitext.TfidfUnion"), {"n_out": "n_features"}
    ),
    "classifier_": Part(
        ("skmultitext.MultilabelLogisticRegression",),
        {"n_features": "n_features", "n_labels": "n_labels"},
    ),
}


# ---------------------------------------------------------------- taggers around others

_WRAPPER = {name: spec for name, spec in TAGGER.items() if name != "thresholds_"} | {
    "_n_seen": SEEN,
    "estimator_": Part(sizes={"n_labels": "n_labels", "n_features": "n_features"}),
}
_ANY_THRESHOLDS = Array(("n_labels",))


_RULES = {"max_labels": Either(NONE, POSITIVE), "at_least_one": Flag()}
_METHOD = Choice("predict_proba", "decision_function")
_DECIDING = _WRAPPER | {"_method": _METHOD, "_decision_rules": Record(_RULES)}


def _thresholds_of(name: str) -> Callable[[State, Place], None]:
    def relations(state: State, place: Place) -> None:
        labels_agree(state, place)
        thresholds = state[name]
        agree(
            state["_method"] != "predict_proba"
            or bool(((thresholds >= 0) & (thresholds <= 1)).all()),
            place, f"{name} of probabilities must be in [0, 1]",
        )  # fmt: skip

    return relations


_BOUND = Array(("n_labels",), low=0, high=1)


def _hierarchy_agrees(state: State, place: Place) -> None:
    labels_agree(state, place)
    hierarchy = state["_hierarchy"]
    known = hierarchy.label_names, hierarchy.parents()
    found = list(state["label_names_"]), state["hierarchy_"]
    agree(known == found, place, "the hierarchy differs from label_names_ or hierarchy_")


def _edges_agree(state: State, place: Place) -> None:
    try:
        LabelHierarchy(state["label_names"], state["edges"])
    except (IndexError, LabelError) as error:
        agree(False, place, f"edges: {error}")


def _calibrated(state: State, place: Place) -> None:
    labels_agree(state, place)
    bounds = state["_bounds"]
    agree(
        (bounds is None) == (state["_method"] == "decision_function"), place,
        "_bounds must be there if and only if _method is 'predict_proba'",
    )  # fmt: skip
    if bounds is not None:
        inside = (bounds[0] > 0) & (bounds[0] <= bounds[1]) & (bounds[1] < 1)
        agree(inside.all(), place, "_bounds must be inside (0, 1), and not decrease")


def _steps(state: State, place: Place) -> None:
    agree((np.diff(state["z"]) > 0).all(), place, "z must increase")
    agree((np.diff(state["steps"]) >= 0).all(), place, "steps must not decrease")


# ---------------------------------------------------------------- networks

_TRAINED = {"history_": _HISTORY, "n_iter_": NATURAL, "_constants": CONSTANTS}
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
_OR_NONE = Either(NONE, POSITIVE)
_WORDS = Record(
    {
        "tokenizer": Part(("skmultitext.Tokenizer",)),
        "by_sentence": Flag(),
        "max_sentences": _OR_NONE,
        "max_words": _OR_NONE,
    }
)


def _built(state: State, place: Place) -> None:
    by_words = "encoder" in state["config"]
    key = "text_network" if by_words else "mlp"
    agree(state["build"].__name__ == key, place, "config does not belong to its build function")


def _han(state: State, place: Place) -> None:
    labels_agree(state, place)
    encoder = state["network_"].config.get("encoder")
    agree(
        (encoder == "han") == bool(state["_reading"]["by_sentence"]), place,
        f"by_sentence does not fit the encoder {shown(encoder)}",
    )  # fmt: skip


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


def _transformer(state: State, place: Place) -> None:
    same_labels(state, place)
    engine = "torch" if type(state["network_"]).__name__ == "TorchNetwork" else "tensorflow"
    agree(state["framework_"] == engine, place, f"its network was trained with {engine}")
    agree(
        state["network_"].head.get("kind") != "logreg" or state["classifier_"] is not None, place,
        "classifier_ is missing, although the head of its network is 'logreg'",
    )  # fmt: skip


def _ids(state: State, place: Place) -> None:
    place.sizes["n_ids"] = 1 + state["n_oov_buckets"] + len(state["words"])


SCHEMAS: dict[str, Schema] = (
    SKLEARN_SCHEMAS
    | TREE_SCHEMAS
    | {
        "skmultitext.LabelCodes": Schema({"of": Codes(("n_labels", 2))}),
        "skmultitext.LabelSpace": Schema(
            {
                "form": Choice("binary", "column", "indicator", "sparse", "label_sets"),
                "label_names": Names("n_labels"),
                "codes": Codes(("n_labels", 2)),
                "named": Flag(),
            },
            relations=_space,
        ),
        "skmultitext.TfidfVectorizer": Schema(
            {
                "fixed_vocabulary_": Flag(),
                "vocabulary_": Vocabulary("n_out"),
                "_tfidf": Part(("sklearn.TfidfTransformer",), {"n_features": "n_out"}),
            },
            {"_stop_words_id": LeftOut(), "_is_indexed": Flag()},
            TEXT_PARAMETERS,
            SKLEARN_SCHEMAS["sklearn.TfidfVectorizer"].relations,
        ),
        "skmultitext.TfidfUnion": SKLEARN_SCHEMAS["sklearn.FeatureUnion"],
        "skmultitext.MultilabelLogisticRegression": Schema(
            _LINEAR,
            {
                "_duals": LeftOut(),
                **_ROUNDS,
            },  # duals: for warm starts, as many as rows times labels
            relations=labels_agree,
        ),
        "skmultitext.TfidfLogRegTagger": Schema(
            _TFIDF_TAGGER, _ROUNDS, TAGGER_TEXT_PARAMETERS, same_labels
        ),
        "skmultitext.TfidfLogRegTaggerCV": Schema(
            _TFIDF_TAGGER | {"C_": Number(0), "best_score_": Number(), "cv_results_": Plain()},
            parameters=TAGGER_TEXT_PARAMETERS,
            relations=same_labels,
        ),
        "skmultitext.FixedThresholdTagger": Schema(
            _DECIDING | {"thresholds_": _ANY_THRESHOLDS},
            _ROUNDS,
            _RULES,
            _thresholds_of("thresholds_"),
        ),
        "skmultitext.TunedThresholdTaggerCV": Schema(
            _DECIDING | {"best_thresholds_": _ANY_THRESHOLDS, "best_score_": Number()},
            {"cv_results_": Plain()} | _ROUNDS,
            _RULES,
            relations=_thresholds_of("best_thresholds_"),
        ),
        "skmultitext.CalibratedTaggerCV": Schema(
            _WRAPPER
            | {
                "thresholds_": TAGGER["thresholds_"],
                "calibrators_": Listed(
                    Part(("skmultitext.IsotonicCalibrator", "skmultitext.SigmoidCalibrator")),
                    "n_labels",
                    (list,),
                ),
                "methods_": Strings("n_labels", ("sigmoid", "isotonic", "temperature", "none")),
                "_method": _METHOD,
                "_bounds": Either(NONE, Tuple(_BOUND, _BOUND)),
            },
            _ROUNDS,
            relations=_calibrated,
        ),
        "skmultitext.HierarchicalTagger": Schema(
            _WRAPPER
            | {
                "thresholds_": TAGGER["thresholds_"],
                "hierarchy_": Plain(),
                "_hierarchy": Part(("skmultitext.LabelHierarchy",), {"n_labels": "n_labels"}),
                "_is_conditional": Flag(),
            },
            _ROUNDS,
            relations=_hierarchy_agrees,
        ),
        "skmultitext.LabelHierarchy": Schema(
            {"label_names": Names("n_labels"), "edges": Array(("n_edges", 2), ("int64",), 0)},
            relations=_edges_agree,
        ),
        "skmultitext.SigmoidCalibrator": Schema({"slope": Number(), "intercept": Number()}),
        "skmultitext.IsotonicCalibrator": Schema(
            {
                "z": Array(("n_steps",)),
                "steps": Array(("n_steps",), low=np.nextafter(0, 1), high=np.nextafter(1, 0)),
            },
            relations=_steps,
        ),
        "skmultitext.MultilabelStratifiedGroupKFold": FOLDS,
        "skmultitext.MultilabelStratifiedKFold": FOLDS,
        "skmultitext.MultilabelStratifiedShuffleSplit": SHUFFLES,
        "skmultitext.RepeatedMultilabelStratifiedKFold": REPEATED_FOLDS,
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
        "skmultitext.KerasMLPTagger": Schema(
            TAGGER
            | _TRAINED
            | {
                "_n_seen": SEEN,
                "n_features_in_": Size("n_features"),
                "network_": Part(
                    ("skmultitext.Network",), {"n_features": "n_features", "n_labels": "n_labels"}
                ),
            },
            relations=labels_agree,
        ),
        "skmultitext.KerasHANTagger": Schema(
            TAGGER
            | _TRAINED
            | {
                "_n_seen": SEEN,
                "vocabulary_": Part(("skmultitext.Vocabulary",), {"n_ids": "n_ids"}),
                "network_": Part(
                    ("skmultitext.Network",), {"n_ids": "n_ids", "n_labels": "n_labels"}
                ),
                "_reading": _WORDS,
            },
            parameters={"token_pattern": Either(NONE, Pattern())},
            relations=_han,
        ),
        "skmultitext.TransformerTagger": Schema(
            TAGGER
            | _TRAINED
            | {
                "network_": Part(
                    ("skmultitext.TorchNetwork", "skmultitext.KerasNetwork"),
                    {"n_labels": "n_labels"},
                ),
                "framework_": Choice("torch", "tensorflow"),
                "classifier_": Either(
                    NONE,
                    Part(("skmultitext.MultilabelLogisticRegression",), {"n_labels": "n_labels"}),
                ),
            },
            {"_n_seen": SEEN},
            relations=_transformer,
        ),
    }
)
