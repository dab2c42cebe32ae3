"""Pretrained word vectors in the text format of GloVe and fastText."""

import numpy as np

from ..datasets._lines import LineReader, file_error, strip_line_end


def read_word_vectors(path, vocabulary):
    r"""Read the vectors of the words of a vocabulary from a text file.

    A line is a word and its numbers, separated by blanks, as GloVe [1]_ and fastText [2]_ write
    it. A first line of two integers (number of words, dimension) is passed over. A word may
    itself hold blanks: the numbers are counted from the end of the line.

    Parameters
    ----------
    path : str or os.PathLike
        UTF-8 file, plain or gzip.
    vocabulary : Vocabulary
        The words wanted; all other lines are only counted.

    Returns
    -------
    vectors : ndarray of shape (n_ids, dimension), dtype float32
        The vector of each id of the vocabulary; 0 where the file has none.
    found : ndarray of shape (n_ids,), dtype bool
        Whether the file has a vector. The first line of a word counts.

    Raises
    ------
    DataFileError
        If a line has another number of values than the first, or a vector wanted holds what is
        no finite number; the message starts with ``file:line:``. Also if the file has no vector.

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
    lines = LineReader(path)
    dimension, vectors, found = None, None, np.zeros(len(vocabulary), dtype=bool)
    for raw in lines:
        if problem := lines.take_problem():
            raise file_error(lines.path, lines.number, problem)
        line = strip_line_end(raw).rstrip(" \t")
        n_blanks = line.count(" ")
        if lines.number == 1 and n_blanks == 1 and all(map(str.isdecimal, line.split(" "))):
            continue
        if dimension is None:
            if not n_blanks:
                problem = f"a word and its numbers expected, found {line[:40]!r}"
                raise file_error(lines.path, lines.number, problem)
            dimension = n_blanks
            vectors = np.zeros((len(vocabulary), dimension), dtype=np.float32)
        if n_blanks < dimension:
            problem = f"{n_blanks} numbers found behind the word, {dimension} expected"
            raise file_error(lines.path, lines.number, problem)
        word, *values = line.rsplit(" ", dimension)
        word_id = vocabulary.id_of_word.get(word)
        if word_id is not None and not found[word_id]:
            vectors[word_id] = _numbers(values, lines)
            found[word_id] = True
    if dimension is None:
        raise file_error(lines.path, 1, "no vector found; check that this is the right file")
    return vectors, found


def _numbers(values, lines):
    try:
        numbers = np.array(values, dtype=np.float64)
        bad = ~np.isfinite(numbers)
    except ValueError:
        bad = np.array([not _is_number(value) for value in values])
    if bad.any():
        k = int(np.argmax(bad))
        problem = f"value {k + 1} of the vector is {values[k]!r}, not a finite number"
        raise file_error(lines.path, lines.number, problem)
    return numbers


def _is_number(value):
    try:
        return np.isfinite(float(value))
    except ValueError:
        return False
