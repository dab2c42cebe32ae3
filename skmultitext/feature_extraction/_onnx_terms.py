"""The terms of texts in an ONNX graph: words or characters, n-grams, counts and TF-IDF values.

All texts of a batch are one vector of symbols. Words and n-grams are found by exact look-ups: a
state is the number of a known sequence, and the pair of a state and what follows it is a key of a
table of longer ones. Only the terms that occur are processed, never a row of all features.
"""

import re
from typing import Any, NamedTuple

import numpy as np

from .._gate.types import BoolArray
from .._runtime.messages import shown
from .._runtime.onnx_files import Graph
from ._onnx_characters import END, TEXT_END, Alphabet

__all__ = ["Terms", "read_terms", "refusal"]

_SPACE, _WORD = r"\s", r"\w"
_LARGEST = 2**53  # ONNX Runtime sums int64 in float64
# one class of characters, at least as often as it is written: \b\w\w+\b
_CLASS = r"\\[wWdDsS]|\[\^?(?:\\.|[^\]\\])+\]|\.|\w"
_RUNS = re.compile(
    rf"(?:\(\?u\))?(?P<left>\\b)?(?P<one>{_CLASS})(?P<more>(?:(?P=one))*)"
    r"(?:\+|\{(?P<least>\d+),\})(?P<right>\\b)?"
)
# a run of one or more, or else a single character of another class: \w+|[^\w\s]
_RUNS_AND_MARKS = re.compile(rf"(?:\(\?u\))?(?P<one>{_CLASS})\+\|(?P<mark>{_CLASS})")
_EXAMPLES = r"(?u)\b\w\w+\b, \w+, \S+, [a-z]{3,} or \w+|[^\w\s]"
# parameters that the estimators of this package leave at their defaults
_FIXED = {
    "input": "content",
    "preprocessor": None,
    "tokenizer": None,
    "norm": "l2",
    "use_idf": True,
    "binary": False,
    "dtype": np.float64,
}


class Terms(NamedTuple):
    """Names of vectors in a graph: the TF-IDF values of all texts, text by text.

    Before the terms of each text is a mark of value 0, so that each text has an entry.
    """

    texts: str  # number of the text of each entry
    columns: str  # -1 for a mark
    values: str  # float64
    starts: str  # of each text: number of its first entry
    stops: str


class _Runs(NamedTuple):
    """A token_pattern: at least `least` characters of a class, as many as there are."""

    one: str
    least: int = 1
    left: bool = False  # whether it starts at \b
    right: bool = False  # whether it ends at \b
    mark: str | None = None  # class of the characters that are words of their own


def read_terms(g: Graph, texts: str, vectorizer: Any) -> Terms:
    """Add the transformation of texts by a fitted vectorizer to a graph.

    A ValueError says what of the vectorizer has no counterpart in ONNX.
    """
    for name, value in _FIXED.items():
        if getattr(vectorizer, name) != value:
            raise refusal(name, getattr(vectorizer, name), f"Fit with {name}={shown(value)}")
    if callable(vectorizer.strip_accents):
        raise refusal("strip_accents", vectorizer.strip_accents, "Pass 'ascii' or 'unicode'")
    if vectorizer.analyzer == "word":
        symbols, texts_of, terms = _read_words(g, texts, vectorizer)
    elif vectorizer.analyzer in ("char", "char_wb"):
        symbols, texts_of, terms = _read_characters(g, texts, vectorizer)
    else:
        raise refusal("analyzer", vectorizer.analyzer, "Pass 'word', 'char' or 'char_wb'")
    places, columns = _find_ngrams(g, symbols, texts_of, terms)
    n_texts = g.length(texts)
    return _weigh(g, g("Gather", texts_of, places), columns, n_texts, vectorizer)


def refusal(name: str, value: Any, remedy: str) -> ValueError:
    """Make the error of a parameter that has no counterpart in ONNX."""
    return ValueError(f"{name}={shown(value)} cannot be written as ONNX. {remedy}.")


