r"""Compile token patterns to automata, for the kernels that find words.

`compile_pattern` reads the part of Python's syntax that describes words: characters, sets such as
``[\w'-]``, ``\w \d \s`` and their negations, ``.``, groups without capture, alternatives, repeats
(greedy or not), ``\b`` and ``\B``. Which characters a set contains is asked of `re`, character by
character, so no rule of Unicode or of case is repeated here. Other patterns, and those that match
an empty string, stay with `re`.

The automaton takes the steps of a backtracking matcher all at once: its states are lists of places
in the pattern, in the order in which `re` would try them. Behind a match, the rest of the list is
dropped, as `re` would not try it; the last match before the list is empty is that of `re`. `\b`
depends on both neighbours of a position, so it is decided with the next character.
"""

import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from .._gate.types import AnyArray, BoolArray, IntArray

__all__ = ["ANYTHING", "Automaton", "compile_pattern", "matches_of"]

ANYTHING = "(?s).+"  # a whole document as one word
_LEGAL_FLAGS = re.UNICODE | re.IGNORECASE | re.ASCII | re.DOTALL
_CLASSES = frozenset("wWdDsS")
_SPECIAL = frozenset(r"\.^$*+?{}[]|()")
_MOST_PLACES, _MOST_STATES, _MOST_CLASSES = 500, 500, 200


class Automaton(NamedTuple):
    """Tables of a token pattern; state 0 is dead.

    An entry of `steps` is twice the next state, plus 1 if a match ends before the character.
    """

    classes: AnyArray  # (1114112,), uint8, class of each code point
    steps: AnyArray  # (n_states, n_classes + 1), int32; the last column is the end of the document
    starts: (
        AnyArray  # (2,), int32, start behind a character that is no word character, and a word's
    )
    after_word: AnyArray  # (n_states,), uint8, whether the last character was a word character
    words: AnyArray  # (n_classes,), uint8, whether the characters of a class are word characters

    def consumes(self, points: range) -> bool:
        """Whether a match may contain any of these code points."""
        return bool((self.steps[:, self.classes[points.start : points.stop]] > 1).any())


class _Unsupported(Exception):
    pass


@dataclass(frozen=True)
class _Node:
    """A part of a pattern: "set", "edge" (of a word, or none), "all", "any" or "repeat"."""

    kind: str
    value: Any = None  # number of a set, whether it is an edge, or (least, most, greedy)
    parts: tuple["_Node", ...] = ()

    @property
    def nullable(self) -> bool:
        """Whether it matches the empty string somewhere."""
        if self.kind == "repeat":
            return self.value[0] == 0 or self.parts[0].nullable
        if self.kind == "any":
            return any(part.nullable for part in self.parts)
        return self.kind != "set" and all(part.nullable for part in self.parts)


