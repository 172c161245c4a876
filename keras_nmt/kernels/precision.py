"""How exactly matrices are multiplied: float32 as it says, or bfloat16 where asked for.

A GPU multiplies float32 in TF32, with 10 bits of mantissa, unless it is told not to:
JAX and TensorFlow do so everywhere, torch in cuDNN's recurrent layers. Translations
and curves of the backends would part there. Programs ask for all bits once and for all
(`settings.overrule_settings`); for a library user they are asked for while something of
ours computes, and then it is as the user had it. Processors know no TF32.
"""

import contextlib

from keras_nmt.kernels.chosen import BACKEND
from keras_nmt.kernels.while_needed import WhileNeeded

PRECISIONS = ("float32", "bfloat16")


@contextlib.contextmanager
def products_in(precision):
    """What is compiled and computed inside multiplies matrices in this precision.

    In "bfloat16" a product rounds its factors to 8 bits of mantissa (Kalamkar et al.
    2019) and sums in float32, where the device is faster at that: processors with
    AMX or AVX512-BF16 on TensorFlow and torch, GPUs on torch and JAX. Elsewhere it is
    as in float32. TensorFlow rewrites its graph and may leave simple steps between
    two products in bfloat16, too. Weights and optimizer stay float32, so that no loss
    has to be scaled and a checkpoint is the same.

    Args:
        precision: one of `PRECISIONS`.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(all_bits())
        if precision == "bfloat16":
            stack.enter_context(_IN_BFLOAT16[BACKEND]())
        yield


@contextlib.contextmanager
def _on_tensorflow():
    import tensorflow as tf

    option = "auto_mixed_precision_onednn_bfloat16"
    tf.config.optimizer.set_experimental_options({option: True})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({option: False})


@contextlib.contextmanager
def _on_torch():
    import torch

    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def _on_jax():
    import jax

    return jax.default_matmul_precision("bfloat16")


_IN_BFLOAT16 = {"tensorflow": _on_tensorflow, "torch": _on_torch, "jax": _on_jax}


# === No TF32 ===


def all_bits():
    """A context in which what is computed in float32 has all its bits.

    The setting of TensorFlow and torch belongs to the process: other threads compute
    without TF32 meanwhile, too. JAX has one for each thread, and a precision that JAX
    was told by its user stays.
    """
    if BACKEND != "jax":
        return _NO_TF32
    import jax

    if jax.config.jax_default_matmul_precision is not None:
        return contextlib.nullcontext()
    return jax.default_matmul_precision("highest")


def _has_tf32():
    if BACKEND == "tensorflow":
        import tensorflow as tf

        return tf.config.experimental.tensor_float_32_execution_enabled()
    import torch

    return torch.backends.cudnn.allow_tf32


def _set_tf32(allowed):
    if BACKEND == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_tensor_float_32_execution(allowed)
    else:
        import torch

        torch.backends.cudnn.allow_tf32 = allowed


_NO_TF32 = WhileNeeded(_has_tf32, _set_tf32, False)


def forbid_tf32():
    """For programs: all bits from now on, unless JAX was told a precision before."""
    if BACKEND != "jax":
        _set_tf32(False)
        return
    import jax

    if jax.config.jax_default_matmul_precision is None:
        jax.config.update("jax_default_matmul_precision", "highest")