def _read_runs(vectorizer: Any) -> _Runs:
    """Parse the token_pattern."""
    pattern = vectorizer.token_pattern
    several = vectorizer.ngram_range[1] > 1
    blank = ""
    found = _RUNS_AND_MARKS.fullmatch(pattern)
    if found is not None:
        if not several or not re.fullmatch(f"{found['one']}|{found['mark']}", " "):
            return _Runs(found["one"], mark=found["mark"])
        blank = ", without the blank"
    found = _RUNS.fullmatch(pattern)
    if found is not None:
        one, n_more = found["one"], len(found["more"]) // len(found["one"])
        least = int(found["least"] or 1) + n_more
        if several and re.fullmatch(one, " "):
            blank = ", without the blank"
        elif least:
            return _Runs(one, least, bool(found["left"]), bool(found["right"]))
    raise ValueError(
        f"token_pattern={shown(pattern)} cannot be written as ONNX. A word must be a run of one "
        f"or more characters of one class, or else one character of another{blank}, such as "
        f"{_EXAMPLES}. Fit with such a pattern, or keep this tagger with save."
    )


def _read_words(
    g: Graph, texts: str, vectorizer: Any
) -> tuple[str, str, dict[tuple[int, ...], int]]:
    """Find the words; return their numbers, their texts, and the terms as sequences of words."""
    runs = _read_runs(vectorizer)
    several = vectorizer.ngram_range[1] > 1
    stop_words = vectorizer.get_stop_words() or frozenset()
    ngrams = {}
    for term, column in vectorizer.vocabulary_.items():
        words = tuple(term.split(" ")) if several else (term,)
        shortest, longest = vectorizer.ngram_range
        if shortest <= len(words) <= longest and not stop_words.intersection(words):
            ngrams[words] = column
    used = sorted({word for ngram in ngrams for word in ngram})
    numbers = {word: number for number, word in enumerate(used, start=1)}  # 0: not known
    stop = len(numbers) + 1
    known = numbers | dict.fromkeys(stop_words, stop) if several else numbers
    classes = {runs.one, _WORD} if runs.left or runs.right else {runs.one}
    if runs.mark is not None:
        classes.add(runs.mark)
    alphabet = Alphabet(vectorizer, (c for word in known for c in word), classes)
    symbols, texts_of = alphabet.read(g, texts)
    starts, lengths = _find_runs(g, symbols, alphabet, runs)
    spelled = {tuple(map(alphabet.symbol, word)): number for word, number in known.items() if word}
    found = _identify(g, symbols, starts, lengths, spelled, len(alphabet))
    places = starts
    if several and stop_words:
        kept = g.true_places(g("Not", g("Equal", found, g.constant(stop))))
        found, places = g("Gather", found, kept), g("Gather", starts, kept)
    terms = {tuple(numbers[word] for word in ngram): column for ngram, column in ngrams.items()}
    return found, g("Gather", texts_of, places), terms


def _find_runs(g: Graph, symbols: str, alphabet: Alphabet, runs: _Runs) -> tuple[str, str]:
    """Find starts and lengths of words."""
    is_inside = _marked(g, symbols, alphabet.members(runs.one))
    was_inside = g.before(is_inside, False, np.bool_)
    start = g.true_places(g("And", is_inside, g("Not", was_inside)))
    stop = g.true_places(g("And", g("Not", is_inside), was_inside))
    if runs.one != _WORD and (runs.left or runs.right):
        is_word = _marked(g, symbols, alphabet.members(_WORD))
        is_boundary = g("Xor", is_word, g.before(is_word, False, np.bool_))
        found = g.true_places(is_boundary)
        boundaries = g("Concat", g.constant([-1]), found, g("Shape", symbols), axis=0)
        n_until = g("CumSum", g.cast(is_boundary, np.int64), g.constant(0))
        if runs.left:  # the next one: at the start or after it
            here = g.cast(g("Gather", is_boundary, start), np.int64)
            n_before = g("Sub", g("Gather", n_until, start), here)
            start = g("Gather", boundaries, g("Add", n_before, g.constant(1)))
        if runs.right:  # the last one until the stop
            stop = g("Gather", boundaries, g("Gather", n_until, stop))
    lengths = g("Sub", stop, start)
    if runs.mark is not None:
        is_mark = _marked(g, symbols, alphabet.members(runs.mark))
        is_mark = g("And", is_mark, g("Not", is_inside))
        of_marks = g.cast(is_mark, np.int64)
        length_at = g("ScatterElements", of_marks, start, lengths)  # 0 where no word starts
        start = g.true_places(length_at)
        lengths = g("Gather", length_at, start)
    kept = g.true_places(g("GreaterOrEqual", lengths, g.constant(runs.least)))
    return g("Gather", start, kept), g("Gather", lengths, kept)


def _marked(g: Graph, symbols: str, members: BoolArray) -> str:
    return g("Gather", g.constant(members, np.bool_), symbols)


