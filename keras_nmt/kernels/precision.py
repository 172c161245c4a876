"""How exactly matrices are multiplied: float32 as it says, or bfloat16 where asked for.

A GPU multiplies float32 in TF32, with 10 bits of mantissa, unless it is told not to:
JAX and TensorFlow do so everywhere, torch in cuDNN's recurrent layers. Translations
and curves of the backends would part there. So this module, once imported, asks for
all bits; a precision that JAX has been told by its user stays.
"""

import contextlib

from keras_nmt.kernels.chosen import BACKEND

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


def _all_bits():
    """No TF32 in what is computed in float32; processors know none."""
    if BACKEND == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_tensor_float_32_execution(False)
    elif BACKEND == "torch":
        import torch

        torch.backends.cudnn.allow_tf32 = False
    else:
        import jax

        if jax.config.jax_default_matmul_precision is None:
            jax.config.update("jax_default_matmul_precision", "highest")


_all_bits()
