"""Write directories that transformers can load, and make taggers from such directories."""

import copy
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._gate.labels import LabelSpace
from .._runtime.messages import shown
from .._runtime.onnx_files import label_metadata
from .._runtime.threads import snapshot
from ._checkpoints import (
    asks_for_own_head,
    find_checkpoint,
    has_classifier,
    read_config,
    read_labels,
)
from ._frameworks import load_engine, quiet_transformers

__all__ = ["InterchangeMixin"]

# keys of "reading" in skmultitext.json: how a tagger reads texts
_READING = {"max_length", "long_text", "lowercase", "truncation_side", "window_stride"}


class InterchangeMixin:
    """Adds `save_pretrained`, `to_onnx` and `from_pretrained` to a tagger of texts."""

    def save_pretrained(self: Any, directory: str | os.PathLike[str]) -> None:
        """Write a directory that transformers can load.

        ``AutoModelForSequenceClassification.from_pretrained`` and
        ``pipeline("text-classification")`` load it, with label names and problem type. Thresholds
        are written to ``skmultitext.json``.

        Parameters
        ----------
        directory : str or os.PathLike
            Created if it does not exist.

        Raises
        ------
        ValueError
            If the head is not that of the architecture, or the framework is not torch.
        FileExistsError
            If the directory has a config.json that was not written by a tagger.
        NotFittedError
            If the tagger is not fitted.
        """
        state = snapshot(self)
        check_is_fitted(state)
        classifier = None
        if state.framework_ == "torch" and state.classifier_ is None:
            classifier = getattr(state.network_.model, "classifier", None)
        if classifier is None:
            raise ValueError(
                "Only a tagger with framework='torch', head='dense', and in head_params "
                "pooling='cls' and no head_layers, has the head that "
                "AutoModelForSequenceClassification knows. Keep this one with save."
            )
        from .torch._loading import with_constants

        _refuse_foreign(Path(directory), "save_pretrained", ["skmultitext.json"])
        with quiet_transformers():
            weights = with_constants(classifier, state._constants)
            classifier.save_pretrained(directory, state_dict=weights)
        state._save_reading(directory)

    def _save_reading(self: Any, directory: str | os.PathLike[str]) -> None:
        """Write the tokenizer, and to skmultitext.json what transformers does not store."""
        with quiet_transformers():
            self.network_.reader.tokenizer.save_pretrained(directory)
        extra = {
            "thresholds": self.thresholds_.tolist(),
            "constants": [None if np.isnan(c) else c for c in self._constants],
            "reading": self.network_.reading,
            "window_pooling": self.network_.head["window_pooling"],
        }
        file = Path(directory) / "skmultitext.json"
        file.write_text(json.dumps(extra, indent=2), encoding="utf-8")

    def to_onnx(self: Any, directory: str | os.PathLike[str], *, quantize: bool = False) -> None:
        """Write the network as ONNX, which runs without PyTorch and scikit-learn.

        ``model.onnx`` takes "input_ids", "attention_mask" and, if the model has token types,
        "token_type_ids", each int64 of shape (n_rows, width) of any size; it returns "logits" and
        "probabilities", float32 of shape (n_rows, n_labels). Its metadata has "label_names" and
        "thresholds", lists as JSON. The directory also gets the
        tokenizer, ``config.json`` with the label names in order (`id2label`), and
        ``skmultitext.json`` with the thresholds and how texts are read. With
        ``long_text="window"`` a row is a window; pool the rows of a text by "window_pooling".

        Parameters
        ----------
        directory : str or os.PathLike
            Created if it does not exist.
        quantize : bool, default=False
            Whether to write ``model.int8.onnx`` too: 8-bit weight matrices, a quarter of the size,
            with slightly different probabilities.

        Raises
        ------
        ValueError
            If the framework is not torch, padding changes the output of the network, or PyTorch's
            exporter does not support the architecture.
        FileExistsError
            If the directory has a config.json that was not written by `to_onnx`.
        MissingExtraError
            If onnx, onnxscript or onnxruntime is not installed (extra ``transformers-onnx``).
        NotFittedError
            If the tagger is not fitted.
        """
        state = snapshot(self)
        check_is_fitted(state)
        if state.framework_ != "torch":
            raise ValueError(
                "to_onnx exports networks of PyTorch, but this one is of TensorFlow. Fit a tagger "
                "with framework='torch'."
            )
        from .torch._onnx import export_onnx

        linear = None
        if state.classifier_ is not None:
            linear = state.classifier_.coef_, state.classifier_.intercept_
        path = Path(directory)
        path.mkdir(parents=True, exist_ok=True)
        _refuse_foreign(path, "to_onnx", ["model.onnx", "skmultitext.json"])
        metadata = label_metadata(state.label_names_, state.thresholds_)
        constants, network = state._constants, state.network_
        export_onnx(network, path, constants, metadata, linear=linear, quantize=quantize)
        config = copy.deepcopy(state.network_.model.encoder.config)
        config.id2label = dict(enumerate(map(str, state.label_names_)))
        config.label2id = {name: j for j, name in config.id2label.items()}
        config.problem_type = "multi_label_classification"
        config.save_pretrained(path)
        state._save_reading(path)

    @classmethod
    def from_pretrained(cls: Any, directory: str | os.PathLike[str], **parameters: Any) -> Any:
        """Make a fitted tagger from a sequence classifier of transformers.

        Parameters
        ----------
        directory : str or os.PathLike
            Directory written by `save_pretrained`, of a tagger or of transformers, or a name on
            the hub.
        **parameters
            Parameters of the tagger, such as `max_length` or `threshold`.

        Returns
        -------
        TransformerTagger
            Fitted, ready to predict; `predict_labels` returns label names.

        Raises
        ------
        ValueError
            If the directory holds no classifier or cannot be read, or if a parameter asks for a
            head other than the classifier's.
        """
        tagger = cls(**{"checkpoint": str(directory), "framework": "torch", **parameters})
        tagger._validate_params()
        path = find_checkpoint(directory, allow_pickle_weights=tagger.allow_pickle_weights)
        config = read_config(path)
        _check_classifier(path, config)
        names = read_labels(config)
        extra = _read_extra(path, len(names))
        if extra:
            reading = dict(extra["reading"])
            if reading["long_text"] != "window":
                reading.pop("window_stride", None)  # always stored as 0
            theirs = {"threshold": extra["thresholds"]}
            if "max_length" in reading:
                theirs["max_length"] = reading.pop("max_length")
            text = {**reading, "window_pooling": extra["window_pooling"]}
            text |= parameters.get("text_params") or {}
            tagger.set_params(**{**theirs, **parameters, "text_params": text})
            tagger._validate_params()
        head = tagger._complete("head_params")
        is_own = head["pooling"] in ("auto", "cls") and not len(head["head_layers"])
        if not is_own or tagger.head != "dense":
            raise ValueError(
                f"from_pretrained uses the classifier of the checkpoint, but head="
                f"{shown(tagger.head)} with head_params={shown(tagger.head_params)} asks for "
                f"another head. Leave head, and pooling and head_layers in head_params, at their "
                f"defaults; fit trains a new head on the encoder."
            )
        space = LabelSpace.of(names, form="label_sets")
        network = tagger._start_network(load_engine(tagger.framework), space, seed=0)
        if not asks_for_own_head(network.head):
            raise ValueError(
                f"The checkpoint {tagger.checkpoint} is a classifier whose head uses the decoder, "
                f"which is not loaded. Pass it as checkpoint, and call fit, which trains a new "
                f"head on the encoder."
            )
        constants = extra.get("constants") or [None] * len(names)
        constants = np.array([np.nan if c is None else c for c in constants], dtype=np.float64)
        tagger._set_pretrained(network, space, constants)
        return tagger


