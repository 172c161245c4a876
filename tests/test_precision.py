"""Products in bfloat16: only inside the context, and only as wrong as that type is."""

import keras
import numpy as np
import pytest

from keras_nmt import kernels

ROUNDING = 2**-8
"""Most that bfloat16 moves a number, as a share of it."""

X, KERNEL = np.random.default_rng(0).normal(size=(2, 256, 256)).astype("float32")


class Product(keras.Model):
    """`x KERNEL`, by Keras's layer or as this library multiplies."""

    def __init__(self, ours):
        super().__init__()
        self.ours = ours
        self.layer = keras.layers.Dense(256)
        self.layer.build((None, 256))
        self.layer.kernel.assign(KERNEL)

    def call(self, x):
        return kernels.dense(self.layer, x) if self.ours else self.layer(x)


def product(ours=False):
    """`X KERNEL` as a compiled step of `fit` would compute it."""
    model = Product(ours)
    model.compile(jit_compile=kernels.JIT_COMPILE)
    return model.predict(X, verbose=0)


@pytest.mark.parametrize("ours", [False, True])
@pytest.mark.parametrize("precision", kernels.PRECISIONS)
def test_a_product_is_as_exact_as_its_precision(precision, ours):
    exact = X.astype("float64") @ KERNEL.astype("float64")
    scale = np.abs(X) @ np.abs(KERNEL)
    with kernels.products_in(precision):
        found = product(ours)
    assert found.dtype == "float32"
    bound = 1e-6 if precision == "float32" else 2 * ROUNDING
    assert np.max(np.abs(found - exact) / scale) < bound


def test_products_are_exact_again_afterwards():
    before = product()
    with pytest.raises(ZeroDivisionError), kernels.products_in("bfloat16"):
        1 / 0  # noqa: B018
    np.testing.assert_array_equal(product(), before)
