"""Products of two matrices with the library that is faster on this CPU."""

import functools
import platform
from pathlib import Path

from keras import ops

from keras_nmt.kernels.chosen import BACKEND


def matmul(x, y):
    """`x y` of two matrices, float (N, K) and (K, M), with gradients.

    torch multiplies with MKL, whose fast kernels run on Intel CPUs only. On other CPUs
    oneDNN, which torch also contains, is up to 2.4 times as fast (benchmarks/LOG.md).
    """
    return _by_onednn()(x, y, None, False) if mkl_is_slow(x) else ops.matmul(x, y)


def linear(x, kernel, bias, relu=False):
    """`x kernel + bias` on torch; the product itself adds the bias.

    Args:
        x: float (..., K).
        kernel: float (K, M).
        bias: float (M,).
        relu: whether to apply ReLU.
    """
    if mkl_is_slow(x):
        rows = _by_onednn()(x.flatten(0, -2), kernel, bias, relu)
        return rows.unflatten(0, x.shape[:-1])
    import torch

    # ReLU may be in place, since its gradient needs only its result. It is applied to
    # the rows, because torch copies the gradient of a view that is changed in place.
    rows = torch.nn.functional.linear(x.flatten(0, -2), kernel.T, bias)
    return (rows.relu_() if relu else rows).unflatten(0, x.shape[:-1])


def mkl_is_slow(x):
    """Whether `matmul` multiplies `x` with oneDNN."""
    if BACKEND != "torch" or not _onednn_is_faster():
        return False
    import torch

    return x.device.type == "cpu" and x.dtype == torch.float32


@functools.cache
def _onednn_is_faster():
    import torch

    return (
        torch.backends.mkl.is_available()
        and torch.backends.mkldnn.is_available()
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
        and "GenuineIntel" not in _processor()
    )


def _processor():
    """A description of the CPU that contains the name of its maker."""
    path = Path("/proc/cpuinfo")
    if path.exists():
        return path.read_text(encoding="utf-8", errors="replace")
    return platform.processor()


def product(x, kernel, bias=None):
    """`x kernel + bias` on torch, for functions that compute their own gradient.

    Args:
        x: float (N, K).
        kernel: float (K, M).
        bias: float (M,), or None.
    """
    if mkl_is_slow(x):
        return _of_transposed(x, kernel.T, bias)
    import torch

    return torch.nn.functional.linear(x, kernel.T, bias)


def kernel_gradient(x, upstream):
    """`x' upstream` on torch: the gradient of a product's kernel, float (K, M).

    Args:
        x: float (N, K).
        upstream: float (N, M), the gradient of the product.
    """
    if not mkl_is_slow(x):
        return x.T @ upstream
    # oneDNN copies a transposed left factor: make it the smaller one.
    if x.shape[1] > upstream.shape[1]:
        return _of_transposed(upstream.T, x.T).T
    return _of_transposed(x.T, upstream.T)


def _of_transposed(x, transposed, bias=None, after="none"):
    """`x transposed' + bias` with oneDNN, and then `after`: "relu" or "none"."""
    import torch

    # torch has no public way to oneDNN for float32 (tests/test_upstream.py).
    return torch.ops.mkldnn._linear_pointwise(x, transposed, bias, after, [], "")


@functools.cache
def _by_onednn():
    """A function `(x, kernel, bias or None, relu)` with gradients; oneDNN has none."""
    import torch

    class Product(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, kernel, bias, relu):
            y = _of_transposed(x, kernel.T, bias, "relu" if relu else "none")
            ctx.save_for_backward(x, kernel, y if relu else None)
            return y

        @staticmethod
        def backward(ctx, upstream):
            x, kernel, y = ctx.saved_tensors
            if y is not None:
                upstream = torch.ops.aten.threshold_backward(upstream, y, 0)
            needs_x, needs_kernel, needs_bias, _ = ctx.needs_input_grad
            return (
                _of_transposed(upstream, kernel) if needs_x else None,
                kernel_gradient(x, upstream) if needs_kernel else None,
                upstream.sum(0) if needs_bias else None,
                None,
            )

    return Product.apply
