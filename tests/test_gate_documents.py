"""The gate for X."""

from collections import deque

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext import MultilabelLogisticRegression, TfidfLogRegTagger
from skmultitext._gate.documents import check_documents, refuse_documents
from skmultitext.exceptions import DocumentError

pd = pytest.importorskip("pandas", reason="the gate is tested on pandas objects too")

TEXTS = ["late parcel", "", "naïve 😀 café"]


@pytest.mark.parametrize(
    "make",
    [
        list,
        tuple,
        deque,
        iter,
        np.array,
        lambda texts: np.array(texts, dtype=object),
        lambda texts: pd.Series(texts, index=[7, 7, 9]),
        lambda texts: pd.Series(texts, dtype="string"),
        lambda texts: pd.Series(texts, dtype="category"),
        lambda texts: pd.Index(texts),
        lambda texts: [np.str_(text) for text in texts],
    ],
)
def test_every_ordered_collection_of_str_is_read(make):
    documents = check_documents(make(TEXTS))
    assert documents == TEXTS
    assert set(map(type, documents)) == {str}


def test_a_list_of_str_is_not_copied():
    assert check_documents(TEXTS) is TEXTS


REFUSED = [
    ("one text", r"X is a single str.*\[text\]"),
    (b"one text", r"X is a single bytes.*\[text\]"),
    (None, r"X is None\. Pass a sequence"),
    (3, r"X is int \(3\)"),
    ([], r"X is empty: found 0 documents"),
    ({"a", "b"}, r"X is a set, whose rows cannot be matched with y"),
    ({"a": 1}, r"X is a dict, whose rows"),
    (["a", None], r"X\[1\] is missing \(None\), not a str\. Replace missing texts by an empty"),
    (["a", float("nan")], r"X\[1\] is missing \(nan\).*drop these rows"),
    (["a", "b", 3], r"X\[2\] is int \(3\), not a str\. Convert it with str"),
    ([b"a"], r"X\[0\] is bytes \(b'a'\).*decode\('utf-8'\)"),
    (["a", ["b", "c"]], r"X\[1\] is list .*' '\.join\(words\)"),
    (np.array([["a", "b"]]), r"X is an array of 2 dimensions and shape \(1, 2\).*X\[:, 0\]"),
    (np.array("a"), r"X is an array of 0 dimensions"),
    (np.zeros((2, 2)), r"X is an array of 2 dimensions"),
    (np.zeros(2), r"X\[0\] is float \(0\.0\)"),
    (sp.eye(2), r"X is a sparse matrix of shape \(2, 2\)"),
    (
        pd.DataFrame({"text": ["a"], "n": [1]}),
        r"DataFrame with the columns 'text', 'n'.*X\['text'\]",
    ),
    (pd.Series(["a", pd.NA], dtype="string"), r"X\[1\] is missing \(<NA>\)"),
    (["a", "x" * 10, 10**99], r"X\[2\] is int \(10{37}\.\.\.0{39}\), not a str"),
]


@pytest.mark.parametrize(("X", "message"), REFUSED)
def test_what_is_no_collection_of_str_is_refused_by_place_and_remedy(X, message):
    with pytest.raises(DocumentError, match=message):
        check_documents(X)


@pytest.mark.parametrize("X", [X for X, _ in REFUSED[:9]])
def test_nothing_is_fitted_when_the_texts_are_refused(X):
    tagger = TfidfLogRegTagger()
    with pytest.raises(DocumentError):
        tagger.fit(X, [[1, 0], [0, 1]])
    assert not [name for name in vars(tagger) if name.endswith("_")]


@pytest.mark.parametrize("texts", ["late", TEXTS, np.array(TEXTS), pd.Series(TEXTS)], ids=str)
def test_texts_are_refused_where_features_belong(texts):
    with pytest.raises(DocumentError, match=r"X holds texts, but .* such as TfidfLogRegTagger"):
        MultilabelLogisticRegression().fit(texts, [[0, 1]] * 3)


def test_features_are_left_to_scikit_learn():
    for X in ([[1.0]], [], np.zeros((1, 2)), sp.eye(2), pd.DataFrame({"x": [1.0]}), None, [1.0]):
        refuse_documents(X)
