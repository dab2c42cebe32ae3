"""Small fitted models of every class that may stand in a file, taken apart and put together.

A model is a tree and its files, in memory; what is changed in a tree is not held to a schema.
"""

import json
import warnings
from functools import cache

import numpy as np
import scipy.sparse as sp
from sklearn import config_context
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)
from sklearn.feature_selection import SelectKBest, SelectPercentile, VarianceThreshold, chi2
from sklearn.feature_selection import mutual_info_classif as mutual_information
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, KFold, ShuffleSplit
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, Normalizer, StandardScaler
from sklearn.svm import LinearSVC

from skmultitext import (
    CalibratedTaggerCV,
    ChainTagger,
    FixedThresholdTagger,
    HierarchicalTagger,
    KerasHANTagger,
    KerasMLPTagger,
    LabelTreeTagger,
    MultilabelLogisticRegression,
    TfidfLabelTreeTagger,
    TfidfLogRegTagger,
    TfidfLogRegTaggerCV,
    TunedThresholdTaggerCV,
    VotingTagger,
    persistence,
)
from skmultitext.distributed import fit_partitions
from skmultitext.model_selection import (
    MultilabelStratifiedGroupKFold,
    MultilabelStratifiedKFold,
    MultilabelStratifiedShuffleSplit,
    RepeatedMultilabelStratifiedKFold,
)
from skmultitext.persistence._decoding import Decoder
from skmultitext.persistence._encoding import Encoder

TEXTS = ["refund my lamp", "my parcel is late", "late lamp, refund please", "hello there"] * 5
SETS = [["refund"], ["delivery"], ["delivery", "refund"], []] * 5
INDICATOR = np.array([[0, 1], [1, 0], [1, 1], [0, 0]] * 5)
FEATURES = np.random.RandomState(0).rand(20, 4)
GROUPS = np.arange(20) // 2
NEW_TEXTS = ["late", "please refund my parcel", "", "hello hello lamp"]


def _tagged(*steps):
    return make_pipeline(*steps, MultilabelLogisticRegression())


def _with_requests():
    with config_context(enable_metadata_routing=True):
        tagger = TfidfLogRegTagger(ngram_range=(1, 2), threshold={"refund": 0.3}, n_jobs=1)
        return tagger.set_fit_request(sample_weight=True).fit(TEXTS, SETS)


def _of_columns():
    tagger = _tagged(
        ColumnTransformer(
            [("a", CountVectorizer(), 0), ("b", TfidfVectorizer(), 1), ("c", "drop", [0])]
        )
    )
    return tagger.fit(np.array([TEXTS, TEXTS[::-1]], dtype=object).T, SETS)


def _partly_fitted():
    return MultilabelLogisticRegression().partial_fit(FEATURES, INDICATOR)


def _wrapped(cv, **options):
    return TunedThresholdTaggerCV(TfidfLogRegTagger(), cv=cv).fit(TEXTS, SETS, **options)


def _in_partitions(tagger):
    import pandas

    table = pandas.DataFrame({"text": TEXTS, "labels": SETS})
    return fit_partitions(tagger, [table[:10], table[10:]], text="text", labels="labels")


def _classifier(classifier):
    return make_pipeline(CountVectorizer(), OneVsRestClassifier(classifier)).fit(TEXTS, INDICATOR)


