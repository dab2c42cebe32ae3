"""What the attributes of scikit-learn's estimators say of each other."""

import json

import numpy as np
import pytest
from saved_models import Files, apart, loaded, objects_in, plain_value, put
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

from skmultitext.exceptions import ModelFileError
from skmultitext.persistence._decoding import Decoder
from skmultitext.persistence._encoding import Encoder


def forged(name, key, **changes):
    """Load a model one of whose objects has other values; a callable makes them of the old ones."""
    tree, files, _ = apart(name)
    tree, files = json.loads(json.dumps(tree)), Files(files)
    states = [state for cls, state in objects_in(tree) if cls == key and set(changes) <= set(state)]
    for field, change in changes.items():
        old = plain_value(states[0][field], files)[1]
        put(states[0], field, change(old) if callable(change) else change, files)
    return loaded(tree, files)


def shorter(array):
    return array[:-1]


def twice(vocabulary):
    return dict.fromkeys(vocabulary, 0)


@pytest.mark.parametrize(
    ("name", "key", "changes", "message"),
    [
        ("union", "sklearn.TfidfVectorizer", {"input": "filename"}, "'filename'; it must be one"),
        ("union", "sklearn.TfidfVectorizer", {"input": "file"}, "'file'; it must be one"),
        ("union", "sklearn.TfidfVectorizer", {"ngram_range": (2, 1)}, "ngram_range decreases"),
        ("union", "sklearn.TfidfVectorizer", {"ngram_range": (1, 10**8)}, "from 1 to 1000"),
        ("union", "sklearn.TfidfVectorizer", {"token_pattern": None}, "needs a token_pattern"),
        ("union", "sklearn.TfidfVectorizer", {"token_pattern": "("}, "a regular expression"),
        ("union", "sklearn.TfidfVectorizer", {"vocabulary_": twice}, "columns must be 0 to"),
        ("union", "sklearn.TfidfVectorizer", {"vocabulary_": {"a": 0}}, "n_out is 1 here"),
        ("union", "sklearn.TfidfTransformer", {"idf_": shorter}, "is 8 here"),
        ("union", "sklearn.TfidfTransformer", {"use_idf": False}, "idf_ must be there if"),
        ("scalers", "sklearn.StandardScaler", {"scale_": None}, "with_std is True, but scale_ is"),
        ("scalers", "sklearn.StandardScaler", {"scale_": np.zeros(3)}, "outside of"),
        ("scalers", "sklearn.VarianceThreshold", {"threshold": 100}, "in the range|returns 0"),
        ("union", "sklearn.SelectKBest", {"k": 3}, "returns 3 features, the next one takes 5"),
        ("percentile", "sklearn.SelectPercentile", {"percentile": 90}, "a step returns 8 features"),
        ("hashing", "sklearn.HashingVectorizer", {"n_features": 33}, "returns 33 features, .* 32"),
        ("logistic", "sklearn.LogisticRegression", {"coef_": shorter}, "must be at least 1"),
        (
            "logistic", "sklearn.LogisticRegression",
            {"coef_": np.zeros((2, 9)), "intercept_": np.zeros(2)}, "2 rows for 2 classes",
        ),
        ("logistic", "sklearn.LabelBinarizer", {"classes_": np.arange(3)}, "has 2 .*n_classes=3|3"),
        ("logistic", "sklearn.OneVsRestClassifier", {"classes_": np.arange(3)}, "has 2 estim"),
        ("outputs", "sklearn.MultiOutputClassifier", {"classes_": [np.arange(3)] * 2}, "differ"),
        (
            "columns", "sklearn.ColumnTransformer",
            {"_transformer_to_input_indices": {"a": [0], "b": [7], "c": [0], "remainder": []}},
            "it has 2 columns, but reads or drops 2",
        ),
        (
            "columns", "sklearn.ColumnTransformer",
            {"_transformer_to_input_indices": {"a": [0], "x": [1], "c": [0]}},
            "the columns that it reads differ from those of transformers_",
        ),
    ],
    ids=range(23),
)  # fmt: skip
def test_contradictions(name, key, changes, message):
    with pytest.raises(ModelFileError, match=message):
        forged(name, key, **changes)


def test_the_number_of_processes_is_not_taken_from_a_file():
    forger = json.loads(json.dumps(apart("union")[0]))
    for key, state in objects_in(forger):
        if "n_jobs" in state:
            state["n_jobs"] = 40
        if key == "sklearn.Pipeline":
            state["memory"] = "/tmp/somewhere"
    model = loaded(forger, apart("union")[1])
    assert model[0].n_jobs is None
    assert model[-1].n_jobs is None
    assert model.memory is None


def there_and_back(value):
    files = Files()
    tree = json.loads(json.dumps(Encoder(files).encode(value, "it")))
    return Decoder(files.__getitem__).decode(tree)


def test_what_scikit_learn_sets_on_any_estimator():
    pd = pytest.importorskip("pandas", reason="needs pandas (extra 'plot')")
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 5.0]})
    scaler = StandardScaler(with_mean=False).set_output(transform="pandas").fit(frame)
    found = there_and_back(scaler)
    assert found.transform(frame).equals(scaler.transform(frame))
    assert list(found.feature_names_in_) == ["a", "b"]
    for name, value, message in (
        ("feature_names_in_", np.array(["a"], dtype=object), "n_features is 2 here, but 1"),
        ("feature_names_in_", np.array(["a", "a"], dtype=object), "contains a name twice"),
        ("_sklearn_output_config", {"transform": "other"}, "must be one of 'default'"),
        ("_metadata_request", 3, "must be a MetadataRequest"),
        ("note", "x", "has the unknown entry 'note'"),
    ):
        other = MaxAbsScaler().fit(frame)
        setattr(other, name, value)
        with pytest.raises(ValueError, match=f"it cannot be saved: MaxAbsScaler.*{message}"):
            Encoder(Files()).encode(other, "it")


def test_the_address_of_the_stop_words_is_not_saved():
    vectorizer = CountVectorizer(stop_words=["the"]).fit(["the lamp"])
    assert hasattr(vectorizer, "_stop_words_id")
    assert not hasattr(there_and_back(vectorizer), "_stop_words_id")
