"""Generator of multi-label texts."""

from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils import Bunch, check_random_state
from sklearn.utils.random import sample_without_replacement

from .._gate.parameters import check_choice, check_int, check_number
from .._gate.types import FloatArray, IntArray, RandomState
from ._bunch import make_bunch
from ._rows import numbered_label_names
from ._zipf_labels import draw_label_sets, groups_of

TEXTS_AT_A_TIME = 5000  # limits memory; another value would change the texts of a seed

CONSONANTS = "bdflmnrstv"  # more consonants would form rude words
VOWELS = "aeiou"

MAX_LABEL_SHARE = 0.75  # a label of nearly every text is of little use
TOPIC_SIZE = 20  # words that indicate one label
# the share of topic words in a text is Beta(2, 4): mean 1/3, and close to 0 in some texts, so that
# no model tags every text correctly
TOPIC_SHARE = (2, 4)


def make_multilabel_text(
    n_samples: int = 1000,
    *,
    n_labels: int = 5,
    n_words: int = 30,
    labels_per_text: float = 1.5,
    vocabulary_size: int = 5000,
    label_distribution: str = "independent",
    topic_random_state: RandomState = None,
    unknown_share: float = 0.0,
    random_state: RandomState = None,
    return_X_y: bool = False,
) -> Bunch | tuple[list[str], IntArray | FloatArray | sp.csr_array]:
    """Generate texts of made-up words with any number of labels each.

    Word frequencies follow the Zipf-Mandelbrot law [1]_. Every label has a topic of 20 less common
    words. A text mixes words from the topics of its labels with words that all texts share; the
    share of topic words varies from text to text and averages one third, but can be close to 0. A
    linear model therefore learns the labels well, and no model tags every text correctly.

    Labels are as unbalanced as in real corpora: label ``i`` (from 0) is about ``1 / (i + 1)`` times
    as frequent as the first. They are independent of each other, and a text may have no label; with
    ``label_distribution="zipf"`` labels occur in groups, for tens of thousands of labels.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of texts; at least 1.
    n_labels : int, default=5
        Number of labels; at least 1.
    n_words : int, default=30
        Mean number of words in a text; at least 1. A text has at least 1 word; the standard
        deviation is about half the mean.
    labels_per_text : float, default=1.5
        Mean number of labels of a text, from 0 to `n_labels`.
    vocabulary_size : int, default=5000
        Number of different words; at least 100. Rare ones may not occur. With many more labels than
        words, the topics of labels overlap so much that rare labels are hardly learned.
    label_distribution : {"independent", "zipf"}, default="independent"
        How labels are drawn. Both follow Zipf's law. "independent": each label on its own, into a
        dense `target`, in time and memory of n_samples times n_labels.
        "zipf": in groups, into a sparse `target`, in time and memory of the labels that occur. The
        ``isqrt(n_labels)`` most frequent labels occur anywhere. The others form as many groups; a
        text takes its rarer labels from one of these groups, whose topics have words in common. A
        text has one label or more if `labels_per_text` is at least 1. A rare label may not occur.
    topic_random_state : int, RandomState instance or None, default=None
        Seed of the words and of the topics of the labels. With the same int, calls with different
        `random_state` give parts of one corpus, such as the batches of a stream. None draws them
        from `random_state` too.
    unknown_share : float, default=0.0
        Probability, from 0 to 1, that a label of a text is unknown: NaN in `target`. The texts, and
        the labels that are known, do not depend on it.
    random_state : int, RandomState instance or None, default=None
        Seed of the texts and labels; an int gives the same ones every time.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    bunch : Bunch
        Dictionary-like object with these attributes:

        data : list of str
            The texts: words of two or more letters of a to z, separated by one blank.
        target : ndarray or csr_array of shape (n_samples, n_labels), dtype int64
            Label indicator of 0 and 1; a sparse csr_array with ``label_distribution="zipf"``. With
            `unknown_share` above 0, dtype float64 and NaN for unknown labels.
        target_names : list of str
            ``label_0, label_1, ...``, padded with zeros to one length so that sorting keeps their
            order.
        label_sets : list of tuple of str
            Names of the labels of every text, without unknown labels.
        frame : None
            Present so that all loaders return the same attributes.
        DESCR : str
            Description of the data set.
        filename : None
            Present for the same reason.

    (data, target) : tuple
        Only with ``return_X_y=True``.

    Raises
    ------
    ValueError
        If a parameter is outside its legal range.

    See Also
    --------
    load_support_tickets : A corpus written by hand.
    sklearn.datasets.make_multilabel_classification : The same for features.

    References
    ----------
    .. [1] B. Mandelbrot, "An informational theory of the statistical structure of language",
       Communication Theory, 1953.

    Examples
    --------
    >>> from skmultitext.datasets import make_multilabel_text
    >>> texts, Y = make_multilabel_text(100, n_labels=3, random_state=0, return_X_y=True)
    >>> len(texts), Y.shape
    (100, (100, 3))
    >>> texts, Y = make_multilabel_text(
    ...     100, n_labels=20_000, label_distribution="zipf", random_state=0, return_X_y=True
    ... )
    >>> Y.shape, Y.format
    ((100, 20000), 'csr')
    """
    check_int("n_samples", n_samples)
    check_int("n_labels", n_labels)
    check_int("n_words", n_words)
    check_int("vocabulary_size", vocabulary_size, 100)
    check_number("labels_per_text", labels_per_text, f"[0, {n_labels}]", ", at most n_labels")
    check_number("unknown_share", unknown_share, "[0, 1]")
    check_choice("label_distribution", label_distribution, ("independent", "zipf"))
    random: np.random.RandomState = check_random_state(random_state)
    in_groups = label_distribution == "zipf"

    target: Any
    if in_groups:
        labels, n_labels_of_text = draw_label_sets(n_samples, n_labels, labels_per_text, random)
        target = _sparse_indicator(labels, n_labels_of_text, n_labels)
    else:
        label_shares = _label_shares(n_labels, labels_per_text)
        target = (random.random_sample((n_samples, n_labels)) < label_shares).astype(np.int64)
    seed = random if topic_random_state is None else check_random_state(topic_random_state)
    topics = _Topics(vocabulary_size, n_labels, seed, in_groups=in_groups)
    data = []
    for start in range(0, n_samples, TEXTS_AT_A_TIME):
        data += topics.texts(target[start : start + TEXTS_AT_A_TIME], n_words, random)
    if unknown_share:
        hide = _hide_sparse if in_groups else _hide
        target = hide(target, float(unknown_share), random)
    if return_X_y:
        return data, target
    return make_bunch(
        data,
        target,
        numbered_label_names(n_labels),
        DESCR=f"{n_samples} generated texts of about {n_words} words, with {n_labels} labels, "
        f"about {labels_per_text} a text (skmultitext.datasets.make_multilabel_text)",
    )


