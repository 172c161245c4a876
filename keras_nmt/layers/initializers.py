"""The initial weights of the recurrent systems."""

import keras


def uniform(size, weights=("kernel", "bias")):
    """Initializers, as a layer's arguments, for `U(-1/sqrt(size), 1/sqrt(size))`.

    PyTorch's default for recurrent and linear layers, and so the writeup's. Keras's
    default (Glorot & Bengio 2010) is half as wide for a projection to a large
    vocabulary, and the free-running systems then learn later (benchmarks/LOG.md).

    Args:
        size: the inputs of a linear layer, or the hidden size of a recurrent one.
        weights: which weights; names as in Keras's `<name>_initializer`.
    """
    limit = size**-0.5
    return {
        f"{name}_initializer": keras.initializers.RandomUniform(-limit, limit)
        for name in weights
    }
