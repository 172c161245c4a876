"""The gradient of a function of arrays, on any of the three backends.

Keras has no such function: it differentiates inside `fit` alone.
"""

import contextlib

import keras
import numpy as np
from keras import ops


def gradient(function, x):
    """The derivative of a scalar function, with the shape and dtype of x.

    Args:
        function: `tensor -> scalar tensor`, of `keras.ops` alone.
        x: NumPy array of float32 or float64.

    Example:
    >>> gradient(lambda x: ops.sum(x * x), np.array([1.0, 2.0]))
    array([2., 4.])
    """
    with _float64(x.dtype == np.float64):
        return _gradient(function, x)


def _gradient(function, x):
    backend = keras.config.backend()
    if backend == "jax":
        import jax

        return np.asarray(jax.grad(function)(jax.numpy.asarray(x)))
    tensor = ops.convert_to_tensor(x, dtype=str(x.dtype))
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(tensor)
            value = function(tensor)
        return tape.gradient(value, tensor).numpy()
    import torch

    tensor = tensor.detach().requires_grad_()
    (found,) = torch.autograd.grad(function(tensor), tensor)
    return found.cpu().numpy()


@contextlib.contextmanager
def _float64(wanted):
    """JAX computes in float32 unless it is asked."""
    if not wanted or keras.config.backend() != "jax":
        yield
        return
    import jax

    with jax.enable_x64(True):
        yield
