"""Models forged by hand, in ways that no schema suggests: each is a function of its name's kind.

A function gets the tree and the files of a model, which it changes; what it returns is written in
the place of ``state.json``, if it is bytes.
"""

import io
import json

import numpy as np
import scipy.sparse as sp
from saved_models import objects_in, put

CASES = {}


def case(model):
    """Note a forger of the model of a name."""

    def note(forger):
        CASES[forger.__name__] = (model, forger)
        return forger

    return note


def state_of(tree, key, field):
    """Find the state of the first object of a class that has a field."""
    return next(state for cls, state in objects_in(tree) if cls == key and field in state)


_LINEAR = "skmultitext.MultilabelLogisticRegression"
_VECTORIZER = "skmultitext.TfidfVectorizer"


@case("features")
def columns_for_300_million_labels(tree, files):
    matrix = sp.csc_matrix((np.ones(1), np.zeros(1, int), [0, 1, 1, 1, 1]), shape=(300_000_000, 4))
    put(state_of(tree, _LINEAR, "coef_"), "coef_", matrix, files)


@case("hashing")
def sizes_that_agree_on_two_thousand_million_features(tree, files):
    n = 2**31 - 1
    empty = sp.csr_matrix((np.ones(1), np.zeros(1, int), [0, 1, 1]), shape=(2, n))
    put(state_of(tree, "sklearn.HashingVectorizer", "n_features"), "n_features", n, files)
    put(state_of(tree, _LINEAR, "coef_"), "coef_", sp.csr_array(empty), files)
    put(state_of(tree, _LINEAR, "coef_"), "n_features_in_", n, files)
    tree["state"]["steps"] = [tree["state"]["steps"][0], tree["state"]["steps"][2]]


@case("tagger")
def a_power_of_a_hundred_million_digits(tree, files):
    state = state_of(tree, _VECTORIZER, "vocabulary_")
    put(state, "ngram_range", (1, 10**8), files)
    put(state, "_is_indexed", True, files)


@case("tagger")
def many_brackets(tree, files):
    return b"[" + b"[]," * 5_000_000 + b"[]]"


@case("tagger")
def many_brackets_within_the_state(tree, files):
    text = json.dumps(tree).replace(
        '"class_weight": null', '"class_weight": [%s[]]' % ("[]," * 10**6)
    )
    assert "[],[]" in text
    return text.encode()


@case("tagger")
def a_deep_tree(tree, files):
    return b'{"a":' * 100_000 + b"1" + b"}" * 100_000


@case("tagger")
def a_number_that_is_infinite_in_json(tree, files):
    return json.dumps(tree).replace('"tol": "auto"', '"tol": 1e400').encode()


@case("tagger")
def a_constant_of_javascript(tree, files):
    return json.dumps(tree).replace('"tol": "auto"', '"tol": NaN').encode()


@case("tagger")
def another_encoding(tree, files):
    return json.dumps(tree).encode("utf-16")


@case("tagger")
def keys_that_collide(tree, files):
    state_of(tree, _LINEAR, "class_weight")["class_weight"] = {
        "$": "dict",
        "items": [[k * (2**61 - 1), 1] for k in range(40_000)],
    }


@case("tagger")
def entries_of_a_set_that_collide(tree, files):
    state_of(tree, _VECTORIZER, "stop_words")["stop_words"] = {
        "$": "set",
        "items": [k * (2**61 - 1) for k in range(40_000)],
    }


@case("tagger")
def a_vocabulary_file_with_a_word_twice(tree, files):
    state = state_of(tree, _VECTORIZER, "vocabulary_")
    files["data/7000.txt"] = b"late\n" * 18
    state["vocabulary_"] = {"$": "vocabulary", "file": "data/7000.txt"}


@case("tagger")
def a_vocabulary_with_columns_of_another_shape(tree, files):
    state = state_of(tree, _VECTORIZER, "vocabulary_")
    files["data/7000.txt"] = b"".join(b"w%d\n" % i for i in range(18))
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.arange(18).reshape(18, 1), version=(1, 0))
    files["data/7001.npy"] = stream.getvalue()
    state["vocabulary_"] = {
        "$": "vocabulary", "file": "data/7000.txt", "columns": "data/7001.npy",
    }  # fmt: skip


@case("features")
def an_array_that_stands_for_a_scalar(tree, files):
    node = {"$": "scalar", "dtype": "<f8", "value": [[0.1] * 1000] * 10}
    state_of(tree, _LINEAR, "C")["C"] = node


@case("features")
def a_scalar_of_a_million_digits(tree, files):
    text = json.dumps(tree)
    return text.replace('"max_iter": 1000', '"max_iter": 1' + "0" * 10**6).encode()


@case("fixed")
def an_estimator_within_itself(tree, files):
    state_of(tree, "skmultitext.FixedThresholdTagger", "estimator_")["estimator_"] = {
        "$": "same", "object": -1,
    }  # fmt: skip


@case("union")
def a_weight_of_a_part_that_is_nan(tree, files):
    weights = {"tfidfvectorizer": float("nan")}
    put(state_of(tree, "sklearn.FeatureUnion", "n_jobs"), "transformer_weights", weights, files)


@case("union")
def a_step_that_is_a_splitter(tree, files):
    splitter = {"$": "object", "class": "sklearn.KFold", "state": {
        "n_splits": 2, "shuffle": False, "random_state": None,
    }}  # fmt: skip
    tree["state"]["steps"][1]["items"][1] = splitter


@case("union")
def a_step_that_is_a_function(tree, files):
    tree["state"]["steps"][1]["items"][1] = {"$": "name", "key": "sklearn.chi2"}


@case("features")
def constraints_of_its_own(tree, files):
    tree["state"]["_parameter_constraints"] = {"$": "dict", "items": []}


@case("features")
def a_matrix_that_is_a_view_of_codes(tree, files):
    state = state_of(tree, _LINEAR, "coef_")
    state["coef_"] = {"$": "view", "class": "skmultitext.LabelCodes", "of": state["coef_"]}


@case("binary")
def codes_that_hold_escapes_for_a_terminal(tree, files):
    tree["state"]["\x1b[2J"] = 1


@case("isotonic")
def steps_that_reach_one(tree, files):
    state = state_of(tree, "skmultitext.IsotonicCalibrator", "steps")
    put(state, "z", np.array([0.0, 1.0]), files)
    put(state, "steps", np.array([0.0, 1.0]), files)


@case("logistic")
def an_estimator_of_three_classes_for_a_label(tree, files):
    state = state_of(tree, "sklearn.LogisticRegression", "coef_")
    put(state, "classes_", np.arange(3), files)
    put(state, "coef_", np.zeros((3, 9)), files)
    put(state, "intercept_", np.zeros(3), files)


@case("sparse")
def a_matrix_whose_rows_overlap(tree, files):
    state = state_of(tree, _LINEAR, "coef_")
    node = state["coef_"]
    put(state, "_squares", np.array([0, 9, 5]), files)
    node["indptr"], state["_squares"] = state["_squares"], None


@case("sparse")
def a_matrix_whose_last_row_ends_beyond_its_data(tree, files):
    state = state_of(tree, _LINEAR, "coef_")
    node = state["coef_"]
    put(state, "_squares", np.array([0, 9, 2**31 - 1]), files)
    node["indptr"], state["_squares"] = state["_squares"], None
