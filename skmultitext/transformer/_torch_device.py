"""Where PyTorch computes and in which precision."""

import re

import torch

from ._isolation import memory_error

__all__ = ["find_device", "find_precision", "out_of_memory"]


def find_device(device):
    """Find the device to compute on.

    Parameters
    ----------
    device : {"auto", "cpu", "cuda", "mps"}
        "auto" takes a GPU if there is one.

    Returns
    -------
    torch.device

    Raises
    ------
    ValueError
        If this machine has no such device.
    """
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": _has_mps()}
    if device == "auto":
        device = next(name for name in ("cuda", "mps", "cpu") if present[name])
    if not present[device]:
        found = ", ".join(repr(name) for name, there in present.items() if there)
        raise ValueError(
            f"device is {device!r}, but PyTorch finds none on this machine; it finds {found}."
        )
    return torch.device(device)


def _has_mps():
    return torch.backends.mps.is_available()


def find_precision(precision, device):
    """Find the precision to train in.

    Parameters
    ----------
    precision : {"auto", "float32", "bfloat16", "float16"}
        "auto" is bfloat16 where the hardware computes in it, else float32.
    device : torch.device
        Where.

    Returns
    -------
    {"float32", "bfloat16", "float16"}

    Raises
    ------
    ValueError
        If the device cannot train in it.
    """
    if precision == "float16" and device.type != "cuda":
        raise ValueError(
            f"precision='float16' needs a CUDA GPU, but the device is {device.type!r}; pass "
            f"'bfloat16' or 'float32'."
        )
    if precision != "auto":
        return precision
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    return "bfloat16" if device.type == "cpu" and _cpu_has_bfloat16() else "float32"


def _cpu_has_bfloat16():
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def out_of_memory(error, batch_size, gradient_accumulation_steps):
    """Make the error for a batch that did not fit into memory, or None for another error.

    Parameters
    ----------
    error : Exception
        What was raised.
    batch_size, gradient_accumulation_steps : int
        The parameters of the training.

    Returns
    -------
    MemoryError or None
    """
    full = isinstance(error, torch.OutOfMemoryError)
    if not full and not re.search(r"out of memory|not enough memory|can't allocate", str(error)):
        return None
    return memory_error(batch_size, gradient_accumulation_steps)
