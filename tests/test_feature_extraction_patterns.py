"""A compiled pattern finds what `re` finds; what it cannot express stays with `re`."""

import re

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from skmultitext.feature_extraction._patterns import ANYTHING, compile_pattern, matches_of

TEXTS = st.text(st.sampled_from("abcdABßé_1٣ .-'\n\0中😀ſİ\u0301\ud800"), max_size=25) | st.text(
    max_size=10
)


def find_all(automaton, text):
    """What the kernel does, in plain Python."""
    found, at, after_word = [], 0, 0
    while at < len(text):
        state, end = automaton.starts[after_word], -1
        for i in range(at, len(text) + 1):
            kind = automaton.classes[ord(text[i])] if i < len(text) else -1
            step = automaton.steps[state, kind]
            if step & 1:
                end = i
            state = step >> 1
            if state == 0:
                break
        if end > 0:
            found.append(text[at:end])
        at = max(end, at + 1)
        after_word = automaton.words[automaton.classes[ord(text[at - 1])]]
    return found


ATOMS = st.sampled_from(
    [*"abcdé-'", r"\w", r"\W", r"\d", r"\s", r"\S", ".", r"\.", "[ab]", "[^a]", r"[\w'-]", "[]a-c]",
     r"[^\w\s]", r"\b", r"\B"]
)  # fmt: skip
SUFFIXES = st.sampled_from(
    ["", "", "*", "+", "?", "{2}", "{1,2}", "{,2}", "{2,}", "*?", "+?", "??"]
)
PATTERNS = st.recursive(
    st.tuples(ATOMS, SUFFIXES).map("".join),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4).map("".join)
        | st.tuples(inner, inner).map("|".join)
        | st.tuples(inner, SUFFIXES).map(lambda drawn: f"(?:{drawn[0]}){drawn[1]}")
    ),
    max_leaves=8,
)


@given(pattern=PATTERNS, flags=st.sampled_from(["", "(?i)", "(?a)", "(?s)"]), texts=st.lists(TEXTS))
@settings(max_examples=300, deadline=None)
def test_words_are_those_of_re(pattern, flags, texts):
    automaton = compile_pattern(flags + pattern)
    assume(automaton is not None)
    for text in texts:
        assert find_all(automaton, text) == re.findall(flags + pattern, text)


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?u)\b\w\w+\b",
        r"(?u)\b\w+\b",
        r"(?u)\w+|[^\w\s]",
        r"\S+",
        r"\b\w[\w'-]*\b",
        r"#?\w+|\d+(?:\.\d+)*%?",
        r"\b[a-zA-Z]{3,}\b",
        r"a{2,3}?b",
        r"ab|abc",  # the first alternative wins, though it is shorter
        r"(?i)ß+",
        ANYTHING,
    ],
)
def test_patterns_of_words_are_compiled(pattern):
    automaton = compile_pattern(pattern)
    text = "I don't know, it's 3.14% of #tags: aab abc aaab é ß ẞ well-known A-B-c\nend"
    assert find_all(automaton, text) == re.findall(pattern, text)
    assert compile_pattern(pattern) is automaton


@pytest.mark.parametrize(
    "pattern",
    [
        r"(\w+)", r"(?P<name>\w)", r"\w*", r"\b", "", "a|", "^a", "a$", r"\Aa", r"a\Z", "(?=a)b",
        "(?<=a)b", "(?!a)b", r"(?:a)\1", "(?m)a", "(?x)a b", "a++", "(?>a)b", r"\x41", "a{,}",
        "(?:a*)+", "(?:a?)*b", "a{600}", "(?:a{30}){30}", "(", "[a", "a**", "(?i:a)b", "[a[b]",
        "(?:" * 2_000 + "a" + ")" * 2_000, "(?:a|b){9}[ab]*a[ab]{12}",
    ],
)  # fmt: skip
def test_other_patterns_stay_with_re(pattern):
    assert compile_pattern(pattern) is None


def test_it_tells_which_characters_a_word_may_contain():
    blank, controls = range(32, 33), range(32)
    for pattern, expected in {
        r"\w+": (False, False),
        r"\S+": (False, True),
        r"\w+ \w+": (True, False),
        ANYTHING: (True, True),
    }.items():
        automaton = compile_pattern(pattern)
        assert (automaton.consumes(blank), automaton.consumes(controls)) == expected


def test_a_mask_has_the_characters_that_re_matches():
    for source in (r"\d", "[^a]", r"\s"):
        mask = matches_of(source)
        sample = [*range(300), *range(0x2000, 0x2100), 0xD800, 0x10FFFF]
        expected = [re.match(source, chr(point)) is not None for point in sample]
        np.testing.assert_array_equal(mask[sample], expected)
