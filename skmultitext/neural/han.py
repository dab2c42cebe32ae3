"""The hierarchical attention network and its flat relatives, on texts."""

from functools import partial
from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from .._decision import decide
from .._explanation import DocumentExplanation, SentenceExplanation, TextExplanation
from .._incremental import constant_logits, count_positives
from .._label_parameters import resolve_thresholds
from ..base import BaseTextTagger
from ..datasets._data_file import DataFile
from ..sequences import Tokenizer, Vocabulary, encode_texts, read_word_vectors
from ..sequences._tokens import WORDS_AND_MARKS
from ..sequences._word_ids import split_words
from ._backend import load_keras
from ._corpus import TextCorpus
from ._encoders import ENCODERS, text_network
from ._file_corpus import FileCorpus, StreamedValidation
from ._file_tagging import FileTaggingMixin
from ._network import Network
from ._tagger import NeuralTaggerMixin, resolve_loss
from ._text_network import attention_weights, set_prior, text_logits
from .losses import LOSSES, make_loss
from .networks import draw_seed
from .training import TrainingStep, Validation, make_optimizer, train

__all__ = ["KerasHANTagger"]


def _has_attention(tagger):
    if tagger.encoder not in ("han", "bigru"):
        raise AttributeError(
            f"encoder={tagger.encoder!r} has no attention weights; explain needs 'han' or 'bigru'."
        )
    return True


