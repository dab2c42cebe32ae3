"""Texts as token ids: what the tokenizer says, kept flat and padded."""

import warnings

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import transformer_toys as toys

from skmultitext.transformer._tokenizers import prepare_tokenizer
from skmultitext.transformer._tokens import TokenReader, warn_if_long

BERT = toys.ARCHITECTURES["bert"][0]
XLNET = toys.ARCHITECTURES["xlnet"][0]
TEXTS = ["late parcel", "", "where is my refund please", "hello"]


@pytest.mark.parametrize("left", [False, True])
def test_padded_rows_are_those_of_the_tokenizer(left):
    tokenizer = toys.make_tokenizer(XLNET if left else BERT, left=left)
    tokens = TokenReader(tokenizer, 16).encode(TEXTS)
    rows, owners = tokens.rows_of(np.array([2, 0, 1]))
    found = tokens.padded(rows)
    wanted = tokenizer([TEXTS[2], TEXTS[0], TEXTS[1]], padding=True, return_tensors="np")
    assert set(found) == set(wanted)
    for name, array in found.items():
        np.testing.assert_array_equal(array, wanted[name], err_msg=name)
    assert owners.tolist() == [0, 1, 2]
    assert tokens.lengths.tolist() == [[1, 4], [1, 2], [1, 7], [1, 3]]


def test_a_width_can_be_asked_for():
    tokens = TokenReader(toys.make_tokenizer(BERT), 16).encode(["late"])
    assert tokens.padded(np.array([0]), width=9)["input_ids"].shape == (1, 9)


def test_more_texts_than_a_chunk_stay_in_order():
    texts = [" ".join(toys.WORDS[: i % 20]) for i in range(1300)]
    tokens = TokenReader(toys.make_tokenizer(BERT), 64).encode(texts)
    assert tokens.n_texts == 1300
    assert tokens.row_lengths.tolist() == [i % 20 + 2 for i in range(1300)]
    assert tokens.ids.dtype == np.int32


@pytest.mark.parametrize("side", ["right", "left"])
def test_long_texts_are_cut_off_at_a_side(side):
    tokenizer = toys.make_tokenizer(BERT)
    tokens = TokenReader(tokenizer, 5, truncation_side=side).encode(["late parcel refund money"])
    words = tokenizer.decode(tokens.ids[1:-1]).split()
    assert words == (["late", "parcel", "refund"] if side == "right" else TEXTS_END)


TEXTS_END = ["parcel", "refund", "money"]


def test_windows_overlap_and_lose_nothing():
    tokenizer = toys.make_tokenizer(BERT)
    reader = TokenReader(tokenizer, 6, long_text="window", window_stride=2)
    tokens = reader.encode(["hello", " ".join(toys.WORDS[:7]), ""])
    windows = [
        tokenizer.decode(tokens.ids[a + 1 : b - 1]).split()
        for a, b in zip(tokens.row_starts[:-1], tokens.row_starts[1:], strict=True)
    ]
    words = toys.WORDS[:7]
    assert windows == [["hello"], words[:4], words[2:6], words[4:7], []]
    assert tokens.text_starts.tolist() == [0, 1, 4, 5]
    assert tokens.lengths.tolist() == [[1, 3], [3, 6], [1, 2]]
    rows, owners = tokens.rows_of(np.array([1, 0]))
    assert rows.tolist() == [1, 2, 3, 0]
    assert owners.tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00",
        "late\x00parcel",
        "\U0001f600 late",
        "\ud83d late",
        "a" * 200_000,
        "\u200b",
        " \n",
    ],
)
def test_odd_texts_give_a_row(text):
    tokens = TokenReader(toys.make_tokenizer(BERT), 16).encode([text, "late"])
    assert tokens.n_texts == 2
    assert 2 <= tokens.row_lengths[0] <= 16


def test_halves_of_a_pair_are_joined_and_lone_ones_replaced():
    reader = TokenReader(toys.make_tokenizer(BERT), 16)
    assert reader._clean("\ud83d\ude00") == "\U0001f600"
    assert reader._clean("a\ud83db") == "a�b"


def test_lower_case():
    reader = TokenReader(toys.make_tokenizer(BERT), 16, lowercase=True)
    assert reader._clean("LATE") == "late"
    assert TokenReader(toys.make_tokenizer(BERT), 16)._clean("LATE") == "LATE"


def test_special_tokens_are_never_split():
    tokenizer = prepare_tokenizer(toys.make_tokenizer(BERT), ["[URL]"])
    assert tokenizer.tokenize("late [URL] parcel") == ["late", "[URL]", "parcel"]


def test_a_tokenizer_without_padding_token_gets_one():
    without = {k: v for k, v in BERT.items() if k not in ("pad", "cls", "mask")}
    assert toys.make_tokenizer(without).pad_token is None
    tokenizer = prepare_tokenizer(toys.make_tokenizer(without))
    assert tokenizer.pad_token == "[SEP]"
    # heads that look for the last token by its id would take what closes a text for padding
    closed = prepare_tokenizer(toys.make_tokenizer({**without, "cls": "[CLS]"}))
    assert closed.pad_token == "[PAD]"
    assert closed("late")["input_ids"][-1] == closed.sep_token_id != closed.pad_token_id
    alone = prepare_tokenizer(toys.make_tokenizer({"unk": "[UNK]"}))
    assert alone.pad_token == "[UNK]"
    # and nothing is made of an empty text by a tokenizer that adds no token
    tokens = TokenReader(alone, 8).encode(["", "late"])
    assert tokens.row_lengths.tolist() == [1, 1]


def test_no_room_for_text_is_refused():
    tokenizer = toys.make_tokenizer(BERT)
    with pytest.raises(ValueError, match="max_length is 2, but this tokenizer adds 2 special"):
        TokenReader(tokenizer, 2)
    with pytest.raises(ValueError, match="window_stride is 4, but a window holds 4 tokens"):
        TokenReader(tokenizer, 6, long_text="window", window_stride=4)


def test_windows_need_a_fast_tokenizer():
    class Slow:
        is_fast = False

        def num_special_tokens_to_add(self):
            return 2

    with pytest.raises(ValueError, match=r"needs a fast tokenizer .* Slow is not one"):
        TokenReader(Slow(), 6, long_text="window", window_stride=1)


def test_a_text_of_many_windows_is_told():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_if_long(np.array([[1, 512], [32, 512]]))
    with pytest.warns(UserWarning, match=r"read in 1,190 windows of up to 200 tokens, .* Shorten"):
        warn_if_long(np.array([[1, 512], [1190, 200]]))
