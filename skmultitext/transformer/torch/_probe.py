"""Test once, on rows of ordinary tokens, how a network handles order and padding."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ..._runtime.generators import isolated_generators
from ..._runtime.messages import shown
from .._tokens import TokenizedTexts

__all__ = [
    "are_close",
    "check_training",
    "is_causal",
    "probe_tokens",
    "settle_padding",
]

# ordinary tokens per row: the shortest row tests a text of one word that is mostly padding, the two
# longest differ only in their tokens
_LENGTHS = (1, 4, 9, 9)
# largest difference attributed to rounding, relative to the greatest absolute value
_ROUNDING = 3e-5


def are_close(first: torch.Tensor, second: torch.Tensor) -> bool:
    """Whether two tensors of the same shape are equal up to rounding."""
    scale = max(float(first.abs().max()), 1e-30)
    return float((first - second).abs().max()) <= _ROUNDING * scale


def probe_tokens(tokenizer: PreTrainedTokenizerBase) -> TokenizedTexts:
    """Make rows of different lengths and tokens, with the tokenizer's special tokens around."""
    special = set(tokenizer.all_special_ids)
    found = list(tokenizer("a")["input_ids"])
    plain = [i for i, token in enumerate(found) if token not in special] or [len(found)]
    before, after = found[: plain[0]], found[plain[-1] + 1 :]
    spread = np.unique(np.linspace(0, len(tokenizer) - 1, 64).astype(int)).tolist()
    ordinary = [token for token in spread if token not in special] or spread
    rows, used = [], 0
    for length in _LENGTHS:
        tokens = [ordinary[(used + i) % len(ordinary)] for i in range(length)]
        rows.append([*before, *tokens, *after])
        used += length
    return TokenizedTexts(
        np.concatenate([np.asarray(row, dtype=np.int32) for row in rows]),
        None,
        np.cumsum([0, *map(len, rows)]),
        np.arange(len(rows) + 1),
        (tokenizer.pad_token_id, tokenizer.pad_token_type_id, tokenizer.padding_side),
        "token_type_ids" in tokenizer.model_input_names,
    )


def is_causal(encoder: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> bool:
    """Test whether the state of a token is independent of all later tokens."""
    tokens = probe_tokens(tokenizer)
    inputs = _inputs(tokens, [len(_LENGTHS) - 1])
    changed = inputs["input_ids"].clone()
    changed[0, -1] = tokens.ids[0] if changed[0, -1] != tokens.ids[0] else tokens.ids[-2]
    with torch.inference_mode(), _naming(encoder):
        first = encoder(**inputs).last_hidden_state
        second = encoder(**{**inputs, "input_ids": changed}).last_hidden_state
    if first.shape[:2] != changed.shape:
        raise ValueError(
            f"The architecture {shown(encoder.config.model_type)} has no vector for each token: it "
            f"makes {first.shape[1]} vectors of {changed.shape[1]} tokens. Choose another "
            f"checkpoint; if the architecture has a classifier, set pooling='cls' without "
            f"head_layers in head_params."
        )
    return are_close(first[:, :-1], second[:, :-1])


def settle_padding(
    function: Callable[..., torch.Tensor],
    encoder: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
) -> bool:
    """Set the tokenizer's padding side to one that does not change the output of `function`.

    Return True if padding changes it on both sides.
    """
    tokens = probe_tokens(tokenizer)
    rows = range(len(_LENGTHS))
    with torch.inference_mode(), _naming(encoder):
        alone = torch.cat([function(**_inputs(tokens, [row])) for row in rows])
        pair = function(**_inputs(tokens, rows[-2:]))
    if not are_close(alone[-2:], pair):
        raise ValueError(
            f"The architecture {shown(encoder.config.model_type)} gives a text other logits from "
            f"call to call, or beside another text. Choose another checkpoint."
        )
    if alone[-1].any() and are_close(alone[-2], alone[-1]):
        raise ValueError(
            f"The architecture {shown(encoder.config.model_type)} gives all texts the same "
            f"probabilities: its head uses a single token, which does not attend to the others. "
            f"Set pooling='mean' in head_params."
        )
    for side in ("right", "left"):
        tokenizer.padding_side = side
        try:
            with torch.inference_mode():
                together = function(**_inputs(probe_tokens(tokenizer), rows))
        except (RuntimeError, ValueError, IndexError):
            continue  # the network refuses padding on this side
        if are_close(alone, together):
            return False
    tokenizer.padding_side = "right"
    return True


def check_training(
    model: torch.nn.Module,
    tokenizer: PreTrainedTokenizerBase,
    precision: str,
    others: Sequence[str] = (),
) -> str:
    """Refuse an architecture that fails in training mode; return a precision that works."""
    device = next(model.parameters()).device
    inputs = _inputs(probe_tokens(tokenizer), range(len(_LENGTHS)))
    inputs = {name: tensor.to(device) for name, tensor in inputs.items()}
    mixed = precision != "float32"
    dtype = getattr(torch, precision) if mixed else None
    try:
        with (
            isolated_generators(),
            torch.no_grad(),
            _naming(model.encoder, precision),
            torch.autocast(device.type, dtype=dtype, enabled=mixed),
        ):
            model.train().score(**inputs)
    except ValueError:
        if not others:
            raise
        return check_training(model, tokenizer, *others)
    finally:
        model.eval()
    return precision


def _inputs(tokens: TokenizedTexts, rows: Sequence[int]) -> dict[str, torch.Tensor]:
    arrays = tokens.padded(np.asarray(rows))
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


@contextmanager
def _naming(encoder: PreTrainedModel, precision: str = "float32") -> Iterator[None]:
    """Name the architecture in errors that its own code raises."""
    try:
        yield
    except Exception as error:
        how = "" if precision == "float32" else f" in precision={precision!r}"
        raise ValueError(
            f"The architecture {shown(encoder.config.model_type)} does not accept texts of any "
            f"length{how}: {type(error).__name__}: {error}"
        ) from error
