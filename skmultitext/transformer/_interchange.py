"""Directories that transformers opens, and taggers made of such directories."""

import copy
import json
from pathlib import Path

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._labels import LabelSpace
from ._checkpoints import find_checkpoint, read_config
from ._engines import load_engine
from ._isolation import quiet_transformers

__all__ = ["InterchangeMixin"]


class InterchangeMixin:
    """Adds `save_pretrained`, `to_onnx` and `from_pretrained` to a tagger of texts."""

    def save_pretrained(self, directory):
        """Write a directory that transformers opens.

        ``AutoModelForSequenceClassification.from_pretrained`` and
        ``pipeline("text-classification")`` open it, with the names of the labels and the problem
        type. Thresholds go into ``skmultitext.json``.

        Parameters
        ----------
        directory : str or os.PathLike
            Made if it is not there.

        Raises
        ------
        ValueError
            If the head is not the one of the architecture, or the framework is not torch.
        NotFittedError
            If the tagger is not fitted.
        """
        check_is_fitted(self)
        classifier = None
        if self.framework_ == "torch" and not hasattr(self, "classifier_"):
            classifier = getattr(self.network_.model, "classifier", None)
        if classifier is None:
            raise ValueError(
                "Only a tagger with framework='torch', head='dense', pooling='cls' and no "
                "head_layers has the head that AutoModelForSequenceClassification knows. Keep this "
                "one with save."
            )
        with quiet_transformers():
            classifier.save_pretrained(directory)
        self._save_reading(directory)

    def _save_reading(self, directory):
        """Write the tokenizer, and what transformers does not know of a tagger."""
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

    def to_onnx(self, directory, *, quantize=False):
        """Write the network as ONNX, which runs without PyTorch and scikit-learn.

        ``model.onnx`` takes "input_ids", "attention_mask" and, where the model has segments,
        "token_type_ids", each int64 of shape (n_rows, width) of any size; it gives "logits" and
        "probabilities", float32 of shape (n_rows, n_labels). Beside it stand the tokenizer,
        ``config.json`` with the names of the labels in their order (`id2label`), and
        ``skmultitext.json`` with the thresholds and how texts are read. With
        ``long_text="window"`` a row is a window; pool those of a text as `window_pooling` says.

        Parameters
        ----------
        directory : str or os.PathLike
            Made if it is not there.
        quantize : bool, default=False
            Whether to write ``model.int8.onnx`` too: matrices in 8 bits, a quarter of the size,
            with probabilities that differ a little.

        Raises
        ------
        ValueError
            If the framework is not torch.
        MissingExtraError
            If onnx, onnxscript or onnxruntime is not installed (extra ``onnx``).
        NotFittedError
            If the tagger is not fitted.
        """
        check_is_fitted(self)
        if self.framework_ != "torch":
            raise ValueError(
                "to_onnx exports networks of PyTorch, and this one is of TensorFlow. Fit a tagger "
                "with framework='torch'."
            )
        from ._torch_onnx import export_onnx

        linear = None
        if hasattr(self, "classifier_"):
            linear = self.classifier_.coef_, self.classifier_.intercept_
        path = Path(directory)
        path.mkdir(parents=True, exist_ok=True)
        export_onnx(self.network_, path, self._constants, linear=linear, quantize=quantize)
        config = copy.deepcopy(self.network_.model.encoder.config)
        config.id2label = dict(enumerate(map(str, self.label_names_)))
        config.label2id = {name: j for j, name in config.id2label.items()}
        config.problem_type = "multi_label_classification"
        config.save_pretrained(path)
        self._save_reading(path)

    @classmethod
    def from_pretrained(cls, directory, **parameters):
        """Make a fitted tagger of a sequence classifier of transformers.

        Parameters
        ----------
        directory : str or os.PathLike
            What `save_pretrained`, of a tagger or of transformers, has written; or a name on
            the hub.
        **parameters
            Parameters of the tagger, such as `max_length` or `threshold`.

        Returns
        -------
        TransformerTagger
            Ready to predict; its label sets come from `predict_labels`.

        Raises
        ------
        ValueError
            If the directory holds no classifier, or cannot be read.
        """
        path = find_checkpoint(directory)
        config = read_config(path)
        architectures = config.get("architectures") or []
        if not any("ForSequenceClassification" in name for name in architectures):
            raise ValueError(
                f"The checkpoint {path} is no sequence classifier ({', '.join(architectures)}): "
                f"it has no labels. Pass it as checkpoint, and call fit."
            )
        names = config.get("id2label") or {"0": "LABEL_0", "1": "LABEL_1"}
        names = [str(name) for _, name in sorted(names.items(), key=lambda item: int(item[0]))]
        extra = {}
        if (path / "skmultitext.json").is_file():
            extra = json.loads((path / "skmultitext.json").read_text("utf-8"))
            reading = extra["reading"]
            parameters = {
                **{name: value for name, value in reading.items() if name != "window_stride"},
                "window_pooling": extra["window_pooling"],
                "threshold": extra["thresholds"],
                **parameters,
            }
        tagger = cls(**{"checkpoint": str(directory), "framework": "torch", **parameters})
        tagger._validate_params()
        return tagger._take_over(names, extra)

    def _take_over(self, names, extra):
        """Set the fitted state of a tagger whose checkpoint is a classifier of these labels."""
        labels = np.empty(len(names), dtype=object)
        labels[:] = names
        codes = np.tile(np.array([0, 1], dtype=np.int64), (len(names), 1))
        space = LabelSpace("label_sets", labels, codes, named=True)
        network = self._start_network(load_engine(self.framework), space, seed=0)
        constants = extra.get("constants") or [None] * len(names)
        constants = np.array([np.nan if c is None else c for c in constants], dtype=np.float64)
        return self._set_fitted(network, space, constants)