def _refuse_foreign(path: Path, writer: str, beside: list[str]) -> None:
    """Refuse to overwrite a config.json without the other files that `writer` writes."""
    if (path / "config.json").exists() and not all((path / name).exists() for name in beside):
        raise FileExistsError(
            f"{path} has a config.json that was not written by {writer}, and would be replaced. "
            f"Pass another directory, or remove that file."
        )


def _check_classifier(path: Path, config: dict) -> None:
    """Refuse a checkpoint that is not a multi-label or single-label (sigmoid) classifier."""
    if not has_classifier(config):
        names = ", ".join(config.get("architectures") or [])
        raise ValueError(
            f"The checkpoint {path} is not a sequence classifier ({names}): it has no labels. Pass "
            f"it as checkpoint, and call fit."
        )
    problem, n_labels = config.get("problem_type"), len(read_labels(config))
    if problem == "multi_label_classification" or (n_labels == 1 and problem != "regression"):
        return
    kind = "regression" if problem == "regression" else "one label per text (softmax)"
    raise ValueError(
        f"The checkpoint {path} is a classifier for {kind}: its problem_type is {shown(problem)}, "
        f"so the sigmoid of its logits is not a probability. Pass it as checkpoint, and call fit; "
        f"if it was trained for several labels per text, set "
        f'"problem_type": "multi_label_classification" in its config.json.'
    )


def _read_extra(path: Path, n_labels: int) -> dict:
    """Read skmultitext.json as `save_pretrained` wrote it; {} if there is none."""
    file = path / "skmultitext.json"
    if not file.is_file():
        return {}
    try:
        extra = json.loads(file.read_text("utf-8"))
        numbers = [float(t) for t in extra["thresholds"]]
        numbers += [0.0 if c is None else float(c) for c in extra["constants"]]
        fits = len(extra["thresholds"]) == len(extra["constants"]) == n_labels
        fits = fits and bool(np.isfinite(numbers).all()) and "window_pooling" in extra
        fits = fits and set(extra["reading"]) <= _READING and "long_text" in extra["reading"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file} is damaged ({error!r}). Save the tagger again.") from error
    if not fits:
        raise ValueError(
            f"{file} is damaged: it needs a finite threshold and a constant or null for each of "
            f"the {n_labels} labels, and the parameters of reading texts. Save the tagger again."
        )
    return extra
