"""The gradient of an LSTM's step on torch, which is written out."""

import numpy as np
import pytest

from keras_nmt import kernels
from keras_nmt.kernels import products
from keras_nmt.kernels.lstm import lstm_gates, lstm_step
from tests.checks import random

pytestmark = pytest.mark.skipif(
    kernels.BACKEND != "torch",
    reason="the written-out gradient is torch's; JAX and TensorFlow derive theirs",
)
B, E, D = 3, 4, 5
SHAPES = (B, E), (B, D), (B, D), (E, 4 * D), (D, 4 * D), (4 * D,)
"""x, both states, both kernels, the bias."""


def arguments(dtype):
    import torch

    arrays = [random(seed, *shape).astype(dtype) for seed, shape in enumerate(SHAPES)]
    return [torch.tensor(array, requires_grad=True) for array in arrays]


def test_each_gradient_is_that_of_central_differences():
    import torch

    assert torch.autograd.gradcheck(lstm_step(), arguments("float64"))


def test_so_is_that_of_the_gates_alone():
    import torch

    z = torch.tensor(random(0, B, 4 * D).astype("float64"), requires_grad=True)
    cell = torch.tensor(random(1, B, D).astype("float64"), requires_grad=True)
    assert torch.autograd.gradcheck(lstm_gates(), (z, cell))


@pytest.mark.parametrize("by_onednn", [True, False])
def test_float32_is_close_to_float64_by_either_library(by_onednn, monkeypatch):
    monkeypatch.setattr(products, "_onednn_is_faster", lambda: by_onednn)
    found, expected = (values_and_gradients(dtype) for dtype in ("float32", "float64"))
    for x, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(x, wanted, rtol=1e-5, atol=1e-6)


def values_and_gradients(dtype):
    """Two steps, so that the second reads what the first gives."""
    x, hidden, cell, *weights = given = arguments(dtype)
    for _ in range(2):
        hidden, cell = lstm_step()(x, hidden, cell, *weights)
    (hidden.sin().sum() + cell.cos().sum()).backward()
    tensors = [hidden, cell, *(tensor.grad for tensor in given)]
    return [tensor.detach().numpy() for tensor in tensors]
