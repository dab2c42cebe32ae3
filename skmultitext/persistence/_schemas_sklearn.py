"""Schemas of the classes of scikit-learn that a saved model may contain."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..exceptions import ModelFileError
from ._array_specs import Array, Codes, Csr
from ._schema import Found, Schema, State
from ._specs import (
    Choice,
    DType,
    Either,
    Flag,
    Instance,
    LeftOut,
    Listed,
    Mapped,
    Named,
    Number,
    Part,
    Pattern,
    Place,
    Plain,
    Size,
    Specification,
    Text,
    Tuple,
    Vocabulary,
)

__all__ = ["SKLEARN_SCHEMAS", "TAGGER_TEXT_PARAMETERS", "TEXT_PARAMETERS", "agree"]

FLOATS = ("float64", "float32")
COUNTS = ("int64", "int32", "float64")
_TINY = 1e-150
_LONGEST_NGRAM = 1000

NATURAL = Number(0, whole=True)
POSITIVE = Number(1, whole=True)
NONE = Choice(None)


def agree(condition: bool, place: Place, problem: str) -> None:
    """Refuse an object whose attributes contradict each other."""
    if not condition:
        raise ModelFileError(f"{place.path} contradicts itself: {problem}.")


# ---------------------------------------------------------------- texts to features

TEXT_PARAMETERS = {
    "input": Choice("content"),  # with any other value, predict opens the files that X names
    "encoding": Text(),
    "strip_accents": Choice(None, "ascii", "unicode"),
    "preprocessor": NONE,
    "tokenizer": NONE,
    "analyzer": Choice("word", "char", "char_wb"),
    "lowercase": Flag(),
    "token_pattern": Either(NONE, Pattern()),
    "stop_words": Either(
        Choice(None, "english"), Listed(Text(), kinds=(list, tuple, set, frozenset))
    ),
    "ngram_range": Tuple(*2 * [Number(1, _LONGEST_NGRAM, whole=True)]),
    "binary": Flag(),
    "dtype": DType(),
    "vocabulary": Either(NONE, Plain()),
}
# of taggers, with several analyzers or one
TAGGER_TEXT_PARAMETERS = {
    name: TEXT_PARAMETERS[name]
    for name in ("lowercase", "stop_words", "strip_accents", "token_pattern")
} | {
    "analyzer": Either(
        TEXT_PARAMETERS["analyzer"], Listed(TEXT_PARAMETERS["analyzer"], kinds=(tuple, list))
    ),
    "ngram_range": Either(TEXT_PARAMETERS["ngram_range"], Mapped(TEXT_PARAMETERS["ngram_range"])),
    "analyzer_weights": Either(NONE, Mapped(Number(0))),
}
_COUNTED = {
    "fixed_vocabulary_": Flag(),
    "vocabulary_": Vocabulary("n_out"),
}
_ADDRESS = {"_stop_words_id": LeftOut()}  # id of an object of the process that fitted it


def _ngrams(state: State, place: Place) -> None:
    agree(state["ngram_range"][0] <= state["ngram_range"][1], place, "ngram_range decreases")
    agree(
        state["token_pattern"] is not None or state["analyzer"] != "word", place,
        "analyzer='word' needs a token_pattern",
    )  # fmt: skip


def _idf(state: State, place: Place) -> None:
    agree(
        ("idf_" in state) == bool(state["use_idf"]), place,
        "idf_ must be there if and only if use_idf is True",
    )  # fmt: skip
    place.sizes["n_out"] = place.sizes["n_features"]


_TFIDF = Part(("sklearn.TfidfTransformer",), {"n_features": "n_out"})

# ---------------------------------------------------------------- features to features


def _same_width(state: State, place: Place) -> None:
    place.sizes["n_out"] = place.sizes["n_features"]


def _width_if_known(state: State, place: Place) -> None:
    if "n_features" in place.sizes:
        _same_width(state, place)


def _standardises(state: State, place: Place) -> None:
    for parameter, statistic in (("with_mean", "mean_"), ("with_std", "scale_")):
        agree(
            not state[parameter] or state[statistic] is not None, place,
            f"{parameter} is True, but {statistic} is None",
        )  # fmt: skip
    _same_width(state, place)


def _per_feature(low: float = -1e150, high: float = 1e150, **options: Any) -> Array:
    return Array(("n_features",), FLOATS, low, high, **options)


def _k_best(state: State, place: Place) -> None:
    n_features = place.sizes["n_features"]
    place.sizes["n_out"] = n_features if state["k"] == "all" else min(state["k"], n_features)


def _best_share(state: State, place: Place) -> None:
    from sklearn.feature_selection import SelectPercentile

    selector = SelectPercentile()
    vars(selector).update(state)
    place.sizes["n_out"] = int(selector.get_support().sum())


def _varied(state: State, place: Place) -> None:
    place.sizes["n_out"] = int((state["variances_"] > state["threshold"]).sum())


_SCALER = {
    "n_features_in_": Size("n_features"),
    "n_samples_seen_": Either(Number(0), Array(("n_features",), COUNTS, 0)),
}
_SELECTOR = {"n_features_in_": Size("n_features")}
_SCORES = _SELECTOR | {
    # the score of a constant feature is NaN, that of a perfect predictor infinite
    "scores_": _per_feature(-np.inf, np.inf, nan=True),
    "pvalues_": Either(NONE, _per_feature(nan=True)),
}
_SCORER = {
    "score_func": Named(("sklearn.chi2", "sklearn.f_classif", "sklearn.mutual_info_classif"))
}

# ---------------------------------------------------------------- classifiers

_CLASSES = Codes(("n_classes",))
_LINEAR = {
    "n_features_in_": Size("n_features"),
    "classes_": _CLASSES,
    "coef_": Either(Csr(("n_rows", "n_features")), Array(("n_rows", "n_features"), FLOATS)),
    "intercept_": Either(Number(), Array(("n_rows",), FLOATS)),
    "n_iter_": Either(NATURAL, Array(("n_fits",), COUNTS, 0)),
}


def _rows_of_classes(state: State, place: Place) -> None:
    n_rows, n_classes = place.sizes["n_rows"], place.sizes["n_classes"]
    agree(
        n_rows == (1 if n_classes == 2 else n_classes), place,
        f"coef_ has {n_rows} rows for {n_classes} classes",
    )  # fmt: skip
    _one_label(state, place)


def _one_label(state: State, place: Place) -> None:
    if place.sizes["n_classes"] == 2:
        place.sizes["n_labels"] = 1


def _bayes(high: float = 1e150, **further: Specification) -> Schema:
    return Schema(
        {
            "n_features_in_": Size("n_features"),
            "classes_": _CLASSES,
            "class_count_": Array(("n_classes",), FLOATS, 0),
            "class_log_prior_": Array(("n_classes",), FLOATS, high=0),
            "feature_count_": Array(("n_classes", "n_features"), FLOATS, 0),
            "feature_log_prob_": Array(("n_classes", "n_features"), FLOATS, high=high),
            **further,
        },
        relations=_one_label,
    )


_OF_ONE_CLASSIFIER = Part(sizes={"n_features": "n_features", "n_classes": 2})


def _one_vs_rest(state: State, place: Place) -> None:
    binarizer, n = state["label_binarizer_"], place.sizes["n_estimators"]
    n_classes = place.sizes["n_classes"]
    binary = binarizer.y_type_ == "binary"
    agree(
        np.array_equal(state.get("classes_", binarizer.classes_), binarizer.classes_)
        and n == (1 if binary else n_classes) and not (binary and n_classes != 2),
        place, f"it has {n} estimators for {n_classes} classes",
    )  # fmt: skip
    if binarizer.y_type_ != "multiclass":
        place.sizes["n_labels"] = n


def _multi_output(state: State, place: Place) -> None:
    own = [np.asarray(getattr(e, "classes_", None)) for e in state["estimators_"]]
    agree(
        len(own) == len(state["classes_"])
        and all(map(np.array_equal, own, state["classes_"])),
        place, "classes_ differ from those of its estimators_",
    )  # fmt: skip


# ---------------------------------------------------------------- estimators of estimators

_STEP = Either(Choice("drop", "passthrough", None), Part(fitted=False))
_STEPS = Listed(Tuple(Text(), _STEP), kinds=(list,), least=1)
_COLUMN = Either(
    Text(), Number(whole=True), Instance(slice), Listed(Either(Text(), Number(whole=True), Flag())),
    Array(("n_columns",), ("int64", "int32", "bool")),
)  # fmt: skip
_COLUMN_STEPS = Listed(Tuple(Text(), _STEP, _COLUMN))
_WEIGHTS = {"transformer_weights": Either(NONE, Mapped(Number()))}


def _parts(steps: Sequence[tuple]) -> list[Any]:
    return [step[1] for step in steps if not isinstance(step[1], str | None)]


def _all_fitted(steps: Sequence[tuple], objects: dict[int, Any]) -> bool:
    found = [objects.get(id(part)) for part in _parts(steps)]
    return all(getattr(one, "fitted", False) for one in found)


def _chain(state: State, place: Place) -> None:
    """Check that each step takes as many features as the previous step returns."""
    found = [place.objects[id(part)] for part in _parts(state["steps"])]
    if not found:
        return
    place.sizes.update({k: v for k, v in found[-1].sizes.items() if k != "n_features"})
    if "n_features" in found[0].sizes:
        place.bind("n_features", found[0].sizes["n_features"], None)
    for before, after in pairwise(found):
        given, taken = before.sizes.get("n_out"), after.sizes.get("n_features")
        agree(
            None in (given, taken) or given == taken, place,
            f"a step returns {given} features, the next one takes {taken}",
        )  # fmt: skip


def _side_by_side(state: State, place: Place) -> None:
    found = [place.objects[id(part)] for part in _parts(state["transformer_list"])]
    for one in found:
        if "n_features" in one.sizes:
            place.bind("n_features", one.sizes["n_features"], None)
    _add_up(found, place)


def _add_up(found: Sequence[Found], place: Place) -> None:
    widths = [one.sizes["n_out"] for one in found if "n_out" in one.sizes]
    if widths and len(widths) == len(found):
        place.sizes["n_out"] = sum(widths)


def _columns_agree(state: State, place: Place) -> None:
    n_features, indices = place.sizes["n_features"], state["_transformer_to_input_indices"]
    columns = {i for some in indices.values() for i in some}  # the rest is the "remainder"
    agree(
        len(columns) == n_features and max(columns) < n_features, place,
        f"it has {n_features} columns, but reads or drops {len(columns)}",
    )  # fmt: skip
    names = {name for name, _, _ in state["transformers_"]}
    agree(
        names | {"remainder"} == indices.keys() | {"remainder"}, place,
        "the columns that it reads differ from those of transformers_",
    )  # fmt: skip
    found = []
    for name, part, _ in state["transformers_"]:
        if part in ("drop", None):
            continue
        one: Any = place.objects.get(id(part))
        agree(getattr(one, "fitted", False), place, f"{name[:100]!r} is not fitted")
        taken = one.sizes.get("n_features")
        agree(
            taken is None or taken == len(indices[name]), place,
            f"{name[:100]!r} takes {taken} columns, but gets {len(indices[name])}",
        )  # fmt: skip
        found.append(one)
    _add_up(found, place)


def _frozen(state: State, place: Place) -> None:
    place.sizes.update(place.objects[id(state["estimator"])].sizes)


def _splitter(*names: str) -> Schema:
    known: dict[str, Specification] = {
        "n_splits": POSITIVE,
        "shuffle": Flag(),
        "random_state": Plain(),
        "n_repeats": POSITIVE,
        "test_size": Either(NONE, Number(0)),
        "train_size": Either(NONE, Number(0)),
        "_default_test_size": Number(0, 1),
    }
    return Schema({name: known[name] for name in names})


FOLDS = _splitter("n_splits", "shuffle", "random_state")
SHUFFLES = _splitter("n_splits", "test_size", "train_size", "random_state", "_default_test_size")
REPEATED_FOLDS = _splitter("n_splits", "n_repeats", "random_state")

SKLEARN_SCHEMAS: dict[str, Schema] = {
    "sklearn.CountVectorizer": Schema(_COUNTED, _ADDRESS, TEXT_PARAMETERS, _ngrams),
    "sklearn.HashingVectorizer": Schema(
        optional=_ADDRESS,
        parameters=TEXT_PARAMETERS | {"n_features": Number(1, 2**31 - 1, True, "n_out")},
        relations=_ngrams,
    ),
    "sklearn.TfidfTransformer": Schema(
        {"n_features_in_": Size("n_features")}, {"idf_": _per_feature()}, relations=_idf
    ),
    "sklearn.TfidfVectorizer": Schema(
        _COUNTED | {"_tfidf": _TFIDF}, _ADDRESS, TEXT_PARAMETERS, _ngrams
    ),
    "sklearn.LabelBinarizer": Schema(
        {
            "y_type_": Choice("binary", "multiclass", "multilabel-indicator"),
            "sparse_input_": Flag(),
            "classes_": _CLASSES,
        }
    ),
    "sklearn.MaxAbsScaler": Schema(
        _SCALER | {"max_abs_": _per_feature(0), "scale_": _per_feature(_TINY)},
        relations=_same_width,
    ),
    "sklearn.MinMaxScaler": Schema(
        _SCALER
        | {"scale_": _per_feature(_TINY), "data_range_": _per_feature(0)}
        | {name: _per_feature() for name in ("min_", "data_min_", "data_max_")},
        parameters={"feature_range": Tuple(Number(), Number())},
        relations=_same_width,
    ),
    # ColumnTransformer stores "passthrough" as this class; a user's function would be code
    "sklearn.FunctionTransformer": Schema(
        parameters={
            "func": NONE,
            "inverse_func": NONE,
            "kw_args": NONE,
            "inv_kw_args": NONE,
            "feature_names_out": Choice(None, "one-to-one"),
        },
        relations=_width_if_known,
    ),
    "sklearn.Normalizer": Schema(relations=_width_if_known),
    "sklearn.StandardScaler": Schema(
        _SCALER
        | {
            "mean_": Either(NONE, _per_feature()),
            "var_": Either(NONE, _per_feature(0)),
            "scale_": Either(NONE, _per_feature(_TINY)),
        },
        relations=_standardises,
    ),
    "sklearn.TruncatedSVD": Schema(
        {
            "n_features_in_": Size("n_features"),
            "components_": Array(("n_out", "n_features"), FLOATS),
            **{
                name: Array(("n_out",), FLOATS)
                for name in ("explained_variance_", "explained_variance_ratio_", "singular_values_")
            },
        }
    ),
    "sklearn.SelectKBest": Schema(_SCORES, parameters=_SCORER, relations=_k_best),
    "sklearn.SelectPercentile": Schema(_SCORES, parameters=_SCORER, relations=_best_share),
    "sklearn.VarianceThreshold": Schema(
        _SELECTOR | {"variances_": _per_feature(0, nan=True)}, relations=_varied
    ),
    "sklearn.FrozenEstimator": Schema(
        relations=_frozen,
        is_fitted=lambda state, objects: _all_fitted([("", state.get("estimator"))], objects),
    ),
    "sklearn.LogisticRegression": Schema(_LINEAR, relations=_rows_of_classes),
    "sklearn.LinearSVC": Schema(_LINEAR, relations=_rows_of_classes),
    "sklearn._ConstantPredictor": Schema(
        {
            "n_features_in_": Size("n_features"),
            "y_": Array((1,), ("int64", "int32", "int8", "uint8", "bool", "float64"), 0, 1),
        }
    ),
    "sklearn.BernoulliNB": _bayes(-1e-12),
    "sklearn.ComplementNB": _bayes(feature_all_=Array(("n_features",), FLOATS, 0)),
    "sklearn.MultinomialNB": _bayes(0),
    "sklearn.OneVsRestClassifier": Schema(
        {
            "estimators_": Listed(_OF_ONE_CLASSIFIER, "n_estimators"),
            "label_binarizer_": Part(("sklearn.LabelBinarizer",), {"n_classes": "n_classes"}),
        },
        {"classes_": Codes((None,))},
        relations=_one_vs_rest,
    ),
    "sklearn.MultiOutputClassifier": Schema(
        {
            "estimators_": Listed(Part(sizes={"n_features": "n_features"}), "n_labels"),
            "classes_": Listed(Codes((None,)), "n_labels"),
        },
        relations=_multi_output,
    ),
    "sklearn.Pipeline": Schema(
        parameters={"steps": _STEPS},
        relations=_chain,
        is_fitted=lambda state, objects: _all_fitted(_listed(state, "steps"), objects),
    ),
    "sklearn.FeatureUnion": Schema(
        parameters={"transformer_list": _STEPS, **_WEIGHTS},
        relations=_side_by_side,
        is_fitted=lambda state, objects: _all_fitted(_listed(state, "transformer_list"), objects),
    ),
    "sklearn.ColumnTransformer": Schema(
        {
            "transformers_": _COLUMN_STEPS,
            "n_features_in_": Size("n_features"),
            "_columns": Listed(_COLUMN),
            "_remainder": Tuple(Text(), _STEP, _COLUMN),
            "_transformer_to_input_indices": Mapped(Listed(NATURAL)),
            "sparse_output_": Flag(),
            "output_indices_": Mapped(Instance(slice)),
        },
        parameters={"transformers": _COLUMN_STEPS, "remainder": _STEP, **_WEIGHTS},
        relations=_columns_agree,
    ),
    "sklearn.GroupKFold": FOLDS,
    "sklearn.KFold": FOLDS,
    "sklearn.ShuffleSplit": SHUFFLES,
}


def _listed(state: State, name: str) -> list[tuple]:
    """Return the steps, which have not been checked yet; an empty list if they are malformed."""
    steps = state.get(name)
    if isinstance(steps, list) and all(isinstance(s, tuple) and len(s) == 2 for s in steps):
        return steps
    return []
