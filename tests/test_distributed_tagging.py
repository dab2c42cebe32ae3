"""`tag_partitions` gives each document the labels that the tagger gives it alone."""

import re

import numpy as np
import pytest

pd = pytest.importorskip("pandas", reason="partitions are DataFrames")
pytest.importorskip("pyarrow", reason="new columns are arrays of pyarrow")

from partitions import NAMES, fitted, parts_of, table  # noqa: E402
from sklearn.exceptions import NotFittedError  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import FunctionTransformer  # noqa: E402

from skmultitext import FixedThresholdTagger, TfidfLogRegTagger  # noqa: E402
from skmultitext.distributed import tag_partitions  # noqa: E402
from skmultitext.exceptions import PartitionError  # noqa: E402

FRAME = table()


@pytest.fixture(scope="module")
def tagger():
    return fitted()


def test_labels_and_probabilities_are_those_of_the_tagger(tagger):
    parts = parts_of(FRAME)
    tagged = tag_partitions(tagger, parts, text="text", column="given", proba_column="proba")
    assert [len(part) for part in tagged] == [len(part) for part in parts]
    whole = pd.concat(tagged)
    assert whole["given"].tolist() == list(map(list, tagger.predict_labels(FRAME["text"])))
    proba = np.array(whole["proba"].tolist())
    np.testing.assert_allclose(proba, tagger.predict_proba(FRAME["text"]), rtol=1e-12)
    pd.testing.assert_frame_equal(whole[FRAME.columns], FRAME)
    assert "given" not in parts[0]
    dtypes = [part[["given", "proba"]].dtypes.astype(str).tolist() for part in tagged]
    assert dtypes == [["list<item: string>[pyarrow]", "list<item: double>[pyarrow]"]] * 4


def test_rules_of_the_decision_are_kept(tagger):
    rules = FixedThresholdTagger(tagger, threshold=0.3, max_labels=1, at_least_one=True)
    rules.fit(FRAME["text"], FRAME[NAMES].fillna(0))
    tagged = pd.concat(tag_partitions(rules, parts_of(FRAME), text="text"))
    assert {len(labels) for labels in tagged["labels"]} == {1}


def test_a_pipeline_and_a_single_label():
    y = FRAME["refund"].fillna(0).astype(int)
    pipeline = make_pipeline(FunctionTransformer(), TfidfLogRegTagger()).fit(FRAME["text"], y)
    tagged = tag_partitions(pipeline, [FRAME], text="text", proba_column="proba")[0]
    proba = np.array(tagged["proba"].tolist())
    np.testing.assert_allclose(proba[:, 0], pipeline.predict_proba(FRAME["text"])[:, 1])
    assert proba.shape == (60, 1)


def test_a_bad_row_is_named(tagger):
    parts = parts_of(FRAME.assign(text=FRAME["text"].where(FRAME.index != 9)))
    with pytest.raises(PartitionError, match=r"^partition 2, row 2: the text is missing"):
        tag_partitions(tagger, parts, text="text")


def test_illegal_arguments(tagger):
    parts = [FRAME]
    with pytest.raises(ValueError, match="text names 'texts', of which data has 0 columns"):
        tag_partitions(tagger, parts, text="texts")
    with pytest.raises(ValueError, match="column names 'refund', a column that data already has"):
        tag_partitions(tagger, parts, text="text", column="refund")
    message = "column and proba_column are both 'new'; pass different names."
    with pytest.raises(ValueError, match=re.escape(message)):
        tag_partitions(tagger, parts, text="text", column="new", proba_column="new")
    with pytest.raises(NotFittedError):
        tag_partitions(TfidfLogRegTagger(), parts, text="text")
    nameless = FunctionTransformer().fit([[0]])
    with pytest.raises(ValueError, match="which does not name its labels; pass a tagger"):
        tag_partitions(nameless, parts, text="text")