class KerasHANTagger(FileTaggingMixin, NeuralTaggerMixin, BaseTextTagger):
    r"""Hierarchical attention network: words to sentences to documents, trained with Keras.

    Batches hold documents of like length, so that the cost of a step follows its real words.

    Parameters
    ----------
    encoder : {"han", "bigru", "cnn", "mean"}, default="han"
        What makes a vector of a document: bidirectional GRUs with attention over the words of
        each sentence and over the sentences [1]_; the same over all words at once; convolutions
        over windows of 3, 4 and 5 words and their maximum [2]_; the average of the word vectors.
    embedding_dim : int, default=128
        Size of a word vector, at least 1; with `pretrained_vectors` theirs counts.
    units : int, default=64
        Units of each direction of a GRU, or filters of each window of the "cnn", at least 1.
    dropout : float, default=0.5
        Share of the columns of the word vectors, and of the inputs of the last layer, left out
        in a step of training, in [0, 1).
    pretrained_vectors : str, os.PathLike or None, default=None
        File of initial word vectors, see `skmultitext.sequences.read_word_vectors`.
    token_pattern : str or None, default=r"(?u)\w+|[^\w\s]"
        Regular expression of a word; None splits at whitespace.
    sentence_separator : str or None, default=None
        What stands between two sentences, such as ``"|&|"``. None: see
        `skmultitext.sequences.Tokenizer`.
    lowercase : bool, default=True
        Lower the case of the texts first.
    max_vocabulary : int or None, default=20000
        Most words that have an id of their own, the most frequent ones, at least 1.
    min_count : int, default=1
        Fewest occurrences of such a word, at least 1.
    n_oov_buckets : int, default=1
        Ids that all other words share, at least 1.
    max_sentences : int or None, default=32
        Sentences read of a document, with ``encoder="han"``, at least 1.
    max_words : int or None, default=256
        Words read of a sentence, with ``encoder="han"``, else of a document, at least 1.
    loss : {"binary_crossentropy", "focal", "asymmetric"}, default="binary_crossentropy"
        The loss, see `skmultitext.neural.losses`.
    loss_params : dict or None, default=None
        Options of the loss: `reduction`, `label_smoothing`, `pos_weight`, `gamma`, ...
    class_weight : None, "balanced" or dict of {str: float}, default=None
        Factors of the weights: "balanced" gives the positives and the negatives of each label
        the same total; a dict gives the factor of a label's positives by label name (for a
        1-D y: of each class by its code). Factors lie in (0, inf).
    learning_rate : float, default=2e-3
        Learning rate of Adam, in (0, inf).
    max_grad_norm : float or None, default=1.0
        Gradients of a greater norm, taken over all weights, are scaled down to this.
    batch_size : int, default=64
        Most documents in a batch, at least 1; a batch of very long ones holds fewer.
    max_epochs : int, default=50
        Most passes over the training documents, at least 1.
    early_stopping : bool, default=True
        Stop when `monitor` no longer improves on validation data, and keep the best weights.
        Without `validation_data` in `fit`, a multi-label stratified part of the training data
        is held out.
    validation_fraction : float, default=0.1
        That part, in (0, 1).
    n_iter_no_change : int, default=3
        Validations without improvement after which early stopping stops, at least 1.
    monitor : str or callable, default="neg_log_loss"
        The score on validation data: a name of `skmultitext.metrics.SCORERS`, or a scorer.
    callbacks : callable, list of callable or None, default=None
        Called with each `TrainingEvent`; True as the answer ends the training.
    verbose : {0, 1, 2}, default=0
        1 prints a progress bar with the loss and the micro-F1, 2 a line an epoch with the
        micro, macro and weighted F1 of the training documents.
    threshold : float, array-like of shape (n_labels,) or dict of {str: float}, default=0.5
        A label is given where its probability exceeds this, in [0, 1].
    random_state : int, RandomState instance or None, default=None
        Source of initial weights, dropout, the order of documents and the inner split.

    Attributes
    ----------
    network_ : Network
        The network; the Keras model is ``network_.model``.
    vocabulary_ : Vocabulary
        The words and their ids.
    history_ : list of dict
        One record per epoch, see `TrainingResult`.
    n_iter_ : int
        Epochs trained.
    classes_ : ndarray of shape (n_labels, 2), or (2,) for a 1-D y
        The codes of "no" and "yes" of each label.
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

    _parameter_constraints = {
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
        "loss": [StrOptions(set(LOSSES))],
        "loss_params": [dict, None],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "max_grad_norm": [Interval(Real, 0, None, closed="neither"), None],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "max_epochs": [Interval(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "monitor": [str, callable],
        "callbacks": [callable, list, tuple, None],
        "verbose": [Interval(Integral, 0, 2, closed="both"), "boolean"],
        "threshold": [Real, "array-like", dict],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        encoder="han",
        *,
        embedding_dim=128,
        units=64,
        dropout=0.5,
        pretrained_vectors=None,
        token_pattern=WORDS_AND_MARKS,
        sentence_separator=None,
        lowercase=True,
        max_vocabulary=20_000,
        min_count=1,
        n_oov_buckets=1,
        max_sentences=32,
        max_words=256,
        loss="binary_crossentropy",
        loss_params=None,
        class_weight=None,
        learning_rate=2e-3,
        max_grad_norm=1.0,
        batch_size=64,
        max_epochs=50,
        early_stopping=True,
        validation_fraction=0.1,
        n_iter_no_change=3,
        monitor="neg_log_loss",
        callbacks=None,
        verbose=0,
        threshold=0.5,
        random_state=None,
    ):
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
        self.max_grad_norm = max_grad_norm
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.monitor = monitor
        self.callbacks = callbacks
        self.verbose = verbose
        self.threshold = threshold
        self.random_state = random_state

    def _make_tokenizer(self):
        return Tokenizer(
            self.token_pattern,
            sentence_separator=self.sentence_separator,
            lowercase=self.lowercase,
        )

    def _fit_engine(self, X, indicator, space, sample_weight):
        load_keras("KerasHANTagger")
        random_state = check_random_state(self.random_state)
        tokenizer = self._make_tokenizer()
        constants = constant_logits(indicator.shape[0], count_positives(indicator))
        corpus, held, options = self._corpora(X, indicator, space, sample_weight, random_state)
        vocabulary = Vocabulary.from_counts(
            corpus.count_words(tokenizer),
            max_size=self.max_vocabulary,
            min_count=self.min_count,
            n_oov_buckets=self.n_oov_buckets,
        )
        # what later texts go through is fixed here, whatever becomes of the parameters
        reading = {
            "tokenizer": tokenizer,
            "by_sentence": self.encoder == "han",
            "max_sentences": self.max_sentences,
            "max_words": self.max_words,
        }
        encode = partial(encode_texts, vocabulary=vocabulary, **reading)
        network = self._build_network(vocabulary, corpus, space, random_state)
        step = self._make_step(network, corpus, space)
        result = train(
            step,
            corpus.batches(encode, self.batch_size),
            max_epochs=self.max_epochs,
            seed=draw_seed(random_state),
            validation=self._make_validation(held, network, encode, constants, space),
            n_iter_no_change=self.n_iter_no_change if self.early_stopping else None,
            restore_best=self.early_stopping,
            callbacks=self.callbacks,
            verbose=self.verbose,
            thresholds=resolve_thresholds(self.threshold, space),
            **options,
        )
        return {
            "network_": network,
            "vocabulary_": vocabulary,
            "history_": result.history,
            "n_iter_": len(result.history),
            "_reading": reading,
            "_constants": constants,
            "_failure": result.error,
        }

    def _corpora(self, X, indicator, space, sample_weight, random_state):
        """Find what to train on, what to validate on, and further options of the loop."""
        if isinstance(X, FileCorpus):
            options = dict(self._file_options)
            return X, options.pop("held"), options
        data, held = self._hold_out(X, indicator, space, sample_weight, random_state)
        return TextCorpus(*data), None if held is None else TextCorpus(*held), {}

    def _build_network(self, vocabulary, corpus, space, random_state):
        config = {
            "encoder": self.encoder,
            "n_ids": len(vocabulary),
            "n_labels": space.n_labels,
            "embedding_dim": self.embedding_dim,
            "units": self.units,
            "dropout": self.dropout,
        }
        vectors = None
        if self.pretrained_vectors is not None:
            vectors, found = read_word_vectors(self.pretrained_vectors, vocabulary)
            missing = (len(vectors) - found.sum(), vectors.shape[1])
            vectors[~found] = random_state.uniform(-0.05, 0.05, missing)
            config["embedding_dim"] = vectors.shape[1]
        network = Network(text_network, config, random_state, vectors=vectors)
        set_prior(network, *corpus.count_labels())
        return network

    def _make_step(self, network, corpus, space):
        options = resolve_loss(
            self.loss,
            self.loss_params,
            self.class_weight,
            corpus.indicator,
            space,
            corpus.sample_weight,
        )
        optimizer = make_optimizer("adam", self.learning_rate, max_grad_norm=self.max_grad_norm)
        return TrainingStep(network.model, make_loss(self.loss, **options), optimizer)

    def _make_validation(self, held, network, encode, constants, space):
        thresholds = resolve_thresholds(self.threshold, space)
        if held is None:
            return None
        if isinstance(held, DataFile):
            return StreamedValidation(
                held,
                lambda texts: _score(network, encode(texts), constants),
                space.label_names.tolist(),
                thresholds,
                self.monitor,
            )
        word_ids = encode(held.texts)
        return Validation(
            lambda: _score(network, word_ids, constants),
            held.indicator,
            space,
            thresholds,
            self.monitor,
            held.sample_weight,
        )

    def _encode(self, documents):
        return encode_texts(documents, vocabulary=self.vocabulary_, **self._reading)

    def _logits(self, documents):
        return _score(self.network_, self._encode(documents), self._constants)

    @available_if(_has_attention)
    def explain(self, X):
        """Show the attention weights of the sentences and words of documents.

        Attention says what the network looked at for all labels together; it is no proof that
        another word would have changed the result.

        Parameters
        ----------
        X : sequence of str, of length n_samples
            Documents.

        Returns
        -------
        TextExplanation
            One entry per document; prints as text, and as HTML in Jupyter. The weights of the
            words of a sentence add up to 1, and with ``encoder="han"`` those of the sentences.
            Words and sentences beyond `max_words` and `max_sentences` are left out.

        Raises
        ------
        ValueError
            If X is not legal.
        AttributeError
            With another encoder than "han" and "bigru".
        NotFittedError
            If the tagger is not fitted.
        """
        check_is_fitted(self)
        documents = self._check_X(X, reset=False)
        proba = self._proba(documents)
        label_sets = self._label_space.label_sets(decide(proba, self.thresholds_))
        weights = attention_weights(self.network_, self._encode(documents))
        names = self.label_names_.tolist()
        return TextExplanation(
            DocumentExplanation(
                _explain_sentences(split_words(document, **self._reading), *weights[i]),
                dict(zip(names, proba[i].tolist(), strict=True)),
                label_sets[i],
            )
            for i, document in enumerate(documents)
        )


def _score(network, word_ids, constants):
    logits = text_logits(network, word_ids)
    return np.where(np.isnan(constants), logits, constants)


def _explain_sentences(sentences, word_weights, sentence_weights):
    if sentence_weights is None:
        sentence_weights = [None] * len(sentences)
    return tuple(
        SentenceExplanation(tuple(words), of_words, None if weight is None else float(weight))
        for words, of_words, weight in zip(sentences, word_weights, sentence_weights, strict=True)
    )
