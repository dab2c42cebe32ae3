"""Where TensorFlow computes, and in which precision it trains there."""

from contextlib import contextmanager
from pathlib import Path

__all__ = ["POLICIES", "check_device", "computing_in", "training_precision"]

# precision -> policy of Keras; "auto" predicts in float32
POLICIES = {
    "auto": "float32",
    "float32": "float32",
    "bfloat16": "mixed_bfloat16",
    "float16": "mixed_float16",
}


def check_device(device, precision):
    """Refuse a device other than the one that TensorFlow takes, and what that cannot do.

    Parameters
    ----------
    device : {"auto", "cpu", "cuda", "mps"}
        What is asked for. TensorFlow takes the GPU that it sees.
    precision : {"auto", "float32", "bfloat16", "float16"}
        What to compute in.

    Raises
    ------
    ValueError
        If TensorFlow would compute elsewhere, or cannot compute in it.
    """
    has_gpu = bool(_gpus())
    if device == "mps" or (device == "cuda" and not has_gpu):
        raise ValueError(
            f"device is {device!r}, but TensorFlow sees no such GPU. Pass 'auto', or set "
            f"framework='torch'."
        )
    if device == "cpu" and has_gpu:
        raise ValueError(
            "device is 'cpu', but TensorFlow computes on the GPU that it sees. Set "
            "CUDA_VISIBLE_DEVICES='' before Python starts, or framework='torch'."
        )
    if precision == "float16" and not has_gpu:
        raise ValueError(
            "precision='float16' needs a CUDA GPU, and TensorFlow sees none; pass 'bfloat16' or "
            "'float32', or set framework='torch' if PyTorch sees one."
        )


def training_precision(precision):
    """Find the precision to train in.

    Parameters
    ----------
    precision : {"auto", "float32", "bfloat16", "float16"}
        "auto" is bfloat16 where the hardware computes in it, else float32.

    Returns
    -------
    {"float32", "bfloat16", "float16"}
    """
    if precision != "auto":
        return precision
    return "bfloat16" if _has_bfloat16() else "float32"


@contextmanager
def computing_in(backbone, policy):
    """Let the layers of a backbone compute in a policy, for what is traced inside.

    Parameters
    ----------
    backbone : keras.Model
        The backbone; its weights stay in float32.
    policy : str
        Policy of Keras.

    Yields
    ------
    None
    """
    layers = backbone._flatten_layers()
    before = [(layer, layer.dtype_policy) for layer in layers]
    for layer, _ in before:
        layer.dtype_policy = policy
    try:
        yield
    finally:
        for layer, own in before:
            layer.dtype_policy = own


def _gpus():
    import tensorflow as tf

    return tf.config.list_physical_devices("GPU")


def _has_bfloat16():
    import tensorflow as tf

    gpus = _gpus()
    if gpus:
        details = tf.config.experimental.get_device_details(gpus[0])
        return details.get("compute_capability", (0, 0)) >= (8, 0)
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:  # not on Linux
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
