"""Builds and runs models in tests with as little compilation as possible.

JAX compiles each operation of each shape on its own unless a whole function is
compiled at once. For a tiny model that takes far longer than what it computes.
"""

import functools

import numpy as np
from keras import ops, tree

from keras_nmt import kernels


def to_numpy(structure):
    """The same structure with NumPy arrays in place of tensors and variables."""
    return tree.map_structure(
        lambda x: None if x is None else ops.convert_to_numpy(x), structure
    )


def fill(layer, seed=0):
    """Sets all weights, in the order of their paths, to numbers from `seed`."""
    generator = np.random.default_rng(seed)
    for weight in sorted(layer.weights, key=lambda weight: weight.path):
        weight.assign(0.5 * generator.standard_normal(weight.shape, "float32"))
    return layer


def built(model, seed=0):
    """Builds a model and fills it; JAX draws no random weights that `fill` replaces."""
    kernels.build_to_load(model)
    return fill(model, seed)


def computed(model, inputs, method="__call__"):
    """`model.method(inputs)` as NumPy arrays; on JAX it is one compiled program.

    For inputs whose shape no other test has: operations of the usual shapes have been
    compiled, one by one, for an earlier model.
    """
    if kernels.BACKEND != "jax":
        return to_numpy(getattr(model, method)(inputs))
    return to_numpy(_compiled(model, method)(inputs))


@functools.lru_cache(64)
def _compiled(model, method):
    return kernels.compiled(getattr(model, method), model)
