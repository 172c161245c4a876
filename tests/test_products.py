"""Products by the library that is fast here, and by the other one: NumPy's, both."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_nmt import kernels
from keras_nmt.kernels import products
from tests.checks import to_numpy

GENERATOR = np.random.default_rng(0)
SIZES = [(5, 3, 7), (6, 40, 2), (384, 33, 257)]
"""N, K, M: the kernel's gradient is computed one way round or the other."""


LIBRARIES = ["oneDNN", "MKL"] if kernels.BACKEND == "torch" else ["its own"]


@pytest.fixture(params=LIBRARIES)
def library(request, monkeypatch):
    """On torch either of its two, whichever this processor is faster with."""
    chosen = request.param == "oneDNN"
    monkeypatch.setattr(products, "_onednn_is_faster", lambda: chosen)


def random(*shape):
    return GENERATOR.standard_normal(shape, "float32")


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("sizes", SIZES)
def test_a_product_is_numpys_whatever_the_strides(sizes):
    n, k, m = sizes
    x, y = random(n, k), random(k, m)
    for left in (ops.convert_to_tensor(x), ops.transpose(ops.convert_to_tensor(x.T))):
        for right in (
            ops.convert_to_tensor(y),
            ops.transpose(ops.convert_to_tensor(y.T)),
        ):
            found = ops.convert_to_numpy(kernels.matmul(left, right))
            np.testing.assert_allclose(found, x @ y, rtol=1e-5, atol=1e-5)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("activation", [None, "relu"])
def test_a_step_of_descent_is_numpys(sizes, activation):
    """By kernel, bias and, as there are weights below, by x."""
    n, k, m = sizes
    x, target = random(n, k), random(n, m)
    model = Regression(k, m, activation, target)
    scales, kernel, bias = (
        to_numpy(weight.value) for weight in model.trainable_weights
    )
    model.compile(keras.optimizers.SGD(1.0), jit_compile=kernels.JIT_COMPILE)
    model.train_on_batch(x)
    rows = x * scales
    y = rows @ kernel + bias
    above = np.maximum(y, 0) - target if activation else y - target
    above = above * (y > 0) if activation else above
    expected = [
        scales - (x * (above @ kernel.T)).sum(0),
        kernel - rows.T @ above,
        bias - above.sum(0),
    ]
    for weight, wanted in zip(model.trainable_weights, expected, strict=True):
        np.testing.assert_allclose(to_numpy(weight.value), wanted, rtol=1e-4, atol=1e-3)


class Regression(keras.Model):
    """`|dense(x * scales) - target|^2 / 2`."""

    def __init__(self, k, m, activation, target):
        super().__init__()
        self.scales = self.add_weight(shape=(k,), initializer="random_normal")
        self.layer = keras.layers.Dense(m, activation, bias_initializer="random_normal")
        self.layer.build((None, k))
        self.target = ops.convert_to_tensor(target)

    def call(self, x):
        return kernels.dense(self.layer, x * self.scales)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        return ops.sum((y_pred - self.target) ** 2) / 2
