"""The tokenizers of checkpoints: load them, and check what their files ask for."""

import base64
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .._runtime.messages import shown

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

__all__ = [
    "check_tokenizer",
    "check_vocabulary",
    "closes_with_cls",
    "load_tokenizer",
    "prepare_tokenizer",
]

# types of components, and by which factor each may lengthen a text. Unicode normal forms count as
# 1: applying them again changes nothing. None: see `_growth`.
_NORMALIZERS = {
    "BertNormalizer": 1,
    "ByteLevel": 2,
    "Lowercase": 1,
    "NFC": 1,
    "NFD": 1,
    "NFKC": 1,
    "NFKD": 1,
    "Nmt": 1,
    "Precompiled": None,
    "Prepend": None,
    "Replace": None,
    "Strip": 1,
    "StripAccents": 1,
}
_PRE_TOKENIZERS = {
    "BertPreTokenizer": 1,
    "ByteLevel": 2,
    "CharDelimiterSplit": 1,
    "Digits": 1,
    "FixedLength": 1,
    "Metaspace": 1,
    "Punctuation": 1,
    "Split": 1,
    "UnicodeScripts": 1,
    "Whitespace": 1,
    "WhitespaceSplit": 1,
}
_POST_PROCESSORS = {"BertProcessing", "ByteLevel", "RobertaProcessing", "TemplateProcessing"}
_MODELS = {"BPE", "Unigram", "WordLevel", "WordPiece"}
# SentencePiece's charsmap turns one character into at most 18
_MOST_GROWTH = 64
_MOST_COMPONENTS = 32
_MOST_SPECIAL = 64
_MOST_PATTERN = 4000
_LONGEST_AFFIX = 32
_LONGEST_WORD = 10_000