# name -> what makes a fitted model, and whether it takes texts
_MODELS = {
    "tagger": _with_requests,
    "binary": lambda: TfidfLogRegTagger().fit(TEXTS, np.array(["no", "yes"])[INDICATOR[:, 0]]),
    "column": lambda: TfidfLogRegTagger().fit(TEXTS, INDICATOR[:, :1] * 2),
    "sparse": lambda: TfidfLogRegTagger(
        prune=0.1, loss="squared_hinge", class_weight={"0": 2}
    ).fit(TEXTS, sp.csr_matrix(INDICATOR)),
    "cv": lambda: TfidfLogRegTaggerCV(cv=KFold(2)).fit(TEXTS, SETS),
    "features": lambda: MultilabelLogisticRegression(class_weight="balanced").fit(
        FEATURES, INDICATOR
    ),
    "trees": lambda: LabelTreeTagger(
        max_leaf=2, branching_factor=2, n_trees=2, beam_width=1, random_state=0
    ).fit(FEATURES, sp.csr_array(FEATURES > 0.5)),
    "text trees": lambda: TfidfLabelTreeTagger(analyzer=("word", "char_wb")).fit(TEXTS, SETS),
    "partial": _partly_fitted,
    "hashing": lambda: _tagged(HashingVectorizer(n_features=32), MaxAbsScaler()).fit(TEXTS, SETS),
    "scalers": lambda: _tagged(
        CountVectorizer(stop_words=["the"]), TfidfTransformer(), Normalizer(), TruncatedSVD(3),
        MinMaxScaler(), StandardScaler(), VarianceThreshold(),
    ).fit(TEXTS, SETS),
    "passing": lambda: make_pipeline(
        "passthrough", ColumnTransformer([("all", "passthrough", [0, 1])], remainder="drop"), None,
        MultilabelLogisticRegression(),
    ).fit(sp.csr_matrix(FEATURES), INDICATOR),
    "union": lambda: _tagged(
        make_union(TfidfVectorizer(), CountVectorizer(analyzer="char_wb")), SelectKBest(chi2, k=5)
    ).fit(TEXTS, INDICATOR),
    "percentile": lambda: make_pipeline(
        CountVectorizer(), SelectPercentile(mutual_information, percentile=50),
        FixedThresholdTagger(LogisticRegression()),
    ).fit(TEXTS, INDICATOR[:, 0]),
    "columns": _of_columns,
    "logistic": lambda: _classifier(LogisticRegression()),
    "svm": lambda: _classifier(LinearSVC()),
    "constant": lambda: make_pipeline(
        CountVectorizer(), OneVsRestClassifier(LogisticRegression())
    ).fit(TEXTS, INDICATOR * [1, 0] + [0, 1]),
    "bernoulli": lambda: _classifier(BernoulliNB()),
    "complement": lambda: _classifier(ComplementNB()),
    "outputs": lambda: make_pipeline(CountVectorizer(), MultiOutputClassifier(MultinomialNB())).fit(
        TEXTS, INDICATOR
    ),
    "fixed": lambda: FixedThresholdTagger(
        FrozenEstimator(TfidfLogRegTagger().fit(TEXTS, SETS)), threshold=[0.2, 0.7], max_labels=1
    ).fit(TEXTS, SETS),
    "tuned": lambda: TunedThresholdTaggerCV(
        TfidfLogRegTagger(), cv=MultilabelStratifiedKFold(2), store_cv_results=True
    ).fit(TEXTS, SETS),
    "groups": lambda: _wrapped(GroupKFold(2), groups=GROUPS),
    "label groups": lambda: _wrapped(MultilabelStratifiedGroupKFold(2), groups=GROUPS),
    "shuffled": lambda: _wrapped(ShuffleSplit(2, random_state=0)),
    "labels shuffled": lambda: _wrapped(MultilabelStratifiedShuffleSplit(2, random_state=0)),
    "hierarchical": lambda: HierarchicalTagger(
        TfidfLogRegTagger(), {"delivery": "refund"}, training="conditional"
    ).fit(TEXTS, SETS),
    "repeated": lambda: CalibratedTaggerCV(
        TfidfLogRegTagger(),
        cv=RepeatedMultilabelStratifiedKFold(n_splits=2, n_repeats=2, random_state=0),
    ).fit(TEXTS, SETS),
    "analyzers": lambda: TfidfLogRegTagger(
        analyzer=("word", "char_wb"), ngram_range={"word": (1, 1), "char_wb": (2, 3)},
        max_features=12,
    ).fit(TEXTS, SETS),
    "partitions": lambda: _in_partitions(TfidfLogRegTagger()),
    "tuned in partitions": lambda: _in_partitions(TunedThresholdTaggerCV(
        FixedThresholdTagger(TfidfLogRegTagger()), objective="f1_micro", cv=2
    )),
    "calibrated in partitions": lambda: _in_partitions(CalibratedTaggerCV(
        HierarchicalTagger(TfidfLogRegTagger(), {"delivery": "refund"}), min_sigmoid=2, cv=2
    )),
    "hashed in partitions": lambda: _in_partitions(_tagged(HashingVectorizer(n_features=32))),
    "chain": lambda: ChainTagger(TfidfLogRegTagger(), cv=2).fit(TEXTS, SETS),
    "votes": lambda: VotingTagger(
        [("words", TfidfLogRegTagger()), ("pairs", TfidfLogRegTagger(ngram_range=(1, 2)))],
        weights={"pairs": 2}, voting="probabilities",
    ).fit(TEXTS, SETS),
    "fitted votes": lambda: TunedThresholdTaggerCV(
        VotingTagger([("words", TfidfLogRegTagger()), ("one", _classifier(BernoulliNB()))],
        weights="fit"), cv=2,
    ).fit(TEXTS, SETS),
    "isotonic": lambda: CalibratedTaggerCV(
        TfidfLogRegTagger(), method="isotonic", min_isotonic=5, cv=2
    ).fit(TEXTS, SETS),
}  # fmt: skip
_NETWORKS = {
    "mlp": lambda: KerasMLPTagger((3,), max_epochs=1, random_state=0).fit(FEATURES, INDICATOR),
    "mlp online": lambda: KerasMLPTagger((3,), random_state=0).partial_fit(FEATURES, INDICATOR),
    "han": lambda: KerasHANTagger(
        embedding_dim=4, units=3, max_epochs=1, n_oov_buckets=2, random_state=0
    ).fit(TEXTS, SETS),
    "torch": lambda: _transformer(head_params={"pooling": "attention", "head_layers": (4,)}),
    "torch logreg": lambda: _transformer(head="logreg"),
    "tensorflow": lambda: _transformer(framework="tensorflow"),
}
MODELS = tuple(_MODELS)
NETWORKS = tuple(_NETWORKS)


