"""What the fuzz tests share: strategies, and how many cases are run.

`make test` runs a few hundred cases; `make fuzz` sets FUZZ_CASES, the cases of each test.
"""

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

CASES = int(os.environ.get("FUZZ_CASES", "25"))

# `limits.limited` limits the time of a case: hypothesis' own deadline counts garbage collections
fuzz_settings = settings(
    max_examples=CASES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    derandomize="FUZZ_CASES" not in os.environ,
)

# cases of up to a megabyte cost a second each
fuzz_megabytes = settings(fuzz_settings, max_examples=max(CASES // 10, 10))

ODD_CHARACTERS = (
    "\x00\x01\n\r\t\x0b\x0c\x1c\x85\u2028\u200b\u200d\u202e\ufeff\ufffe\uffff\ud800\udfff\u0301"
    "\u0130\xdf\u03a3\u03c2\ufb01\U0001f3f3\U0001f308\u05d0\u4e2d"
)
CHARACTERS = st.one_of(
    st.characters(), st.sampled_from(ODD_CHARACTERS), st.sampled_from("ab .,'-_0<>&=\"")
)
LONG = st.builds(
    lambda unit, n: unit * (n // len(unit)),
    st.text(CHARACTERS, min_size=1, max_size=4),
    st.sampled_from([10_000, 100_000, 1_000_000]),
)
TEXTS = st.one_of(st.text(CHARACTERS, max_size=60), st.text(CHARACTERS, max_size=60), st.just(""))


@st.composite
def damaged(draw, content):
    """Bytes flipped, cut, swapped, repeated or inserted in a content of type bytes."""
    content = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = draw(st.integers(start, min(len(content), start + 40)))
        how = draw(st.sampled_from(["flip", "cut", "delete", "insert", "repeat", "swap"]))
        if how == "flip" and start < len(content):
            content[start] ^= 1 << draw(st.integers(0, 7))
        elif how == "cut":
            del content[start:]
        elif how == "delete":
            del content[start:end]
        elif how == "insert":
            content[start:start] = draw(
                st.one_of(
                    st.binary(max_size=20),
                    st.sampled_from([b"\x00", b'"', b"\r", b"\n\n", b"\xff\xfe", b"{", b"9" * 400]),
                )
            )
        elif how == "repeat":
            content[start:start] = bytes(content[start:end]) * draw(st.integers(1, 50))
        elif how == "swap":
            middle = (start + end) // 2
            content[start:end] = content[middle:end] + content[start:middle]
    return bytes(content)
