"""The hierarchical attention network on texts, and simpler networks that ignore sentences."""

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from .._gate.decision import decide
from .._gate.samples import TrainingData
from .._gate.types import ClassWeight, Documents, FloatArray, LabelNames, RandomState, Threshold
from .._meta.predict_files import predict_files
from .._runtime.generators import draw_seed
from .._runtime.keras import load_keras
from .._runtime.messages import shown
from .._runtime.sklearn import HasMethods, Interval, StrOptions
from .._runtime.threads import snapshot, transaction
from ..base import BaseTextTagger
from ..datasets._lines import DataSource
from ..inspection._explanation import DocumentExplanation, SentenceExplanation, TextExplanation
from ..sequences import Tokenizer, Vocabulary, WordIds, encode_texts
from ..sequences._word_ids import WORDS_AND_MARKS, split_words
from ..training import KerasStep, make_optimizer, train
from ..training._file_fitting import data_of_files, open_training_files
from ..training._fitting import NETWORK_CONSTRAINTS, NeuralTaggerMixin, resolve_loss
from ..training._job import Listeners, remedy
from ._corpus import (
    FileCorpus,
    TextCorpus,
    make_validation,
    with_long_document_warning,
)
from ._network import Network
from ._text_network import ENCODERS, attention_weights, set_prior, start_text_network, text_logits
from .losses import make_loss

__all__ = ["KerasHANTagger"]


def __dir__() -> list[str]:
    return __all__


def _has_attention(tagger: Any) -> bool:
    fitted = getattr(tagger, "network_", None)
    encoder = tagger.encoder if fitted is None else fitted.config["encoder"]
    if encoder not in ("han", "bigru"):
        raise AttributeError(
            f"encoder={shown(encoder)} has no attention weights; explain needs 'han' or 'bigru'."
        )
    return True