def _identify(
    g: Graph,
    symbols: str,
    starts: str,
    lengths: str,
    known: dict[tuple[int, ...], int],
    n_symbols: int,
) -> str:
    """Find the numbers of parts of a vector of symbols; 0 where a part is not known.

    Several symbols at once are read as the digits of a number.
    """
    longest = max(map(len, known), default=1)
    n_states = 2 + sum(map(len, known))
    n_digits = max(d for d in range(1, 63) if d == 1 or n_states * n_symbols**d < _LARGEST)
    base = n_symbols**n_digits
    # state 0 is the start, state 1 a part that is not known
    table: dict[int, int] = {}
    numbers: dict[int, int] = {}
    for part, number in known.items():
        state = 0
        for at in range(0, len(part), n_digits):
            digits = part[at : at + n_digits]
            code = 0
            for digit in (*digits, *[END] * (n_digits - len(digits))):
                code = code * n_symbols + digit
            state = table.setdefault(state * base + code, len(table) + 2)
        numbers[state] = number
    of_state = np.zeros(len(table) + 2, dtype=np.int64)
    of_state[list(numbers)] = list(numbers.values())
    keys = np.fromiter(table, np.int64, len(table))
    powers = g.constant([n_symbols**power for power in reversed(range(n_digits))])
    last = g("Sub", g.length(symbols), g.constant(1))
    first, length = g.column(starts), g.column(lengths)

    def step(g: Graph, i: str, before: str) -> str:
        at = g("Mul", i, g.constant(n_digits))
        offsets = g("Add", at, g.constant(np.arange(n_digits)))
        places = g("Min", g("Add", first, offsets), last)
        read = g("Where", g("Less", offsets, length), g("Gather", symbols, places), g.constant(END))
        code = g("ReduceSum", g("Mul", read, powers), g.constant([1]), keepdims=0)
        key = g("Add", g("Mul", before, g.constant(base)), code)
        state = g.look_up(key, keys, list(table.values()), default=1)
        return g("Where", g("Less", at, lengths), state, before)

    # one symbol more than the longest, so that no longer part is taken for it
    needed = g("Concat", lengths, g.constant([1]), axis=0)
    most = g("Min", g("ReduceMax", needed, keepdims=0), g.constant(longest + 1))
    n_steps = g("Div", g("Add", most, g.constant(n_digits - 1)), g.constant(n_digits))
    start = g.filled(g.length(starts), 0)
    return g("Gather", g.constant(of_state), g.loop(n_steps, step, start, np.int64))


def _read_characters(
    g: Graph, texts: str, vectorizer: Any
) -> tuple[str, str, dict[tuple[int, ...], int]]:
    """Find the characters that make up n-grams; return symbols, texts, and terms as symbols."""
    shortest, longest = vectorizer.ngram_range
    in_words = vectorizer.analyzer == "char_wb"
    known = {}
    for term, column in vectorizer.vocabulary_.items():
        whole = in_words and len(term) > 2 and term[0] == term[-1] == " "
        if (shortest <= len(term) or whole) and len(term) <= longest and "  " not in term:
            known[term] = column
    alphabet = Alphabet(vectorizer, (c for term in [" ", *known] for c in term), [_SPACE])
    symbols, texts_of = alphabet.read(g, texts)
    blank = g.constant(alphabet.symbol(" "))
    if in_words:
        symbols, source = _pad_words(g, symbols, alphabet, blank)
    else:
        symbols, source = _merge_spaces(g, symbols, alphabet, blank)
    terms = {tuple(map(alphabet.symbol, term)): column for term, column in known.items()}
    return symbols, g("Gather", texts_of, source), terms


def _merge_spaces(g: Graph, symbols: str, alphabet: Alphabet, blank: str) -> tuple[str, str]:
    """Replace each run of two or more spaces by one blank; return symbols and their places."""
    is_space = _marked(g, symbols, alphabet.members(_SPACE))
    again = g("And", is_space, g.before(is_space, False, np.bool_))
    merged = g("And", is_space, g.after(is_space, False, np.bool_))
    places = g.true_places(g("Not", again))
    return g("Gather", g("Where", merged, blank, symbols), places), places


