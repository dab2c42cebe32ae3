"""The table of all classes and functions that a saved model may contain.

A file names a class by its key in this table. The module to import comes from the table and never
from the file, so a file can reach nothing that is not listed here.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from .._runtime.optional import EXTRA_OF_MODULE, require
from ..exceptions import ModelFileError

__all__ = ["ALLOWED", "find_allowed", "key_of", "require_missing"]


def _table(library: str, modules: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, str]]:
    return {
        f"{library}.{name}": (where, name) for where, names in modules.items() for name in names
    }


# key in files -> (module, name). Keys are part of the file format; keep them when a class moves
ALLOWED: dict[str, tuple[str, str]] = {
    **_table(
        "skmultitext",
        {
            "skmultitext.linear": (
                "MultilabelLogisticRegression",
                "TfidfLogRegTagger",
                "TfidfLogRegTaggerCV",
            ),
            "skmultitext.trees": ("LabelTreeTagger", "TfidfLabelTreeTagger"),
            "skmultitext.trees._forest": ("Forest",),
            "skmultitext.neural.mlp": ("KerasMLPTagger",),
            "skmultitext.neural.han": ("KerasHANTagger",),
            "skmultitext.transformer.tagger": ("TransformerTagger",),
            "skmultitext.thresholds": ("FixedThresholdTagger", "TunedThresholdTaggerCV"),
            "skmultitext.calibration": ("CalibratedTaggerCV",),
            "skmultitext.hierarchy": ("HierarchicalTagger",),
            "skmultitext.ensemble": ("ChainTagger", "VotingTagger"),
            "skmultitext._gate.hierarchy": ("LabelHierarchy",),
            "skmultitext.calibration._calibrators": ("IsotonicCalibrator", "SigmoidCalibrator"),
            "skmultitext.feature_extraction": ("TfidfUnion", "TfidfVectorizer"),
            "skmultitext.model_selection": (
                "MultilabelStratifiedGroupKFold",
                "MultilabelStratifiedKFold",
                "MultilabelStratifiedShuffleSplit",
                "RepeatedMultilabelStratifiedKFold",
            ),
            "skmultitext._gate.labels": ("LabelCodes", "LabelSpace"),
            "skmultitext.sequences": ("Tokenizer", "Vocabulary"),
            "skmultitext.neural._network": ("Network",),
            "skmultitext.neural.networks": ("mlp",),
            "skmultitext.neural._text_network": ("text_network",),
            "skmultitext.transformer.torch._network": ("TorchNetwork",),
            "skmultitext.transformer.keras._network": ("KerasNetwork",),
            "skmultitext.transformer.keras._model": ("tagging_network",),
        },
    ),
    **_table(
        "sklearn",
        {
            "sklearn.pipeline": ("FeatureUnion", "Pipeline"),
            "sklearn.compose": ("ColumnTransformer",),
            "sklearn.feature_extraction.text": (
                "CountVectorizer",
                "HashingVectorizer",
                "TfidfTransformer",
                "TfidfVectorizer",
            ),
            "sklearn.preprocessing": (
                "FunctionTransformer",
                "LabelBinarizer",
                "MaxAbsScaler",
                "MinMaxScaler",
                "Normalizer",
                "StandardScaler",
            ),
            "sklearn.decomposition": ("TruncatedSVD",),
            "sklearn.feature_selection": (
                "SelectKBest",
                "SelectPercentile",
                "VarianceThreshold",
                "chi2",
                "f_classif",
                "mutual_info_classif",
            ),
            "sklearn.frozen": ("FrozenEstimator",),
            "sklearn.linear_model": ("LogisticRegression",),
            "sklearn.multiclass": ("OneVsRestClassifier", "_ConstantPredictor"),
            "sklearn.multioutput": ("MultiOutputClassifier",),
            "sklearn.naive_bayes": ("BernoulliNB", "ComplementNB", "MultinomialNB"),
            "sklearn.svm": ("LinearSVC",),
            "sklearn.model_selection": ("GroupKFold", "KFold", "ShuffleSplit"),
        },
    ),
    **_table("numpy", {"numpy": ("float32", "float64", "int32", "int64")}),
    **_table("builtins", {"builtins": ("float", "int")}),
}


def find_allowed(key: object) -> Any:
    """Find the class or function of a key; MissingExtraError where its library is missing."""
    if not isinstance(key, str) or key not in ALLOWED:
        raise ModelFileError(
            f"The saved model names {str(key)[:100]!r}, which is not a class or function that a "
            f"saved model may contain. The file was damaged, or was not written by save."
        )
    where, name = ALLOWED[key]
    try:
        return getattr(import_module(where), name)
    except ModuleNotFoundError as error:
        require_missing(error)
        raise


def key_of(thing: Any) -> str | None:
    """Find the key of a class or function, None where it is not in the table."""
    library = str(getattr(thing, "__module__", "")).partition(".")[0]
    key = f"{library}.{getattr(thing, '__name__', '')}"
    return key if key in ALLOWED and find_allowed(key) is thing else None


def require_missing(error: ModuleNotFoundError) -> None:
    """Raise a MissingExtraError if an extra installs the missing library."""
    library = (error.name or "").partition(".")[0]
    if library in EXTRA_OF_MODULE:
        require(library, "This saved model")
