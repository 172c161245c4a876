"""The precision of matrix products: full float32, or bfloat16 on request.

By default GPUs multiply float32 matrices in TF32, with 10 bits of mantissa: JAX and
TensorFlow in all products, torch in cuDNN's recurrent layers. With it the backends
would learn and translate differently. Commands forbid TF32 for the whole process
(`settings.overrule_settings`). For library users it is forbidden while a model of this
library computes, and the user's setting is restored afterwards. CPUs have no TF32.
"""

import contextlib

from keras_nmt.kernels.chosen import BACKEND
from keras_nmt.kernels.while_needed import WhileNeeded

PRECISIONS = ("float32", "bfloat16")


@contextlib.contextmanager
def products_in(precision):
    """Inside this context matrices are multiplied in this precision.

    With "bfloat16" a product rounds its factors to 8 bits of mantissa and sums in
    float32 (Kalamkar et al. 2019). Devices that are faster at it do so: CPUs with AMX
    or AVX512-BF16 on TensorFlow and torch, GPUs on torch and JAX. All others multiply
    in float32. TensorFlow rewrites its graph and may also compute simple steps between
    two products in bfloat16. Weights and the optimizer stay in float32, so the loss
    needs no scaling and checkpoints do not change.

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
    before = tf.config.optimizer.get_experimental_options().get(option, False)
    tf.config.optimizer.set_experimental_options({option: True})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({option: before})


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
    """A context in which float32 products have all bits of float32.

    TensorFlow and torch have one setting for the process, so other threads compute
    without TF32 at that time, too. JAX has one for each thread; a precision that the
    user set there is not changed.
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
    """Forbids TF32 in this process, unless the user set a precision of JAX."""
    if BACKEND != "jax":
        _set_tf32(False)
        return
    import jax

    if jax.config.jax_default_matmul_precision is None:
        jax.config.update("jax_default_matmul_precision", "highest")