def load_tokenizer(
    path: Path, additional_special_tokens: Sequence[str] = ()
) -> "PreTrainedTokenizerBase":
    """Load the tokenizer of a checkpoint."""
    from transformers import AutoTokenizer

    file = Path(path) / "tokenizer.json"
    try:
        if file.is_file():
            check_tokenizer(file.read_bytes())
        tokenizer = AutoTokenizer.from_pretrained(
            path, local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # tokenizers may raise any exception
        raise ValueError(
            f"The tokenizer of the checkpoint {path} cannot be read: {error}"
        ) from error
    return prepare_tokenizer(tokenizer, additional_special_tokens)


def prepare_tokenizer(
    tokenizer: "PreTrainedTokenizerBase", additional_special_tokens: Sequence[str] = ()
) -> "PreTrainedTokenizerBase":
    """Add special tokens, and a padding token if the tokenizer has none."""
    if additional_special_tokens:
        tokenizer.add_special_tokens(
            {"additional_special_tokens": list(additional_special_tokens)},
            replace_extra_special_tokens=False,
        )
    if tokenizer.pad_token_id is None:
        # some heads find the last token of a text by comparing ids with that of padding, so the
        # padding token must not be a token that ends every text
        stand_in = tokenizer.eos_token or tokenizer.sep_token or tokenizer.unk_token
        ids = tokenizer("a")["input_ids"]
        if ids and ids[-1] == tokenizer.convert_tokens_to_ids(stand_in or ""):
            stand_in = None
        tokenizer.add_special_tokens({"pad_token": stand_in or "[PAD]"})
    return tokenizer


def check_vocabulary(tokenizer: "PreTrainedTokenizerBase", n_embeddings: int, path: Path) -> None:
    """Refuse a tokenizer with more tokens than embeddings, not counting added tokens."""
    ids = tokenizer.get_vocab().values()
    fits = all(0 <= i < max(n_embeddings, len(tokenizer)) for i in ids)
    if len(tokenizer) - len(tokenizer.added_tokens_encoder) > n_embeddings or not fits:
        raise ValueError(
            f"The tokenizer of the checkpoint {path} has {len(tokenizer)} tokens, but its model "
            f"has {n_embeddings} embeddings: they do not belong together. Copy both from one model."
        )


def closes_with_cls(tokenizer: "PreTrainedTokenizerBase") -> bool:
    """Whether the tokenizer puts the CLS token last, as XLNet's does."""
    cls = tokenizer.cls_token_id
    ids = tokenizer("a")["input_ids"]
    return cls is not None and ids[0] != cls and ids[-1] == cls


def check_tokenizer(content: bytes) -> None:
    """Refuse a ``tokenizer.json`` that makes texts grow, hangs, or has unknown components."""
    try:
        parts = json.loads(content)
        growth = 1.0
        for where, known in (("normalizer", _NORMALIZERS), ("pre_tokenizer", _PRE_TOKENIZERS)):
            for part in _components(parts.get(where), where, known):
                _check_pattern(part, where)
                factor = known[part["type"]]
                growth *= _growth(part) if factor is None else factor
        if growth > _MOST_GROWTH:
            raise ValueError(
                f"its normalizer and pre_tokenizer may make a text {growth:.0f} times longer; at "
                f"most {_MOST_GROWTH} times are allowed"
            )
        for part in _components(parts.get("post_processor"), "post_processor", _POST_PROCESSORS):
            _check_template(part)
        _check_model(parts["model"])
    except (KeyError, TypeError, AttributeError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError(f"tokenizer.json is damaged ({error!r})") from error
    except ValueError as error:
        raise ValueError(f"tokenizer.json is refused: {error}") from error


def _components(part: dict | None, where: str, known: dict | set) -> Iterator[dict]:
    """Yield the components of a part, those of sequences one by one."""
    waiting, count = [] if part is None else [part], 0
    while waiting:
        part = waiting.pop()
        count += 1
        if count > _MOST_COMPONENTS:
            raise ValueError(f"its {where} has more than {_MOST_COMPONENTS} components")
        if part["type"] == "Sequence":
            names = ("normalizers", "pretokenizers", "processors")
            waiting += next(part[name] for name in names if name in part)
        elif part["type"] not in known:
            raise ValueError(f"its {where} has the unknown type {shown(part['type'])}")
        else:
            yield part


def _growth(part: dict) -> float:
    """Return the factor by which a component may lengthen a text."""
    if part["type"] == "Prepend":
        return 1.0 + len(part["prepend"])
    if part["type"] == "Precompiled":
        blob = base64.b64decode(part["precompiled_charsmap"])
        start = 4 + int.from_bytes(blob[:4], "little")  # after the trie of the replaced strings
        return max(
            (len(t.decode("utf-8", "replace")) for t in blob[start:].split(b"\0")), default=1
        )
    length = len(part["pattern"].get("String", ""))
    # a regular expression may match each character, or the empty string between any two
    return max(1.0, len(part["content"]) / length if length else 1.0 + len(part["content"]))


def _check_pattern(part: dict, where: str) -> None:
    """Refuse a regular expression that may backtrack exponentially."""
    pattern = part.get("pattern", {}).get("Regex", "")
    if len(pattern) > _MOST_PATTERN or _repeats_repeats(pattern):
        raise ValueError(
            f"its {where} has the pattern {pattern[:60]!r}, which has nested repetitions or a "
            f"reference to a group, or is longer than {_MOST_PATTERN} characters"
        )


def _repeats_repeats(pattern: str) -> bool:
    """Whether a pattern has nested repetitions or refers to a group."""
    within, depth = [False], 0
    tokens = re.finditer(r"\\.|[\[\]()]|\(\?[^)]?|[+*]|\{\d*,\d*\}|.", pattern, re.DOTALL)
    closed = False  # whether a group that contains repetitions has just ended
    for token in (match[0] for match in tokens):
        if re.fullmatch(r"\\[1-9kg]", token):
            return True
        if token == "[":
            depth += 1
        elif token == "]":
            depth = max(0, depth - 1)
        elif not depth and token.startswith("("):
            within.append(False)
        elif not depth and token == ")" and len(within) > 1:
            inner = within.pop()
            within[-1] = within[-1] or inner
            closed = inner
            continue
        elif not depth and (token in "+*" or token.startswith("{")):
            if closed:
                return True
            within[-1] = True
            continue
        closed = False
    return False


def _check_template(part: dict) -> None:
    """Refuse a template with too many special tokens."""
    count = len(part.get("single") or ()) + len(part.get("pair") or ())
    count += sum(len(token["ids"]) for token in (part.get("special_tokens") or {}).values())
    if count > _MOST_SPECIAL:
        raise ValueError(
            f"its post_processor adds {count} special tokens; at most {_MOST_SPECIAL} are allowed"
        )


def _check_model(model: dict) -> None:
    """Refuse models that are unknown, random, or very slow for long words."""
    if model.get("type", "BPE") not in _MODELS:
        raise ValueError(f"its model has the unknown type {shown(model['type'])}")
    if model.get("dropout"):
        raise ValueError("its model drops merges at random (dropout)")
    for name in ("continuing_subword_prefix", "end_of_word_suffix"):
        if len(model.get(name) or "") > _LONGEST_AFFIX:
            raise ValueError(f"its {name} is longer than {_LONGEST_AFFIX} characters")
    if model.get("max_input_chars_per_word", 0) > _LONGEST_WORD:
        raise ValueError(f"its max_input_chars_per_word is above {_LONGEST_WORD}")