def _label_shares(n_labels: int, labels_per_text: float) -> FloatArray:
    """Return the probability of every label: Zipfian, capped, with the requested sum."""
    weights = 1 / np.arange(1, n_labels + 1)
    cap = max(MAX_LABEL_SHARE, labels_per_text / n_labels)
    shares = np.zeros(n_labels)
    n_capped = 0
    while n_capped < n_labels:
        rest = labels_per_text - n_capped * cap
        shares[n_capped:] = rest * weights[n_capped:] / weights[n_capped:].sum()
        if shares[n_capped] <= cap:
            break
        shares[n_capped] = cap
        n_capped += 1
    return shares


def _sparse_indicator(labels: IntArray, n_labels_of_text: IntArray, n_labels: int) -> sp.csr_array:
    """Make an indicator of the labels of all texts, one text after the other."""
    starts = np.concatenate([[0], np.cumsum(n_labels_of_text)])
    shape = (len(n_labels_of_text), n_labels)
    return sp.csr_array((np.ones(len(labels), dtype=np.int64), labels, starts), shape=shape)


def _hide(target: IntArray, share: float, random_state: np.random.RandomState) -> FloatArray:
    """Mark a share of the entries as unknown."""
    unknown = random_state.random_sample(target.shape) < share
    return np.where(unknown, np.nan, target)