def _transformer(**parameters):
    import transformer_toys

    return transformer_toys.tiny("bert", max_epochs=1, **parameters).fit(TEXTS, SETS)


@cache
def fitted(name):
    """Make a fitted model; None of those who ask may change it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # so few documents
        return {**_MODELS, **_NETWORKS}[name]()


def probe(name):
    """Make documents that the model of a name takes."""
    if name == "passing":  # sparse if X is sparse
        return sp.csr_matrix(FEATURES[:4])
    if name in ("features", "trees", "partial", "mlp", "mlp online"):
        return FEATURES[:5]
    if name == "columns":
        return np.array([NEW_TEXTS, NEW_TEXTS[::-1]], dtype=object).T
    return NEW_TEXTS


class Files(dict):
    """Files in memory, as a writer has them."""

    def write(self, name, content):
        """Keep a file."""
        assert name not in self
        self[name] = bytes(content)


class Unchecked:
    """Takes everything, in the place of a Checker: for forgers."""

    def normalize(self, key, cls, state):
        """Leave the state as it is."""

    def check(self, key, cls, state):
        """Find nothing."""

    def remember(self, value, found):
        """Forget it."""


def taken_apart(estimator, *, checked=True):
    """Save a model in memory; return its tree and its files."""
    files = Files()
    encoder = Encoder(files)
    if not checked:
        encoder._checker = Unchecked()
    tree = encoder.encode(estimator, "it")
    return json.loads(json.dumps(tree)), files


def put(state, field, value, files):
    """Set a field of an object in a tree to a value; its files get names that are free."""
    encoder = Encoder(files)
    encoder._checker = Unchecked()
    encoder._n_files = len(files) + 5000
    state[field] = json.loads(json.dumps(encoder.encode(value, field)))


def objects_in(tree):
    """Yield (key of the class, state) of every object in a tree, the parts of a whole after it."""
    if isinstance(tree, dict):
        if tree.get("$") == "object" and isinstance(tree.get("state"), dict):
            yield tree["class"], tree["state"]
        if tree.get("$") == "view" and "class" in tree:
            yield tree["class"], tree
        tree = tree.values()
    if not isinstance(tree, str | int | float | None):
        for entry in list(tree):
            yield from objects_in(entry)


def plain_value(node, files):
    """Make the value of a node that holds no object; (False, None) for one that does."""
    if any(True for _ in objects_in(node)) or '"same"' in json.dumps(node):
        return False, None
    try:
        return True, Decoder(files.__getitem__).decode(node)
    except Exception:  # of a node that was broken before
        return False, None


def answers(model, X):
    """What a model says about documents, as arrays of numbers or str."""
    found = []
    for method in ("predict_proba", "decision_function", "predict"):
        if hasattr(model, method):
            answer = getattr(model, method)(X)
            parts = answer if isinstance(answer, list) else [answer]
            found += [part.toarray() if sp.issparse(part) else np.asarray(part) for part in parts]
    return found


def loaded(tree, files):
    """Make the model of a tree and its files, as `load` does."""
    return persistence._decode(json.loads(json.dumps(tree)), files.__getitem__, None)


@cache
def apart(name):
    """A model in memory: its tree, its files, and what it says about its probe."""
    tree, files = taken_apart(fitted(name))
    return tree, files, answers(loaded(tree, files), probe(name))
