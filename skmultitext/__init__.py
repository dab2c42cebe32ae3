"""Multi-label text classification with scikit-learn's interface."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# public name -> the module that defines it; a name loads its module on first use (PEP 562)
_MODULE_OF = {
    "CalibratedTaggerCV": "calibration",
    "ChainTagger": "ensemble",
    "FixedThresholdTagger": "thresholds",
    "HierarchicalTagger": "hierarchy",
    "KerasHANTagger": "neural.han",
    "KerasMLPTagger": "neural.mlp",
    "LabelTreeTagger": "trees",
    "MultilabelLogisticRegression": "linear",
    "TfidfLabelTreeTagger": "trees",
    "TfidfLogRegTagger": "linear",
    "TfidfLogRegTaggerCV": "linear",
    "TransformerTagger": "transformer.tagger",
    "TunedThresholdTaggerCV": "thresholds",
    "VotingTagger": "ensemble",
    "load": "persistence",
    "predict_labels": "_meta.predict_labels",
    "save": "persistence",
    "show_versions": "_runtime.versions",
}
_SUBMODULES = (
    "calibration",
    "datasets",
    "display",
    "distributed",
    "ensemble",
    "exceptions",
    "feature_extraction",
    "hierarchy",
    "inspection",
    "metrics",
    "model_selection",
    "neural",
    "persistence",
    "report",
    "sequences",
    "serving",
    "testing",
    "thresholds",
)

__all__ = ["__version__", *_MODULE_OF, *_SUBMODULES]


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        return getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
    if name in _SUBMODULES:
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
