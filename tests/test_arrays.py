"""Array operations with a path of their own on a backend: the same as NumPy's."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_nmt import kernels

GENERATOR = np.random.default_rng(0)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 512, 5894])
@pytest.mark.parametrize("leading", [(64,), (3, 4)])
def test_argmax_is_the_first_of_the_highest(size, leading):
    """Few different values, so that most rows have several highest ones."""
    x = GENERATOR.integers(-9, 9, (*leading, size)).astype("float32")
    found = kernels.argmax(ops.convert_to_tensor(x))
    assert keras.backend.standardize_dtype(found.dtype) == "int32"
    np.testing.assert_array_equal(ops.convert_to_numpy(found), x.argmax(axis=-1))


@pytest.mark.parametrize("activation", ["relu", "tanh", None])
def test_dense_is_what_the_layer_does(activation):
    layer = keras.layers.Dense(7, activation, bias_initializer="random_normal")
    layer.build((None, None, 5))
    x = ops.convert_to_tensor(GENERATOR.standard_normal((2, 3, 5), "float32"))
    expected = ops.convert_to_numpy(layer(x))
    found = ops.convert_to_numpy(kernels.dense(layer, x))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("equation", "shape", "bias_axes", "x_shape"),
    [
        ("abc,cde->abde", (None, 2, 4), "de", (3, 5, 6)),
        ("abcd,cde->abe", (None, 7), "e", (3, 5, 2, 4)),
    ],
)
def test_dense_of_heads_is_what_the_layer_does(equation, shape, bias_axes, x_shape):
    """To heads and back, as attention does it."""
    layer = keras.layers.EinsumDense(
        equation, shape, bias_axes=bias_axes, bias_initializer="random_normal"
    )
    layer.build(x_shape)
    x = ops.convert_to_tensor(GENERATOR.standard_normal(x_shape, "float32"))
    found, expected = kernels.dense(layer, x), layer(x)
    assert found.shape == expected.shape
    np.testing.assert_allclose(
        *map(ops.convert_to_numpy, (found, expected)), rtol=1e-5, atol=1e-6
    )


def test_layers_of_one_input_are_computed_together():
    layers = [
        keras.layers.EinsumDense(
            "abc,cde->abde", (None, 2, 4), bias_axes="de", bias_initializer=start
        )
        for start in ("zeros", "random_normal", "ones")
    ]
    x = ops.convert_to_tensor(GENERATOR.standard_normal((3, 5, 6), "float32"))
    expected = ops.concatenate([layer(x) for layer in layers], axis=2)
    found = kernels.dense_together(layers, x)
    assert found.shape == (3, 5, 6, 4)
    np.testing.assert_allclose(
        *map(ops.convert_to_numpy, (found, expected)), rtol=1e-5, atol=1e-6
    )


def test_amounts_are_added_at_their_columns():
    x = GENERATOR.standard_normal((4, 9), "float32")
    columns, amounts = np.int32([8, 0, 3, 3]), np.float32([1, -2, 0.5, 4])
    expected = x.copy()
    expected[np.arange(4), columns] += amounts
    found = kernels.added_at(*map(ops.convert_to_tensor, (x, columns, amounts)))
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, rtol=1e-6)
