"""Schemas of what every tagger has in saved models, and of label trees."""

import numpy as np

from ..base import CONSTANT_LOGIT
from ..trees._forest import Forest
from ._array_specs import Array, Codes, Names
from ._arrays import is_mapped
from ._schema import Schema, State
from ._schemas_sklearn import NATURAL, POSITIVE, TAGGER_TEXT_PARAMETERS, agree
from ._specs import Either, Part, Place, Size, Tuple

__all__ = ["CLASSES", "CONSTANTS", "SEEN", "TAGGER", "TREE_SCHEMAS", "labels_agree", "same_labels"]

CLASSES = Either(Part(("skmultitext.LabelCodes",), {"n_labels": "n_labels"}), Codes((2,)))
_COUNTS = Array(("n_labels",), ("int64",), 0)
SEEN = Tuple(NATURAL, _COUNTS, _COUNTS)
TAGGER = {
    "_label_space": Part(("skmultitext.LabelSpace",), {"n_labels": "n_labels"}),
    "classes_": CLASSES,
    "label_names_": Names("n_labels"),
    "thresholds_": Array(("n_labels",), low=0, high=1),
}
CONSTANTS = Array(("n_labels",), low=-CONSTANT_LOGIT, high=CONSTANT_LOGIT, nan=True)


def labels_agree(state: State, place: Place) -> None:
    """Check that names and classes equal those of the label space, and that counts are possible."""
    space = state["_label_space"]
    names, classes = state["label_names_"], state["classes_"]
    agree(
        names is space.label_names or np.array_equal(names, space.label_names), place,
        "label_names_ differ from those of its label space",
    )  # fmt: skip
    agree(
        type(classes) is type(space.classes) and np.array_equal(classes, space.classes), place,
        "classes_ differ from those of its label space",
    )  # fmt: skip
    if "_n_seen" in state:
        n_samples, n_known, n_positives = state["_n_seen"]
        agree(
            (n_known <= n_samples).all() and (n_positives <= n_known).all(), place,
            "a label has more positive documents than there were documents",
        )  # fmt: skip


def same_labels(state: State, place: Place) -> None:
    labels_agree(state, place)
    part = state.get("classifier_")
    if part is not None:
        agree(
            np.array_equal(part.label_names_, state["label_names_"]), place,
            "label_names_ differ from those of its classifier_",
        )  # fmt: skip


def _forest(state: State, place: Place) -> None:
    mapped = any(is_mapped(state[name]) for name in Forest.MAPPABLE)
    fault = Forest(**state).fault(whole=not mapped)
    agree(fault is None, place, fault or "")


_POINTERS = Array((None,), ("int64",), 0, np.inf)

TREE_SCHEMAS = {
    "skmultitext.Forest": Schema(
        {
            "n_trees": POSITIVE,
            "depth": POSITIVE,
            "n_features": Size("n_features"),
            "n_labels": Size("n_labels"),
            "labels": Array((None,), ("int32",)),
            "child_ptr": _POINTERS,
            "intercept": Array((None,), ("float32", "float64")),
            "feature_ptr": _POINTERS,
            "features": Array((None,), ("int32",), mappable=True),
            "weight_ptr": Array((None,), ("int64",), 0, np.inf, mappable=True),
            "children": Array((None,), ("uint16",), mappable=True),
            "weights": Array((None,), ("float32", "float64"), mappable=True),
        },
        relations=_forest,
    ),
    "skmultitext.LabelTreeTagger": Schema(
        TAGGER
        | {
            "_n_seen": SEEN,
            "n_features_in_": Size("n_features"),
            "n_iter_": Array((None,), ("int64",), 0),
            "_forest": Part(
                ("skmultitext.Forest",), {"n_features": "n_features", "n_labels": "n_labels"}
            ),
            "_constants": CONSTANTS,
        },
        relations=labels_agree,
    ),
    "skmultitext.TfidfLabelTreeTagger": Schema(
        TAGGER
        | {
            "_n_seen": SEEN,
            "vectorizer_": Part(
                ("skmultitext.TfidfVectorizer", "skmultitext.TfidfUnion"), {"n_out": "n_features"}
            ),
            "classifier_": Part(
                ("skmultitext.LabelTreeTagger",),
                {"n_features": "n_features", "n_labels": "n_labels"},
            ),
        },
        parameters=TAGGER_TEXT_PARAMETERS,
        relations=same_labels,
    ),
}
