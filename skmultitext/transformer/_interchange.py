"""Directories that transformers opens, and taggers made of such directories."""

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
    """Adds `save_pretrained` and `from_pretrained` to a tagger of texts."""

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
                "head_layers has the head that AutoModelForSequenceClassification knows. Use "
                "pickle or joblib for this one."
            )
        with quiet_transformers():
            classifier.save_pretrained(directory)
            self.network_.reader.tokenizer.save_pretrained(directory)
        extra = {
            "thresholds": self.thresholds_.tolist(),
            "constants": [None if np.isnan(c) else c for c in self._constants],
            "reading": self.network_.reading,
            "window_pooling": self.network_.head["window_pooling"],
        }
        file = Path(directory) / "skmultitext.json"
        file.write_text(json.dumps(extra, indent=2), encoding="utf-8")

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
