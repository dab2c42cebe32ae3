"""Training from files and prediction into files, for text taggers that train a network."""

import csv
import json
import os
from itertools import islice
from numbers import Integral
from pathlib import Path

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._decision import decide
from .._labels import LabelSpace
from ..datasets._data_file import DataFile
from ..datasets._lines import LineReader, file_error, strip_line_end
from ._file_corpus import FileCorpus
from .training import Checkpoints

__all__ = ["FileTaggingMixin"]

_TEXTS_AT_A_TIME = 4096


class FileTaggingMixin:
    """`fit_files` and `predict_files`.

    It stands left of `NeuralTaggerMixin`. The tagger defines `_make_tokenizer()`, an engine that
    takes a `FileCorpus` for X, and reads `_file_options`: what `fit_files` was told.
    """

    def fit_files(
        self,
        text_path,
        labels_path=None,
        *,
        format="text_and_onehot",
        reader_options=None,
        validation=None,
        validate_every=None,
        checkpoint_dir=None,
        checkpoint_every=None,
        shuffle_buffer=16384,
    ):
        r"""Fit the tagger on files, in memory that does not grow with them.

        The files are read once for the vocabulary and the labels, and once per epoch.

        Parameters
        ----------
        text_path : str or os.PathLike
            UTF-8 file of the texts, plain or gzip.
        labels_path : str or os.PathLike, default=None
            File of one-hot rows beside it, with ``format="text_and_onehot"`` only.
        format : str, default="text_and_onehot"
            The reader of `skmultitext.datasets` for such files, without ``read_``:
            "text_and_onehot", "fasttext", "jsonl", "libmultilabel", "indicator_csv" or
            "label_column_csv".
        reader_options : dict, default=None
            Parameters of that reader, such as `label_names`, `text_column` or `on_bad_row`.
        validation : str, os.PathLike or tuple of two, default=None
            File, or with "text_and_onehot" the two files, to score during training, in the same
            format. Needed with early stopping: nothing is held out of the training file.
        validate_every : int, default=None
            Steps (batches) between two validations, at least 1; None validates at the end of
            each epoch.
        checkpoint_dir : str or os.PathLike, default=None
            Directory of a checkpoint. If an unfinished training of the same files and parameters
            has left one there, this one goes on from it, and ends with the weights that the
            other would have had. None writes none.
        checkpoint_every : int, default=None
            Steps between two checkpoints, at least 1; None writes one at the end of each epoch.
        shuffle_buffer : int, default=16384
            Documents that are shuffled at a time, at least 1. Rows that are sorted in the file,
            by label or by date, should be shuffled there if they do not fit.

        Returns
        -------
        self
            The fitted tagger. With Ctrl-C it is returned too, with a warning and the best
            weights so far.

        Raises
        ------
        DataFileError
            If a row cannot be read; the message starts with ``file:line:``. What was fitted
            before stays, as with all errors but the next.
        FloatingPointError
            If the loss becomes nan or infinite. If that is after the first epoch (with
            validation files: the first validation), the tagger is fitted all the same, with the
            best weights so far.
        ValueError
            If a parameter is not legal, or the checkpoint cannot be used.
        MissingExtraError
            If TensorFlow is not installed.

        Warns
        -----
        SkippedRowsWarning
            If rows were skipped, with ``reader_options={"on_bad_row": "skip"}``.
        """
        before = dict(vars(self))
        try:
            self._validate_params()
            _check_counts(
                validate_every=validate_every,
                checkpoint_every=checkpoint_every,
                shuffle_buffer=shuffle_buffer,
            )
            if self.early_stopping and validation is None:
                raise ValueError(
                    "early_stopping=True needs validation files: pass validation=, or set "
                    "early_stopping=False and max_epochs to what you want."
                )
            options = dict(reader_options or {})
            data_file = DataFile(text_path, labels_path, format, options)
            held = None
            if validation is not None:
                held = DataFile(*_two_paths(validation), format, options)
            corpus = FileCorpus(data_file, self._make_tokenizer(), shuffle_buffer)
            space = _space(corpus.label_names)
            checkpoints = None
            if checkpoint_dir is not None:
                fingerprint = self._fingerprint(data_file, shuffle_buffer)
                checkpoints = Checkpoints(checkpoint_dir, checkpoint_every, fingerprint)
            self._file_options = {
                "held": held,
                "validate_every": validate_every,
                "checkpoints": checkpoints,
            }
            self._fit_gated(corpus, corpus.indicator, space)
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise
        del self._file_options
        failure = vars(self).pop("_failure", None)
        if failure is not None:
            raise failure
        return self

    def _fingerprint(self, data_file, shuffle_buffer):
        """Say what a training must share with the one that left a checkpoint."""
        ignored = {"verbose", "callbacks", "threshold", "max_epochs", "random_state"}
        parameters = self.get_params(deep=False)
        return {
            "parameters": {k: repr(v) for k, v in parameters.items() if k not in ignored},
            "file_sizes": [os.path.getsize(path) for path in data_file.paths],
            "shuffle_buffer": int(shuffle_buffer),
        }

    def predict_files(self, text_path, output_path, *, output="onehot"):
        r"""Predict the labels of a file of texts, and write them to a file as it is read.

        Parameters
        ----------
        text_path : str or os.PathLike
            UTF-8 file with one document a line, plain or gzip.
        output_path : str or os.PathLike
            File to write; it is complete or not there.
        output : {"onehot", "jsonl", "proba"}, default="onehot"
            A line of 0 and 1 such as ``1,0,1`` for each document; a JSON object with its "text"
            and the names of its "labels"; or a CSV file of probabilities, under a header with
            the names of the labels. A name that a spreadsheet would take for a formula gets a
            ``'`` in front.

        Returns
        -------
        int
            Number of documents.

        Raises
        ------
        DataFileError
            If a line is not UTF-8 or the file is damaged; the message starts with
            ``file:line:``.
        ValueError
            If `output` is not known.
        NotFittedError
            If the tagger is not fitted.
        """
        check_is_fitted(self)
        if output not in _WRITERS:
            raise ValueError(f"output is {output!r}; pass one of {', '.join(map(repr, _WRITERS))}.")
        output_path, n_texts = Path(output_path), 0
        part = output_path.with_name(f"{output_path.name}.part")
        try:
            with open(part, "w", encoding="utf-8", newline="") as stream:
                write = _WRITERS[output](stream, self.label_names_.tolist())
                for texts in _texts(text_path):
                    proba = self._proba(texts)
                    write(texts, proba, decide(proba, self.thresholds_))
                    n_texts += len(texts)
            os.replace(part, output_path)
        finally:
            part.unlink(missing_ok=True)
        return n_texts


