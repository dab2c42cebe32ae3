"""What may stand in a saved model: one table of classes and functions, the whole of it.

A file names a class by its key here. The module to import comes from this table and never from
the file, so that a file can reach nothing that is not listed.
"""

from importlib import import_module

from .._optional import EXTRA_OF_MODULE, require
from ..exceptions import ModelFileError

__all__ = ["ALLOWED", "find_allowed", "key_of", "require_missing"]


def _table(library, modules):
    return {
        f"{library}.{name}": (where, name) for where, names in modules.items() for name in names
    }


# key in files -> (module, name); a key stays when what it stands for moves
ALLOWED = {
    **_table(
        "skmultitext",
        {
            "skmultitext.linear": (
                "MultilabelLogisticRegression",
                "TfidfLogRegTagger",
                "TfidfLogRegTaggerCV",
            ),
            "skmultitext.neural.mlp": ("KerasMLPTagger",),
            "skmultitext.neural.han": ("KerasHANTagger",),
            "skmultitext.transformer.tagger": ("TransformerTagger",),
            "skmultitext.thresholds": ("FixedThresholdTagger", "TunedThresholdTaggerCV"),
            "skmultitext.calibration": ("CalibratedTaggerCV",),
            "skmultitext.calibration._calibrators": ("IsotonicCalibrator", "SigmoidCalibrator"),
            "skmultitext.feature_extraction": ("TfidfVectorizer",),
            "skmultitext.model_selection": (
                "MultilabelStratifiedGroupKFold",
                "MultilabelStratifiedKFold",
                "MultilabelStratifiedShuffleSplit",
                "RepeatedMultilabelStratifiedKFold",
            ),
            "skmultitext._labels": ("LabelCodes", "LabelSpace"),
            "skmultitext.sequences": ("Tokenizer", "Vocabulary"),
            "skmultitext.neural._network": ("Network",),
            "skmultitext.neural.networks": ("mlp",),
            "skmultitext.neural._encoders": ("text_network",),
            "skmultitext.transformer._torch_network": ("TorchNetwork",),
            "skmultitext.transformer._keras_network": ("KerasNetwork",),
            "skmultitext.transformer._keras_model": ("tagging_network",),
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


def find_allowed(key):
    """Find the class or function that a file means.

    Parameters
    ----------
    key : object
        What stands in the file.

    Returns
    -------
    object
        The class or function.

    Raises
    ------
    ModelFileError
        If the table has no such key.
    MissingExtraError
        If it needs an optional library that is not installed.
    """
    if not isinstance(key, str) or key not in ALLOWED:
        raise ModelFileError(
            f"The saved model names {str(key)[:100]!r}, which is not among what may stand in a "
            f"file. It was damaged, or made by something else than save."
        )
    where, name = ALLOWED[key]
    try:
        return getattr(import_module(where), name)
    except ModuleNotFoundError as error:
        require_missing(error)
        raise


def key_of(thing):
    """Find the key of a class or function in the table.

    Parameters
    ----------
    thing : object
        Anything.

    Returns
    -------
    str or None
        None where it is not in the table.
    """
    library = str(getattr(thing, "__module__", "")).partition(".")[0]
    key = f"{library}.{getattr(thing, '__name__', '')}"
    return key if key in ALLOWED and find_allowed(key) is thing else None


def require_missing(error):
    """Say which extra brings the library that a ModuleNotFoundError is about.

    Parameters
    ----------
    error : ModuleNotFoundError
        The error.

    Raises
    ------
    MissingExtraError
        If an extra brings it; nothing happens otherwise.
    """
    library = (error.name or "").partition(".")[0]
    if library in EXTRA_OF_MODULE:
        require(library, "This saved model")