class KerasHANTagger(NeuralTaggerMixin, BaseTextTagger):
    r"""Hierarchical attention network on texts, or a simpler network, trained with Keras.

    Batches hold documents of similar length, so that little time is spent on padding.

    Parameters
    ----------
    encoder : {"han", "bigru", "cnn", "mean"}, default="han"
        How the word vectors of a document become one vector. "han": bidirectional GRUs with
        attention over the words of each sentence, then over the sentences [1]_. "bigru": the same
        over all words at once. "cnn": convolutions over windows of 3, 4 and 5 words and their
        maximum [2]_. "mean": the average.
    embedding_dim : int, default=128
        Size of a word vector, at least 1; not used with `pretrained_vectors`, which have their own.
    units : int, default=64
        Units of each direction of a GRU, or filters of each window size of the "cnn", at least 1;
        not used by "mean".
    dropout : float, default=0.5
        Dropout rate of the word vectors, of which whole columns are dropped, and of the inputs of
        the last layer, in [0, 1). The default is that of [2]_.
    pretrained_vectors : str, os.PathLike or None, default=None
        File of initial word vectors, see `skmultitext.sequences.read_word_vectors`. They are
        trained like the others.
    token_pattern : str or None, default=r"(?u)\w+|[^\w\s]"
        Regular expression of a word; None splits at whitespace. Unlike in `TfidfLogRegTagger`,
        single letters and punctuation marks are words too, because this network reads words in
        their order.
    sentence_separator : str or None, default=None
        Separator of sentences, such as ``"|&|"``; None ends sentences as
        `skmultitext.sequences.Tokenizer` does.
    lowercase : bool, default=True
        Convert the texts to lower case first.
    max_vocabulary : int or None, default=20000
        Maximum number of words with an id of their own, the most frequent ones, at least 1. None
        sets no limit.
    min_count : int, default=1
        Minimum number of occurrences of such a word, at least 1.
    n_oov_buckets : int, default=1
        Number of ids that all other words share, at least 1.
    max_sentences : int or None, default=32
        Maximum number of sentences of a document that are read, with ``encoder="han"``, at least
        1. None sets no limit.
    max_words : int or None, default=256
        Maximum number of words that are read, at least 1: of a sentence with ``encoder="han"``,
        else of a document. None sets no limit.
    loss : {"log_loss", "focal", "asymmetric"}, default="log_loss"
        The loss function, see `skmultitext.neural.losses`.
    loss_params : dict or None, default=None
        Options of the loss, as in `KerasMLPTagger`.
    class_weight : None, "balanced" or dict of {str: float}, default=None
        Factors of the weights, as in `KerasMLPTagger`.
    learning_rate : float, default=2e-3
        Learning rate, in (0, inf). Higher than for `KerasMLPTagger`, because word vectors are
        trained from scratch, and rare words get few updates.
    training_params : dict or None, default=None
        Rare settings of training, as in `KerasMLPTagger`.
    batch_size : int, default=64
        Documents per batch, at least 1. A batch of very long documents holds fewer. More than for
        the other networks, because recurrent layers take little more time for more documents.
    max_epochs : int, default=50
        Passes over the training documents, at least 1. An upper limit, as early stopping usually
        ends the training.
    early_stopping : bool, default=True
        Stop when `monitor` no longer improves on validation data, and keep the best weights.
        Without `validation_data` in `fit`, `validation_fraction` is held out. On by default,
        unlike in the other networks, because word vectors overfit after a few epochs.
    validation_fraction : float or None, default=None
        Fraction of the training data held out for validation, multi-label stratified, in (0, 1).
        None holds out 0.1 with `early_stopping`, else nothing.
    n_iter_no_change : int, default=3
        Validations without improvement before early stopping, at least 1. Fewer than for
        `KerasMLPTagger`, because overfitting sets in soon and epochs take long.
    monitor : str, callable, list or dict of them, default="neg_log_loss"
        Scores on the validation data, as in `KerasMLPTagger`.
    checkpoint_dir : str, os.PathLike or None, default=None
        Directory for the state of an unfinished training: a `fit` with the same data and
        parameters resumes from it. It is emptied when training completes. None saves no state.
        `fit_files` does the same for files of the same content.
    callbacks : callable, list of callable or None, default=None
        Called with each `TrainingEvent`; returning True stops the training.
    verbose : {0, 1, 2}, default=0
        1 prints a progress bar with the loss and the micro-F1, 2 prints a line per epoch.
    labels : list of str or None, default=None
        Names and order of the labels; None takes those of y. One without positives is never given.
    threshold : float, array-like of shape (n_labels,) or dict of {str: float}, default=0.5
        Predict a label if its probability is above this, in [0, 1].
    random_state : int, RandomState instance or None, default=None
        Source of new weights, dropout, the order of the documents and the held-out data.

    Attributes
    ----------
    network_ : Network
        The network; the Keras model is ``network_.model``.
    vocabulary_ : Vocabulary
        The known words and their ids.
    history_ : list of dict
        One record per epoch, see `TrainingResult`.
    n_iter_ : int
        Number of epochs trained.
    classes_ : ndarray of shape (n_labels, 2), or (2,) for a 1-D y
        The negative and the positive code of each label.
    label_names_ : ndarray of shape (n_labels,), dtype object
        Names of the labels, each a str.
    thresholds_ : ndarray of shape (n_labels,), dtype float64
        The threshold of each label.

    References
    ----------
    .. [1] Z. Yang, D. Yang, C. Dyer, X. He, A. Smola, E. Hovy, "Hierarchical attention networks
       for document classification", NAACL 2016.
    .. [2] Y. Kim, "Convolutional neural networks for sentence classification", EMNLP 2014.

    Examples
    --------
    >>> from skmultitext.neural.han import KerasHANTagger
    >>> texts = ["refund my lamp", "my parcel is late. Refund me!", "late again"] * 10
    >>> labels = [["refund"], ["delivery", "refund"], ["delivery"]] * 10
    >>> tagger = KerasHANTagger(
    ...     embedding_dim=16, units=8, learning_rate=0.02, batch_size=8, max_epochs=10,
    ...     early_stopping=False, random_state=0,
    ... ).fit(texts, labels)
    >>> tagger.predict_labels(["my lamp is late"])
    [('delivery', 'refund')]
    """

    network_: Network
    vocabulary_: Vocabulary
    _constants: FloatArray
    _reading: dict[str, Any]

    _parameter_constraints = {
        **NETWORK_CONSTRAINTS,
        "encoder": [StrOptions(set(ENCODERS))],
        "embedding_dim": [Interval(Integral, 1, None, closed="left")],
        "units": [Interval(Integral, 1, None, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "pretrained_vectors": [str, HasMethods(["__fspath__"]), None],
        "token_pattern": [str, None],
        "sentence_separator": [str, None],
        "lowercase": ["boolean"],
        "max_vocabulary": [Interval(Integral, 1, None, closed="left"), None],
        "min_count": [Interval(Integral, 1, None, closed="left")],
        "n_oov_buckets": [Interval(Integral, 1, None, closed="left")],
        "max_sentences": [Interval(Integral, 1, None, closed="left"), None],
        "max_words": [Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(
        self,
        encoder: str = "han",
        *,
        embedding_dim: int = 128,
        units: int = 64,
        dropout: float = 0.5,
        pretrained_vectors: str | os.PathLike[str] | None = None,
        token_pattern: str | None = WORDS_AND_MARKS,
        sentence_separator: str | None = None,
        lowercase: bool = True,
        max_vocabulary: int | None = 20_000,
        min_count: int = 1,
        n_oov_buckets: int = 1,
        max_sentences: int | None = 32,
        max_words: int | None = 256,
        loss: str = "log_loss",
        loss_params: dict[str, Any] | None = None,
        class_weight: ClassWeight = None,
        learning_rate: float = 2e-3,
        training_params: dict[str, Any] | None = None,
        batch_size: int = 64,
        max_epochs: int = 50,
        early_stopping: bool = True,
        validation_fraction: float | None = None,
        n_iter_no_change: int = 3,
        monitor: Any = "neg_log_loss",
        checkpoint_dir: str | os.PathLike[str] | None = None,
        callbacks: Listeners | None = None,
        verbose: int = 0,
        labels: LabelNames | None = None,
        threshold: Threshold = 0.5,
        random_state: RandomState = None,
    ) -> None:
        self.encoder = encoder
        self.embedding_dim = embedding_dim
        self.units = units
        self.dropout = dropout
        self.pretrained_vectors = pretrained_vectors
        self.token_pattern = token_pattern
        self.sentence_separator = sentence_separator
        self.lowercase = lowercase
        self.max_vocabulary = max_vocabulary
        self.min_count = min_count
        self.n_oov_buckets = n_oov_buckets
        self.max_sentences = max_sentences
        self.max_words = max_words
        self.loss = loss
        self.loss_params = loss_params
        self.class_weight = class_weight
        self.learning_rate = learning_rate
        self.training_params = training_params
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.monitor = monitor
        self.checkpoint_dir = checkpoint_dir
        self.callbacks = callbacks
        self.verbose = verbose
        self.labels = labels
        self.threshold = threshold
        self.random_state = random_state

    def fit_files(
        self,
        text_path: DataSource,
        labels_path: DataSource | None = None,
        *,
        format: str = "text_and_onehot",
        reader_options: Mapping[str, Any] | None = None,
        validation: DataSource | Sequence[DataSource] | None = None,
        shuffle_buffer: int = 16384,
    ) -> Self:
        """Fit the tagger on files, in memory that does not grow with them.

        The files are read once for the vocabulary and the labels, and then once per epoch. If
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
            files. Required with early stopping, as no part of the training file is held out.
        shuffle_buffer : int, default=16384
            Number of documents that are shuffled at a time, at least 1. Shuffle a larger file
            beforehand if its rows are sorted, by label or by date.

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
            If a parameter is not legal, or the checkpoint cannot be used.
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
            sources = text_path, labels_path, validation, format, reader_options
            files, held, names = open_training_files(draft, *sources)
            corpus = FileCorpus(files, draft._make_tokenizer(), shuffle_buffer, names)
            data = data_of_files(draft, corpus, corpus.labels, held)
            draft._fit_checked(data)
        return self

    def _make_tokenizer(self) -> Tokenizer:
        return Tokenizer(
            self.token_pattern,
            sentence_separator=self.sentence_separator,
            lowercase=self.lowercase,
        )

    def _fit_engine(self, data: TrainingData) -> dict[str, Any]:
        load_keras("KerasHANTagger")
        random_state, tokenizer = data.options["random_state"], self._make_tokenizer()
        corpus = data.X
        if not isinstance(corpus, FileCorpus):
            corpus = TextCorpus(data.X, data.indicator, data.sample_weight)
        vocabulary = Vocabulary.from_counts(
            corpus.count_words(tokenizer),
            max_size=self.max_vocabulary,
            min_count=self.min_count,
            n_oov_buckets=self.n_oov_buckets,
        )
        # freeze preprocessing: set_params after fit must not change predict
        reading: dict[str, Any] = {
            "tokenizer": tokenizer,
            "by_sentence": self.encoder == "han",
            "max_sentences": self.max_sentences,
            "max_words": self.max_words,
        }
        encode = with_long_document_warning(partial(encode_texts, vocabulary=vocabulary), reading)
        network = start_text_network(
            vocabulary,
            data.space.n_labels,
            random_state,
            encoder=self.encoder,
            embedding_dim=self.embedding_dim,
            units=self.units,
            dropout=self.dropout,
            pretrained_vectors=self.pretrained_vectors,
        )
        set_prior(network, *data.label_totals())
        loss = make_loss(self.loss, **resolve_loss(self.loss, self.loss_params, data))
        rare = self._training_params()
        limits = {name: rare[name] for name in ("weight_decay", "max_grad_norm")}
        optimizer = make_optimizer("adam", self.learning_rate, **limits)
        # a lower bound: there are more batches if some hold fewer, very long documents
        n_batches = -(-corpus.n_samples // self.batch_size)
        job = self._make_job(
            corpus.batches(encode, self.batch_size),
            data,
            max_epochs=self.max_epochs,
            seed=draw_seed(random_state),
            schedule=self._make_schedule(self.learning_rate, n_batches, self.max_epochs),
            validation=make_validation(
                data, lambda ids: text_logits(network, ids), encode, self.monitor, loss
            ),
            checkpoints=self._make_checkpoints(data),
            advice=remedy(self.learning_rate, rare["max_grad_norm"]),
        )
        result = train(job, KerasStep(network.model, loss, optimizer))
        return self._fitted(
            result, data, network_=network, vocabulary_=vocabulary, _reading=reading
        )

    def _describe_data(self, data: TrainingData) -> dict[str, Any]:
        if isinstance(data.X, FileCorpus):
            return data.X.describe(data.options["held"])
        return super()._describe_data(data)

    def _unused_parameters(self, given: Any = None) -> Iterator[tuple[str, tuple[str, ...]]]:
        yield from super()._unused_parameters(given)
        if self.encoder != "han":
            yield f"encoder={self.encoder!r}", ("max_sentences",)
        if self.pretrained_vectors is not None:
            yield "pretrained_vectors have their own", ("embedding_dim",)

    predict_files = predict_files

    def _encode(self, documents: list[str]) -> WordIds:
        return encode_texts(documents, vocabulary=self.vocabulary_, **self._reading)

    def _logits(self, X: Any) -> FloatArray:
        logits = text_logits(self.network_, self._encode(X))
        return np.where(np.isnan(self._constants), logits, self._constants)

    @available_if(_has_attention)
    def explain(self, X: Documents) -> TextExplanation:
        """Return the attention weights of the words and sentences of documents.

        All labels share them. A large weight does not prove that the prediction would change
        without that word.

        Parameters
        ----------
        X : sequence of str, of length n_samples
            Documents.

        Returns
        -------
        TextExplanation
            One entry per document; prints as text, and as HTML in Jupyter. The weights of the
            words of a sentence add up to 1; with ``encoder="han"``, so do those of the sentences
            of a document. Words and sentences beyond `max_words` and `max_sentences` are left out.

        Raises
        ------
        ValueError
            If X is not legal.
        AttributeError
            If `encoder` is not "han" or "bigru".
        NotFittedError
            If the tagger is not fitted.
        """
        state = snapshot(self)
        check_is_fitted(state)
        documents = state._check_X(X, reset=False)
        proba = state._proba(documents)
        label_sets = state._label_space.label_sets(decide(proba, state.thresholds_))
        weights = attention_weights(state.network_, state._encode(documents))
        names = state.label_names_.tolist()
        return TextExplanation(
            DocumentExplanation(
                tuple(map(SentenceExplanation, map(tuple, words), *of_document)),
                dict(zip(names, of_labels, strict=True)),
                labels,
            )
            for words, of_document, of_labels, labels in zip(
                (split_words(document, **state._reading) for document in documents),
                weights,
                proba.tolist(),
                label_sets,
                strict=True,
            )
        )
