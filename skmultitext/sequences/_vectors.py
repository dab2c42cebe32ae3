"""Pretrained word vectors in the text format of GloVe and fastText."""

import math

import numpy as np
import numpy.typing as npt

from .._gate.types import BoolArray, FloatArray
from ..datasets._lines import (
    MAX_LINE_BYTES,
    DataSource,
    LineReader,
    file_error,
    shown,
    strip_line_end,
)
from ._vocabulary import Vocabulary

_LARGEST_DIMENSION = 65_536


def read_word_vectors(
    path: DataSource,
    vocabulary: Vocabulary,
    *,
    encoding: str = "utf-8",
    max_line_bytes: int = MAX_LINE_BYTES,
) -> tuple[npt.NDArray[np.float32], BoolArray]:
    r"""Read the vectors of the words of a vocabulary from a text file.

    A line is a word and its numbers, separated by blanks, as GloVe [1]_ and fastText [2]_ write
    it. A first line of two integers (number of words, dimension) is skipped. A word may itself
    contain blanks: the numbers are counted from the end of the line.

    Parameters
    ----------
    path : str, os.PathLike or file object
        The file, plain or gzip; or an open file of bytes or text, which stays open.
    vocabulary : Vocabulary
        The words whose vectors are read; other lines are skipped.
    encoding : str, default="utf-8"
        Encoding of the file, such as "cp1252".
    max_line_bytes : int, default=2**26
        Maximum length of a line in bytes (in characters, if an open file reads text), at least
        1. A longer one is an error.

    Returns
    -------
    vectors : ndarray of shape (n_ids, dimension), dtype float32
        The vector of each id of the vocabulary; 0 where the file has none.
    found : ndarray of shape (n_ids,), dtype bool
        Whether the file has a vector. If a word occurs twice, its first vector counts.

    Raises
    ------
    DataFileError
        If a line does not have as many values as the first, or a vector of the vocabulary contains
        a value that is not a finite number; the message starts with ``file:line:``. Also if the
        file has no vector, or vectors of more than 65,536 numbers.
    ValueError
        If `encoding` or `max_line_bytes` is not legal.

    References
    ----------
    .. [1] J. Pennington, R. Socher, C. Manning, "GloVe: Global Vectors for Word
       Representation", EMNLP 2014.
    .. [2] P. Bojanowski, E. Grave, A. Joulin, T. Mikolov, "Enriching Word Vectors with Subword
       Information", TACL 5, 2017.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skmultitext.sequences import Vocabulary, read_word_vectors
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "vectors.txt")
    ...     _ = path.write_text("2 3\nlate 0.5 1 0\nlamp 0 0 -1\n")
    ...     vectors, found = read_word_vectors(path, Vocabulary(["late", "parcel"]))
    >>> vectors[2], found.tolist()
    (array([0.5, 1. , 0. ], dtype=float32), [False, False, True, False])
    """
    lines = LineReader(path, encoding, max_line_bytes)
    dimension = 0  # not known before the first vector
    vectors = np.zeros((len(vocabulary), 0), dtype=np.float32)
    found = np.zeros(len(vocabulary), dtype=bool)
    for raw in lines:
        if problem := lines.take_problem():
            raise file_error(lines.path, lines.number, problem)
        line = strip_line_end(raw).rstrip(" \t")
        n_blanks = line.count(" ")
        if lines.number == 1 and n_blanks == 1 and all(map(str.isdecimal, line.split(" "))):
            continue
        if not dimension:
            if not n_blanks:
                problem = f"a word and its numbers expected, found {shown(line)}"
                raise file_error(lines.path, lines.number, problem)
            if n_blanks > _LARGEST_DIMENSION:
                problem = (
                    f"{n_blanks} numbers found after the word; check that this is a file of "
                    f"vectors, which have at most {_LARGEST_DIMENSION}"
                )
                raise file_error(lines.path, lines.number, problem)
            dimension = n_blanks
            vectors = np.zeros((len(vocabulary), dimension), dtype=np.float32)
        if n_blanks < dimension:
            problem = f"{n_blanks} numbers found after the word, {dimension} expected"
            raise file_error(lines.path, lines.number, problem)
        word, *values = line.rsplit(" ", dimension)
        word_id = vocabulary.id_of_word.get(word)
        if word_id is not None and not found[word_id]:
            vectors[word_id] = _numbers(values, lines)
            found[word_id] = True
    if not dimension:
        raise file_error(lines.path, 1, "no vector found; check that this is the right file")
    return vectors, found


def _numbers(values: list[str], lines: LineReader) -> FloatArray:
    try:
        numbers = np.array(values, dtype=np.float64)
        bad = ~np.isfinite(numbers)
    except ValueError:
        bad = np.array([not _is_number(value) for value in values])
    if bad.any():
        k = int(np.argmax(bad))
        problem = f"value {k + 1} of the vector is {shown(values[k])}, not a finite number"
        raise file_error(lines.path, lines.number, problem)
    return numbers


def _is_number(value: str) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False
