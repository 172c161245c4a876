"""The backend that Keras uses, and its device."""

import os

import keras

BACKEND = keras.backend.backend()

JIT_COMPILE = BACKEND == "jax"
"""Whether models are compiled with XLA. On a CPU TensorFlow is faster without it; see
benchmarks/LOG.md."""


def compiled_size(count):
    """The rows to which a batch of `count` rows is filled up.

    JAX compiles once for every size, so few sizes are used there: powers of two.
    """
    return 1 << (count - 1).bit_length() if BACKEND == "jax" else count


def device():
    """The name of the device that computes.

    It begins with "cpu", or is a GPU's name, "NVIDIA ...", or "mps" or "xpu" on torch.
    """
    if BACKEND == "torch":
        import torch

        chosen = os.environ.get("KERAS_TORCH_DEVICE", _of_torch(torch))
        is_gpu = chosen.startswith("cuda")
        return torch.cuda.get_device_name(chosen) if is_gpu else chosen
    first = keras.distribution.list_devices()[0]
    if first.startswith("cpu"):
        return first
    if BACKEND == "jax":
        import jax

        return jax.devices()[0].device_kind
    import tensorflow as tf

    found = tf.config.list_physical_devices("GPU")[0]
    return tf.config.experimental.get_device_details(found)["device_name"]


def _of_torch(torch):
    """The device that Keras takes on torch, in its order."""
    for name in ("mps", "cuda", "xpu"):
        module = getattr(torch.backends if name == "mps" else torch, name, None)
        if module is not None and module.is_available():
            return name
    return "cpu"


def peak_device_memory():
    """The most bytes of a GPU's memory that were in use; None if that is not known."""
    if device().startswith("cpu"):
        return None
    if BACKEND == "torch":
        import torch

        return torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None
    if BACKEND == "jax":
        import jax

        return (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use")
    import tensorflow as tf

    return tf.config.experimental.get_memory_info("GPU:0")["peak"]
