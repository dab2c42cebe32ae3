"""`fit_files`, a method of `TfidfLogRegTagger`: texts and labels from files."""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from joblib import effective_n_jobs

from .._gate.labels import LabelSpace, read_names
from .._runtime.checkpoints import Checkpoints
from .._runtime.fingerprints import describe_parameters
from .._runtime.threads import transaction
from ..datasets._data_file import DataFile
from ..datasets._lines import DataSource
from ..datasets._training_files import FileLabels, count_labels, describe_files, open_files
from ..feature_extraction import TfidfUnion, TfidfVectorizer
from ..feature_extraction._term_counts import TermCounts, count_terms, fit_on_counts, merge_counts
from ._file_parts import LETTERS, ROWS, DocumentParts, FileEngine
from ._in_parts import Counts, check_solver, fit_counted
from ._logistic_regression import check_has_C

__all__ = ["fit_files", "fits_files"]


def fits_files(tagger: Any) -> bool:
    """Whether the tagger has `fit_files`; scikit-learn shows the error if it does not."""
    return check_has_C(tagger, "fit_files")


def fit_files(
    self: Any,
    text_path: DataSource,
    labels_path: DataSource | None = None,
    *,
    format: str = "text_and_onehot",
    reader_options: Mapping[str, Any] | None = None,
    tol: float = 1e-3,
    max_rounds: int = 200,
    checkpoint_dir: str | os.PathLike[str] | None = None,
) -> Any:
    r"""Fit the tagger on files, in memory that does not grow with the number of documents.

    The features are those of `fit` on the same documents, and the weights have the lowest
    objective up to `tol`; with ``loss="squared_hinge"`` the probabilities come from other folds
    than in `fit`. The files are read twice: for the words and labels, and for the features, which
    stand on disk during the fit: 8 bytes a word of a document and 1 a label, and at first another
    128 a document for each of the `n_jobs` threads, in the temporary directory (the environment
    variable TMPDIR chooses it). Memory is needed for the distinct words, for the weights, and for
    parts of at most 65,536 documents and 32 MiB of text, a few for each thread. `max_iter`,
    `random_state` and the parameter `tol` of the tagger, which are for the solver of `fit`, are not
    used.

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
    tol : float, default=1e-3
        Largest duality gap of a label, relative to its objective, in (0, 1): an upper bound of how
        far its objective is above the lowest. Below 1e-6 sums are computed in float64.
    max_rounds : int, default=200
        Maximum number of rounds over the features, at least 1.
    checkpoint_dir : str, os.PathLike or None, default=None
        Directory for the state of an unfinished fit, written every 30 seconds: a call with the same
        parameters and files of the same content reads the files again, and continues to the same
        weights. It is emptied when the fit completes. None saves no state.

    Returns
    -------
    self
        The fitted tagger. It has one attribute more than after `fit`, `rounds_`, a dict of what
        the fit took: "n_rounds"; "gap", the largest duality gap of a label, relative; "seconds".

    Raises
    ------
    DataFileError
        If a row cannot be read; the message starts with ``file:line:``. An earlier fit is kept.
    ValueError
        If a parameter is not legal, or the checkpoint cannot be used.
    OSError
        If the temporary directory has no room for the features, or `checkpoint_dir` for the state.

    Warns
    -----
    SkippedRowsWarning
        If rows were skipped, with ``reader_options={"on_bad_row": "skip"}``.
    UnknownLabelWarning
        As in `fit`.
    ConvergenceWarning
        If a label has not converged in `max_rounds` rounds.

    Notes
    -----
    L-BFGS for all labels at once, as in `skmultitext.distributed.fit_partitions`. With numba it
    starts from four passes of the compiled dual solver, part by part [1]_, which halve its time.

    References
    ----------
    .. [1] H.-F. Yu, C.-J. Hsieh, K.-W. Chang, C.-J. Lin, "Large linear classification when data
       cannot fit in memory", KDD 2010.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skmultitext import TfidfLogRegTagger
    >>> lines = "__label__refund my refund", "__label__delivery late parcel", "hello"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "train.txt")
    ...     _ = path.write_text("\n".join(lines))
    ...     tagger = TfidfLogRegTagger(C=100).fit_files(path, format="fasttext")
    >>> tagger.predict_labels(["my refund"])
    [('refund',)]
    """
    start = perf_counter()
    with transaction(self) as draft:
        draft._validate_params()
        check_solver(tol, max_rounds)
        files, _ = open_files(text_path, labels_path, None, format, reader_options)
        names = None if draft.labels is None else read_names("labels", draft.labels)
        solver: Any = {"tol": tol, "max_rounds": max_rounds}
        checkpoints = _make_checkpoints(checkpoint_dir, draft, files, solver)
        vectorizer = draft._make_vectorizer()
        n_threads = effective_n_jobs(draft.n_jobs)
        labels, terms = _count(files, names, vectorizer)
        fit_on_counts(vectorizer, terms)
        space = LabelSpace.of(labels.label_names, form="label_sets")
        parts = DocumentParts(files, labels.label_names)
        with TemporaryDirectory(prefix="skmultitext-", ignore_cleanup_errors=True) as folder:
            engine = FileEngine(Path(folder), n_threads)
            arguments = engine, parts, draft, space, vectorizer, _unweighted(labels)
            rounds = fit_counted(*arguments, **solver, checkpoints=checkpoints)
        seconds = perf_counter() - start
        draft.rounds_ = {"n_rounds": rounds.n_rounds, "gap": rounds.gap, "seconds": seconds}
    if checkpoints is not None:
        checkpoints.remove()
    return self


def _make_checkpoints(
    directory: str | os.PathLike[str] | None, tagger: Any, files: DataFile, solver: dict[str, Any]
) -> Checkpoints | None:
    """Make what writes the checkpoints; refuse one of another fit before anything is read."""
    if directory is None:
        return None
    parameters = describe_parameters(tagger)
    checkpoints = Checkpoints(
        directory, fingerprint={**parameters, **describe_files(files, None), **solver}
    )
    if checkpoints.exists():
        checkpoints.load()
    return checkpoints


def _count(
    files: DataFile, names: list[str] | None, vectorizer: TfidfVectorizer | TfidfUnion
) -> tuple[FileLabels, TermCounts]:
    """Read the files once, for the labels and the terms."""
    counter = _TermCounter(vectorizer)
    labels = count_labels(files, names, visit=counter.add)
    return labels, counter.total()


class _TermCounter:
    """Counts the terms of texts, some at a time."""

    def __init__(self, vectorizer: TfidfVectorizer | TfidfUnion) -> None:
        self._count = partial(count_terms, vectorizer)
        self._texts: list[str] = []
        self._n_letters = 0
        self._counts: list[TermCounts] = []

    def add(self, text: str) -> None:
        self._texts.append(text)
        self._n_letters += len(text)
        if self._n_letters >= LETTERS or len(self._texts) >= ROWS:
            self._count_texts()

    def total(self) -> TermCounts:
        self._count_texts()
        return merge_counts(self._counts)

    def _count_texts(self) -> None:
        self._counts.append(self._count(self._texts))
        self._texts, self._n_letters = [], 0
        # merge once the parts have as many terms as the sum: every term is moved a few times
        sizes = [len(counts.terms) for counts in self._counts]
        if sum(sizes[1:]) >= sizes[0]:
            self._counts = [merge_counts(self._counts)]


def _unweighted(labels: FileLabels) -> Counts:
    known, positives = labels.n_known, labels.n_positives
    return Counts(labels.n_samples, known, positives, known, positives, 1.0)