def _hide_sparse(
    target: sp.csr_array, share: float, random_state: np.random.RandomState
) -> sp.csr_array:
    """Mark a share of the entries of a sparse indicator as unknown."""
    n_cells = target.shape[0] * target.shape[1]
    cells = sample_without_replacement(
        n_cells, random_state.binomial(n_cells, share), random_state=random_state
    )
    places = np.divmod(cells, target.shape[1])
    return target + sp.csr_array((np.full(len(cells), np.nan), places), shape=target.shape)


def _made_up_words(n_words: int) -> list[str]:
    """Return distinct words of two or more syllables, such as ``bana``, the first the shortest."""
    syllables = [consonant + vowel for vowel in VOWELS for consonant in CONSONANTS]
    words: list[str] = []
    longer = syllables
    while len(words) < n_words:
        longer = [word + syllable for word in longer for syllable in syllables]
        words += longer
    return words[:n_words]


class _Topics:
    """The words of a corpus: their frequencies, and the words that indicate each label."""

    def __init__(
        self,
        vocabulary_size: int,
        n_labels: int,
        random_state: np.random.RandomState,
        *,
        in_groups: bool,
    ) -> None:
        words = np.array(_made_up_words(vocabulary_size), dtype=object)
        self.words = words[random_state.permutation(vocabulary_size)]
        frequencies = 1 / (np.arange(vocabulary_size) + 2.7)
        self.word_cdf = _cdf(frequencies)
        # the most frequent words, like "the" and "of", indicate no label
        candidates = np.arange(vocabulary_size // 50, vocabulary_size)
        if in_groups:
            self.topic_words = _topics_of_groups(candidates, n_labels, random_state)
        else:
            self.topic_words = np.array(
                [
                    random_state.choice(candidates, TOPIC_SIZE, replace=False)
                    for _ in range(n_labels)
                ]
            )
        self.topic_cdf = _cdf(1 / (np.arange(TOPIC_SIZE) + 2.7))

    def texts(self, target: Any, n_words: int, random_state: np.random.RandomState) -> list[str]:
        """Return one text for every row of `target`."""
        n_texts = target.shape[0]
        # gamma-Poisson mixture: mean n_words, and a greater variance than a Poisson distribution
        lengths = 1 + random_state.poisson(random_state.gamma(4, (n_words - 1) / 4, n_texts))
        ends = np.cumsum(lengths)
        word = _draw(self.word_cdf, ends[-1], random_state)

        n_labels_of_text = target.sum(axis=1)
        share = random_state.beta(*TOPIC_SHARE, n_texts) * (n_labels_of_text > 0)
        text = np.repeat(np.arange(n_texts), lengths)
        place = np.flatnonzero(random_state.random_sample(ends[-1]) < share[text])
        text = text[place]
        # the labels of all texts in one array, and the start of each text's labels in it
        labels = target.nonzero()[1]
        first = np.cumsum(n_labels_of_text) - n_labels_of_text
        which = (random_state.random_sample(len(place)) * n_labels_of_text[text]).astype(np.int64)
        label = labels[first[text] + which]
        word[place] = self.topic_words[label, _draw(self.topic_cdf, len(place), random_state)]

        words = self.words[word].tolist()
        ends = ends.tolist()
        return [" ".join(words[a:b]) for a, b in zip([0, *ends[:-1]], ends, strict=True)]


def _topics_of_groups(
    candidates: IntArray, n_labels: int, random_state: np.random.RandomState
) -> IntArray:
    """Draw the words of each label; labels of a group have every second place in common."""
    groups = groups_of(n_labels)
    topic_words = random_state.choice(candidates, (n_labels, TOPIC_SIZE))
    shared = random_state.choice(candidates, (groups.max() + 1, TOPIC_SIZE // 2))
    grouped = groups >= 0
    topic_words[grouped, 1::2] = shared[groups[grouped]]
    return topic_words


def _cdf(frequencies: FloatArray) -> FloatArray:
    return np.cumsum(frequencies / frequencies.sum())


def _draw(cdf: FloatArray, size: int, random_state: np.random.RandomState) -> IntArray:
    """Return `size` indices distributed by `cdf`."""
    # rounding may leave the last value below 1
    return np.minimum(np.searchsorted(cdf, random_state.random_sample(size)), len(cdf) - 1)
