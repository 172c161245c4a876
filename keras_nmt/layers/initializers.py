"""How the weights of the recurrent systems start."""

import keras


def uniform(size, weights=("kernel", "bias")):
    """Arguments of a layer that start its weights as `U(-1/sqrt(size), 1/sqrt(size))`.

    The start of the writeup's framework for recurrent and linear layers. A wide
    vocabulary makes Keras's own (Glorot & Bengio 2010) start the projection at half
    of this: the free-running systems then learn later (benchmarks/LOG.md).

    Args:
        size: what a unit sees: the inputs of a linear layer, the hidden size of a
            recurrent one.
        weights: which weights, as Keras's arguments begin.
    """
    limit = size**-0.5
    return {
        f"{name}_initializer": keras.initializers.RandomUniform(-limit, limit)
        for name in weights
    }
