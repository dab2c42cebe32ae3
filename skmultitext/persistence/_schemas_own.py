"""Schemas of the classes of this package in saved models, and the table of all schemas."""

from collections.abc import Callable

import numpy as np

from .._gate.hierarchy import LabelHierarchy
from .._runtime.messages import shown
from ..exceptions import LabelError
from ._array_specs import Array, Codes, Csr, Names, Strings
from ._schema import Schema, State
from ._schemas_networks import NETWORK_SCHEMAS
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
    "estimator_": Part(
        sizes={"n_labels": "n_labels", "n_features": "n_features"}, method="predict"
    ),
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


_NAMED_MEMBERS = Listed(Tuple(Text(), Part(fitted=False)), kinds=(list,), least=1)


def _votes_agree(state: State, place: Place) -> None:
    labels_agree(state, place)
    means = state["_votes_on"] == "logits" or (
        (state["weights_"] >= 0).all()
        and np.allclose(state["weights_"].sum(axis=0), 1)
        and not state["intercept_"].any()
    )
    agree(means, place, "weights_ of probabilities must be those of a mean, without intercept_")


def _chain_agrees(state: State, place: Place) -> None:
    labels_agree(state, place)
    order = state["order_"]
    agree(
        np.array_equal(np.sort(order), np.arange(len(order))), place,
        "order_ must have each label once",
    )  # fmt: skip


def _steps(state: State, place: Place) -> None:
    agree((np.diff(state["z"]) > 0).all(), place, "z must increase")
    agree((np.diff(state["steps"]) >= 0).all(), place, "steps must not decrease")


# ---------------------------------------------------------------- networks

_TRAINED = {"history_": _HISTORY, "n_iter_": NATURAL, "_constants": CONSTANTS}
_OR_NONE = Either(NONE, POSITIVE)
_WORDS = Record(
    {
        "tokenizer": Part(("skmultitext.Tokenizer",)),
        "by_sentence": Flag(),
        "max_sentences": _OR_NONE,
        "max_words": _OR_NONE,
    }
)


def _han(state: State, place: Place) -> None:
    labels_agree(state, place)
    encoder = state["network_"].config.get("encoder")
    agree(
        (encoder == "han") == bool(state["_reading"]["by_sentence"]), place,
        f"by_sentence does not fit the encoder {shown(encoder)}",
    )  # fmt: skip


def _transformer(state: State, place: Place) -> None:
    same_labels(state, place)
    engine = "torch" if type(state["network_"]).__name__ == "TorchNetwork" else "tensorflow"
    agree(state["framework_"] == engine, place, f"its network was trained with {engine}")
    agree(
        state["network_"].head.get("kind") != "logreg" or state["classifier_"] is not None, place,
        "classifier_ is missing, although the head of its network is 'logreg'",
    )  # fmt: skip


SCHEMAS: dict[str, Schema] = (
    SKLEARN_SCHEMAS
    | NETWORK_SCHEMAS
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
        "skmultitext.ChainTagger": Schema(
            _WRAPPER
            | {
                "thresholds_": TAGGER["thresholds_"],
                "order_": Array(("n_labels",), ("int64",), 0),
                "slopes_": Array(("n_labels",)),
                "label_coef_": Array(("n_labels", "n_labels")),
                "intercept_": Array(("n_labels",)),
            },
            relations=_chain_agrees,
        ),
        "skmultitext.VotingTagger": Schema(
            {
                name: _WRAPPER[name]
                for name in ("_label_space", "classes_", "label_names_", "_n_seen")
            }
            | {
                "thresholds_": TAGGER["thresholds_"],
                "estimators_": Listed(
                    Part(sizes={"n_labels": "n_labels"}, method="predict"),
                    "n_members",
                    (list,),
                    least=1,
                ),
                "_member_names": Listed(Text(), "n_members", (list,), distinct=True),
                "weights_": Array(("n_members", "n_labels")),
                "intercept_": Array(("n_labels",)),
                "_votes_on": Choice("logits", "probabilities"),
            },
            parameters={"estimators": _NAMED_MEMBERS},
            relations=_votes_agree,
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