class _Parser:
    """Recursive descent; `sets` are the sources of all sets of characters."""

    def __init__(self, pattern: str) -> None:
        flags = re.match(r"\(\?[a-z]+\)", pattern)
        self.pattern = pattern
        self.at = flags.end() if flags else 0
        self.sets: list[str] = []

    def parse(self) -> _Node:
        node = self._alternatives()
        if self.at < len(self.pattern):
            raise _Unsupported
        return node

    def _next(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def _alternatives(self) -> _Node:
        options = [self._sequence()]
        while self._next() == "|":
            self.at += 1
            options.append(self._sequence())
        return options[0] if len(options) == 1 else _Node("any", None, tuple(options))

    def _sequence(self) -> _Node:
        parts = []
        while self._next() not in ("", "|", ")"):
            parts.append(self._repeat(self._atom()))
        return _Node("all", None, tuple(parts))

    def _repeat(self, node: _Node) -> _Node:
        found = re.compile(r"([*+?]|\{(\d*)(,?)(\d*)\})([?+]?)").match(self.pattern, self.at)
        if found is None:
            return node
        sign, least, comma, most, mode = found.groups()
        if mode == "+" or node.nullable or (sign[0] == "{" and not least + most):
            raise _Unsupported
        self.at = found.end()
        if sign in ("*", "+", "?"):
            bounds = {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
        else:
            bounds = int(least or 0), (int(most) if most else None) if comma else int(least)
        if max(bounds[0], bounds[1] or 0) > _MOST_PLACES:
            raise _Unsupported
        if self._next() and self._next() in "*+?{":
            raise _Unsupported
        return _Node("repeat", (*bounds, mode != "?"), (node,))

    def _atom(self) -> _Node:
        character = self._next()
        if character == "(":
            return self._group()
        if character == "[":
            return self._set()
        if character == "\\":
            escaped = self.pattern[self.at + 1 : self.at + 2]
            self.at += 2
            if escaped in ("b", "B"):
                return _Node("edge", escaped == "b")
            if escaped not in _CLASSES and (escaped.isalnum() or not escaped.isascii()):
                raise _Unsupported
            return self._add("\\" + escaped)
        if character != "." and character in _SPECIAL:
            raise _Unsupported
        self.at += 1
        return self._add(character if character == "." else re.escape(character))

    def _add(self, source: str) -> _Node:
        if source not in self.sets:
            self.sets.append(source)
        return _Node("set", self.sets.index(source))

    def _group(self) -> _Node:
        if not self.pattern.startswith("(?:", self.at):
            raise _Unsupported
        self.at += 3
        node = self._alternatives()
        if self._next() != ")":
            raise _Unsupported
        self.at += 1
        return node

    def _set(self) -> _Node:
        found = re.compile(r"\[\^?\]?(?:[^\]\\]|\\.)*\]", re.DOTALL).match(self.pattern, self.at)
        source = found[0] if found else ""
        if not found or re.search(r"\[|--|&&|~~|\|\|", source[1:]):  # perhaps set operations later
            raise _Unsupported
        self.at = found.end()
        return self._add(source)


class _Program:
    """The places of a pattern, each with the places that follow, first choice first."""

    def __init__(self, node: _Node) -> None:
        self.places: list[tuple[str, Any, tuple[int, ...]]] = [("match", None, ())]
        self.first = self._add(node, 0)

    def _place(self, kind: str, value: Any, following: tuple[int, ...]) -> int:
        if len(self.places) >= _MOST_PLACES:
            raise _Unsupported
        self.places.append((kind, value, following))
        return len(self.places) - 1

    def _add(self, node: _Node, then: int) -> int:
        """Add the places of a node that is followed by the place `then`; return the first."""
        if node.kind == "all":
            for part in reversed(node.parts):
                then = self._add(part, then)
            return then
        if node.kind == "any":
            return self._place("choice", None, tuple(self._add(p, then) for p in node.parts))
        if node.kind == "repeat":
            least, most, greedy = node.value
            if most is None:
                loop = self._place("choice", None, ())
                following = (self._add(node.parts[0], loop), then)
                self.places[loop] = ("choice", None, following if greedy else following[::-1])
                then = loop
            else:
                end = then
                for _ in range(most - least):
                    following = (self._add(node.parts[0], then), end)
                    then = self._place("choice", None, following if greedy else following[::-1])
            for _ in range(least):
                then = self._add(node.parts[0], then)
            return then
        return self._place(node.kind, node.value, (then,))

    def reached(self, places: tuple[int, ...], before: bool, after: bool) -> list[int]:
        """List the sets and matches that are reached without a character, first choice first.

        `before` and `after` tell whether the neighbouring characters are word characters.
        """
        seen: set[int] = set()
        found = []
        rest = list(reversed(places))
        while rest:
            place = rest.pop()
            if place in seen:
                continue
            seen.add(place)
            kind, value, following = self.places[place]
            if kind in ("set", "match"):
                found.append(place)
            elif kind == "choice" or value is (before != after):
                rest.extend(reversed(following))
        return found


def _every_character() -> str:
    points = np.arange(sys.maxunicode + 1, dtype="<u4").tobytes()
    return points.decode("utf-32-le", "surrogatepass")


@lru_cache(maxsize=64)
def _edges(source: str, flags: int = 0) -> IntArray:
    """List where the code points that a pattern of one character matches begin and end, in turn."""
    found = re.finditer(f"(?:{source})+", _every_character(), flags)
    return np.array([edge for run in found for edge in run.span()], dtype=np.int64)


def matches_of(source: str) -> BoolArray:
    """Mask of the code points that a pattern of one character matches, (1114112,)."""
    edges = _edges(source)
    matches = np.zeros(sys.maxunicode + 2, dtype=np.int8)
    matches[edges[::2]] = 1
    matches[edges[1::2]] -= 1
    return np.cumsum(matches[:-1], dtype=np.int8).astype(bool)


@lru_cache(maxsize=16)
def compile_pattern(pattern: str) -> Automaton | None:
    """Compile a token pattern; return None if it must stay with `re`."""
    try:
        compiled = re.compile(pattern)
    except (re.error, RecursionError):
        return None
    if compiled.flags & ~_LEGAL_FLAGS or compiled.groups:
        return None
    parser = _Parser(pattern)
    try:
        node = parser.parse()
        return None if node.nullable else _build(_Program(node), parser.sets, compiled.flags)
    except (_Unsupported, RecursionError):
        return None


def _build(program: _Program, sets: list[str], flags: int) -> Automaton:
    classes, members = _classify([*sets, r"\w"], flags)
    words = members.pop()
    dead: tuple[tuple[int, ...], bool] = ((), False)
    starts = [((program.first,), False), ((program.first,), True)]
    numbers = {state: i for i, state in enumerate([dead, *starts])}
    steps: list[list[int]] = []
    for state in (pending := list(numbers)):
        places, before = state
        row = []
        for character in range(len(words) + 1):  # the last is the end of the document
            is_end = character == len(words)
            after = not is_end and bool(words[character])
            following: dict[int, None] = {}
            matched = False
            for place in program.reached(places, before, after):
                kind, value, then = program.places[place]
                if kind == "match":
                    matched = True
                    break
                if not is_end and members[value][character]:
                    following[then[0]] = None
            target = (tuple(following), after) if following else dead
            if target not in numbers:
                if len(numbers) >= _MOST_STATES:
                    raise _Unsupported
                numbers[target] = len(numbers)
                pending.append(target)
            row.append(2 * numbers[target] + matched)
        steps.append(row)
    return Automaton(
        classes,
        np.array(steps, dtype=np.int32),
        np.array([1, 2], dtype=np.int32),
        np.array([before for _, before in numbers], dtype=np.uint8),
        words.astype(np.uint8),
    )


def _classify(sources: list[str], flags: int) -> tuple[AnyArray, list[BoolArray]]:
    """Group characters that are in the same sets; return the classes, and those of each set."""
    edges = [_edges(source, flags & ~re.UNICODE) for source in sources]
    starts = np.unique(np.concatenate([[0], *edges]))  # of ranges that no edge divides
    starts = starts[starts <= sys.maxunicode]
    inside = np.stack([np.searchsorted(e, starts, side="right") % 2 == 1 for e in edges])
    members, numbers = np.unique(inside, axis=1, return_inverse=True)
    if members.shape[1] > _MOST_CLASSES:
        raise _Unsupported
    lengths = np.diff(np.append(starts, sys.maxunicode + 1))
    return np.repeat(numbers.ravel().astype(np.uint8), lengths), list(members)
