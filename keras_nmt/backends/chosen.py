"""Which backend Keras has chosen, and what follows from it."""

import keras

BACKEND = keras.backend.backend()

JIT_COMPILE = BACKEND == "jax"
"""XLA pays on JAX; on TensorFlow's CPU its own kernels are faster (see the log)."""


def compiled_size(count):
    """The rows to fill a batch of `count` up to.

    XLA compiles anew for every size, so that on JAX few sizes are used.
    """
    return 1 << (count - 1).bit_length() if BACKEND == "jax" else count


def device():
    """What the backend computes on, in words: "CPU:0", "GPU:0 NVIDIA ..."."""
    if BACKEND == "torch":
        import torch

        return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    return keras.distribution.list_devices()[0]