def _pad_words(g: Graph, symbols: str, alphabet: Alphabet, blank: str) -> tuple[str, str]:
    """Put a blank on both sides of each word; return symbols and their places.

    Two blanks in a row separate words: they occur in no term.
    """
    outside = alphabet.members(_SPACE)
    outside[TEXT_END] = True
    is_inside = _marked(g, symbols, ~outside)
    starts = g("And", is_inside, g("Not", g.before(is_inside, False, np.bool_)))
    ends = g("And", is_inside, g("Not", g.after(is_inside, False, np.bool_)))
    inside, at_start, at_end = (g.cast(mask, np.int64) for mask in (is_inside, starts, ends))
    counts = g("Add", g("Add", inside, at_start), at_end)
    source, within = g.repeated(counts)
    leads = g("Less", within, g("Gather", at_start, source))
    behind = g("Add", g("Gather", at_start, source), g.constant(1))
    is_blank = g("Or", leads, g("Equal", within, behind))
    return g("Where", is_blank, blank, g("Gather", symbols, source)), source


def _find_ngrams(
    g: Graph, symbols: str, texts_of: str, terms: dict[tuple[int, ...], int]
) -> tuple[str, str]:
    """Find all occurrences of terms; return their places in `symbols` and their columns."""
    longest = max(map(len, terms), default=1)
    n_symbols = 1 + max((max(term) for term in terms), default=0)
    symbols = g("Where", g("Less", symbols, g.constant(n_symbols)), symbols, g.constant(0))
    padding = g.constant(np.zeros(longest))
    symbols, owners = (g("Concat", each, padding, axis=0) for each in (symbols, texts_of))
    tables: list[dict[int, int]] = [{} for _ in range(longest)]  # of the n-grams of each length
    columns = [-1]  # by state; state 0 begins no term
    for term, column in terms.items():
        last = 0
        for table, symbol in zip(tables, term, strict=False):
            last = table.setdefault(last * n_symbols + symbol, len(columns))
            if last == len(columns):
                columns.append(-1)
        columns[last] = column
    of_state = g.constant(columns)
    places = g.numbers(g.length(texts_of))
    reached = g.filled(g.length(texts_of), 0)
    found = []
    for n, table in enumerate(tables):
        at = g("Add", places, g.constant(n))
        key = g("Add", g("Mul", reached, g.constant(n_symbols)), g("Gather", symbols, at))
        keys = np.fromiter(table, np.int64, len(table))
        reached = g.look_up(key, keys, list(table.values()), default=0)
        if n:
            is_same = g("Equal", g("Gather", owners, places), g("Gather", owners, at))
            reached = g("Where", is_same, reached, g.constant(0))
        alive = g.true_places(reached)
        places, reached = g("Gather", places, alive), g("Gather", reached, alive)
        of_term = g("Gather", of_state, reached)
        is_term = g.true_places(g("GreaterOrEqual", of_term, g.constant(0)))
        found.append((g("Gather", places, is_term), g("Gather", of_term, is_term)))
    where, which = (g("Concat", *names, axis=0) for names in zip(*found, strict=True))
    return where, which


def _weigh(g: Graph, texts_of: str, columns: str, n_texts: str, vectorizer: Any) -> Terms:
    """Count the terms of each text, multiply by their idf, and divide by the norm of the text."""
    idf = np.append(vectorizer.idf_, 0.0)  # the last for marks: column -1
    width = g.constant(len(idf))
    # one mark for each text, and one behind the last
    marks = g("Mul", g.numbers(g("Add", n_texts, g.constant(1))), width)
    keys = g("Add", g("Add", g("Mul", texts_of, width), columns), g.constant(1))
    keys = g.sorted(g("Concat", marks, keys, axis=0))
    firsts = g.true_places(g("Not", g("Equal", keys, g.before(keys, -1))))
    counts = g("Sub", g.part(firsts, 1), g.part(firsts, 0, -1))
    distinct = g("Gather", keys, g.part(firsts, 0, -1))
    texts = g("Div", distinct, width)
    columns = g("Sub", g("Mod", distinct, width), g.constant(1))
    starts = g.true_places(g("Less", columns, g.constant(0)))
    stops = g("Concat", g.part(starts, 1), g("Shape", columns), axis=0)
    tf = g.cast(counts, np.float64)
    if vectorizer.sublinear_tf:
        tf = g("Add", g("Log", tf), g.constant(1.0, np.float64))
    values = g("Mul", tf, g("Gather", g.constant(idf, np.float64), columns))
    zeros = g.cast(g.filled(n_texts, 0), np.float64)
    squares = g("ScatterElements", zeros, texts, g("Mul", values, values), reduction="add")
    norms = g("Max", g("Sqrt", squares), g.constant(np.finfo(np.float64).tiny, np.float64))
    return Terms(texts, columns, g("Div", values, g("Gather", norms, texts)), starts, stops)
