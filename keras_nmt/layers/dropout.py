"""Dropout that is fast on every backend."""

import keras

from keras_nmt import kernels


@keras.saving.register_keras_serializable("keras_nmt")
class Dropout(keras.layers.Dropout):
    """`keras.layers.Dropout` (Srivastava et al. 2014), without a noise shape or seed.

    JAX and torch draw its random numbers faster than those of Keras's layer, and they
    are other numbers.
    """

    def call(self, inputs, training=False):
        if kernels.BACKEND == "tensorflow" or not training or self.rate == 0:
            return super().call(inputs, training=training)
        return kernels.dropped_out(inputs, self.rate, self.seed_generator)
