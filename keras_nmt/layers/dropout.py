"""Dropout that costs little on every backend."""

import keras

from keras_nmt import backends


@keras.saving.register_keras_serializable("keras_nmt")
class Dropout(keras.layers.Dropout):
    """`keras.layers.Dropout` (Srivastava et al. 2014), without a noise shape or seed.

    Its random numbers are those of the backend's own generator, drawn faster.
    """

    def call(self, inputs, training=False):
        if backends.BACKEND == "tensorflow" or not training or self.rate == 0:
            return super().call(inputs, training=training)
        return backends.dropped_out(inputs, self.rate, self.seed_generator)
