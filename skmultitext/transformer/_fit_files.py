"""`fit_files` of `TransformerTagger`: texts and labels from files, tokens on disk."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from .._gate.samples import TrainingData
from .._runtime.threads import transaction
from ..datasets._data_file import DataFile
from ..datasets._lines import DataSource
from ..datasets._training_files import count_labels, describe_files
from ..training._file_fitting import data_of_files, open_training_files

__all__ = ["FitFilesMixin"]


if TYPE_CHECKING:
    from ..training._fitting import NeuralTaggerMixin

    _Base = NeuralTaggerMixin
else:
    _Base = object


class FitFilesMixin(_Base):
    """Adds `fit_files` to a tagger that trains on tokenised texts."""

    head: str

    def fit_files(
        self,
        text_path: DataSource,
        labels_path: DataSource | None = None,
        *,
        format: str = "text_and_onehot",
        reader_options: Mapping[str, Any] | None = None,
        validation: DataSource | Sequence[DataSource] | None = None,
    ) -> Self:
        """Fit the tagger on files, in memory that hardly grows with them.

        The files are read once for the labels and once for the tokens, which stand on disk
        during the fit: about 5 bytes a token, 17 a document and 5 a label, and with
        ``freeze="encoder"`` the vectors, in the temporary directory (the environment variable
        TMPDIR chooses it). All documents are shuffled in every epoch, which takes some 60 bytes of
        memory a document; the weights are those of `fit` on the same documents. If
        `checkpoint_dir` holds the state of an unfinished training with the same parameters and
        files of the same content, the training resumes from it, to the same final weights.

        Parameters
        ----------
        text_path : str or os.PathLike
            File of the texts, plain or gzip.
        labels_path : str or os.PathLike, default=None
            File of the one-hot rows, for ``format="text_and_onehot"`` only.
        format : str, default="text_and_onehot"
            Format of the files: "text_and_onehot", "fasttext", "jsonl", "libmultilabel",
            "indicator_csv" or "label_column_csv", see the reader of that name in
            `skmultitext.datasets`.
        reader_options : dict, default=None
            Parameters of that reader, such as `label_names`, `on_bad_row` or `encoding`. With
            ``"unlabeled": "unknown"`` labels may be unknown; they take no part, as in `fit`.
            The parameter `labels` of the tagger, if set, overrides `label_names`.
        validation : str, os.PathLike or tuple of two, default=None
            File to validate on during training, in the same format; with "text_and_onehot" two
            files. Required with early stopping, as no part of the training file is held out. It
            is read and tokenised again for each validation.

        Returns
        -------
        self
            The fitted tagger.

        Raises
        ------
        DataFileError
            If a row cannot be read; the message starts with ``file:line:``. An earlier fit is
            kept.
        ValueError
            If a parameter is not legal, `head` is "logreg", or the checkpoint cannot be used.
        OSError
            If the temporary directory has no room for the tokens.
        FloatingPointError, KeyboardInterrupt, MissingExtraError
            As in `fit`.

        Warns
        -----
        SkippedRowsWarning
            If rows were skipped, with ``reader_options={"on_bad_row": "skip"}``.
        UnknownLabelWarning
            As in `fit`.
        UserWarning
            As in `fit`.
        """
        with transaction(self) as draft:
            if draft.head == "logreg":
                raise ValueError(
                    "head='logreg' needs the vectors of all documents in memory, which fit_files "
                    "avoids. Set head='dense' and freeze='encoder', or read the files with a "
                    "reader of skmultitext.datasets and call fit."
                )
            sources = text_path, labels_path, validation, format, reader_options
            files, held, names = open_training_files(draft, *sources)
            draft._fit_checked(data_of_files(draft, files, count_labels(files, names), held))
        return self

    def _describe_data(self, data: TrainingData) -> dict[str, Any]:
        if isinstance(data.X, DataFile):
            return describe_files(data.X, data.options["held"])
        return super()._describe_data(data)
