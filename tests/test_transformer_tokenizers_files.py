"""Tokenizers that make texts grow or hang are refused before they are built."""

import base64
import json

import pytest

from skmultitext.transformer._tokenizers import check_tokenizer

MODEL = {"type": "WordPiece", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100}


def check(model=MODEL, **parts):
    check_tokenizer(json.dumps({"model": model, **parts}).encode())


def replace(content, **pattern):
    return {"type": "Replace", "pattern": pattern, "content": content}


def sequence(*parts, name="normalizers"):
    return {"type": "Sequence", name: list(parts)}


def charsmap(*texts):
    blob = (4).to_bytes(4, "little") + bytes(4) + b"\0".join(t.encode() for t in texts) + b"\0"
    return {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(blob).decode()}


GPT = r"'s|'t| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA = r"(?i:'s|'t|'re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+"


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"normalizer": {"type": "BertNormalizer"}, "pre_tokenizer": {"type": "BertPreTokenizer"}},
        {"normalizer": sequence(charsmap("a" * 18), replace("▁", Regex=" {2,}"))},
        {"normalizer": sequence(replace("▁", String=" "), {"type": "Prepend", "prepend": "▁"})},
        {"normalizer": sequence(replace('"', String="``"), {"type": "NFKD"})},
        {"pre_tokenizer": {"type": "Split", "pattern": {"Regex": GPT}}},
        {"pre_tokenizer": {"type": "Split", "pattern": {"Regex": LLAMA}}},
        {"post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0]}},
    ],
)
def test_what_tokenizers_have(parts):
    check(**parts)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"normalizer": sequence(*[replace("a" * 1000, String="a")] * 4)}, "1000000000000 times"),
        ({"normalizer": sequence(*[replace("aa", String="a")] * 7)}, "128 times longer"),
        ({"normalizer": replace("a" * 100, Regex="")}, "101 times longer"),
        ({"normalizer": replace("a" * 100, String="")}, "101 times longer"),
        ({"normalizer": sequence(charsmap("a" * 9), charsmap("a" * 9))}, "81 times longer"),
        ({"normalizer": {"type": "Prepend", "prepend": "a" * 100}}, "101 times longer"),
        ({"normalizer": sequence(*[{"type": "ByteLevel"}] * 9)}, "512 times longer"),
        ({"normalizer": sequence(*[{"type": "NFC"}] * 40)}, "more than 32 components"),
        ({"normalizer": {"type": "Python"}}, "has the unknown type 'Python'"),
        (
            {"normalizer": replace("", Regex="(a+)+$")},
            r"the pattern '\(a\+\)\+\$', which has nested repetitions",
        ),
        ({"normalizer": replace("", Regex=r"((a*)b?){2,}")}, "which has nested repetitions"),
        ({"normalizer": replace("", Regex=r"(a)\1")}, "reference to a group"),
        (
            {"pre_tokenizer": sequence(*[{"type": "ByteLevel"}] * 9, name="pretokenizers")},
            "512 times longer",
        ),
        (
            {"pre_tokenizer": {"type": "Split", "pattern": {"Regex": r"(\s|\S+)*x"}}},
            "its pre_tokenizer has the pattern",
        ),
        (
            {"post_processor": {"type": "TemplateProcessing", "single": [{}] * 100}},
            "adds 100 special tokens",
        ),
        (
            {
                "post_processor": {
                    "type": "TemplateProcessing",
                    "special_tokens": {"[CLS]": {"ids": [1] * 500}},
                }
            },
            "adds 500 special tokens",
        ),
        ({"model": {**MODEL, "type": "Other"}}, "its model has the unknown type 'Other'"),
        ({"model": {"type": "BPE", "dropout": 0.5}}, "at random"),
        ({"model": {**MODEL, "continuing_subword_prefix": "#" * 99}}, "is longer than 32"),
        ({"model": {**MODEL, "max_input_chars_per_word": 10**9}}, "is above 10000"),
        ({"normalizer": {"type": "Replace"}}, "KeyError"),
        ({"normalizer": 3}, "TypeError"),
    ],
)
def test_what_grows_or_hangs(parts, message):
    with pytest.raises(ValueError, match=rf"tokenizer\.json is (refused|damaged).*{message}"):
        check(**parts)


def test_no_tokenizer():
    for content in (b"", b"[]", b"{}", b"\xff"):
        with pytest.raises(ValueError, match=r"tokenizer\.json is"):
            check_tokenizer(content)