def _space(names):
    label_names = np.empty(len(names), dtype=object)
    label_names[:] = names
    codes = np.tile(np.array([0, 1], dtype=np.int64), (len(names), 1))
    return LabelSpace("label_sets", label_names, codes, named=True)


def _two_paths(validation):
    if isinstance(validation, str | os.PathLike):
        return validation, None
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        raise ValueError(
            f"validation is {validation!r}; pass a path, or a tuple (text_path, labels_path)."
        )
    return tuple(validation)


def _check_counts(**counts):
    for name, value in counts.items():
        legal = isinstance(value, Integral) and not isinstance(value, bool) and value >= 1
        if not legal and (value is not None or name == "shuffle_buffer"):
            raise ValueError(f"{name} is {value!r}; pass an int of at least 1.")


def _texts(path):
    """Yield lists of the lines of a file."""
    lines = LineReader(path)
    decoded = _decoded(lines)
    while texts := list(islice(decoded, _TEXTS_AT_A_TIME)):
        yield texts


def _decoded(lines):
    for line in lines:
        if problem := lines.take_problem():
            raise file_error(lines.path, lines.number, problem)
        yield strip_line_end(line)


# what a spreadsheet takes for a formula, and what a reader of lines may take for an end of line
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LINE_ENDS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}


def _onehot_writer(stream, label_names):
    def write(texts, proba, decisions):
        np.savetxt(stream, decisions, fmt="%d", delimiter=",")

    return write


def _jsonl_writer(stream, label_names):
    names = np.array(label_names, dtype=object)

    def write(texts, proba, decisions):
        for text, given in zip(texts, decisions, strict=True):
            record = {"text": text, "labels": names[given].tolist()}
            line = json.dumps(record, ensure_ascii=False)
            stream.write(line.translate(_LINE_ENDS) + "\n")

    return write


def _proba_writer(stream, label_names):
    table = csv.writer(stream, lineterminator="\n")
    table.writerow([f"'{name}" if name.startswith(_FORMULA) else name for name in label_names])

    def write(texts, proba, decisions):
        table.writerows(proba.tolist())

    return write


_WRITERS = {"onehot": _onehot_writer, "jsonl": _jsonl_writer, "proba": _proba_writer}
