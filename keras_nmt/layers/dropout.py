"""Dropout that costs little on every backend."""

import keras

from keras_nmt import backends


@keras.saving.register_keras_serializable("keras_nmt")
class Dropout(keras.layers.Dropout):
    """`keras.layers.Dropout` (Srivastava et al. 2014), without a noise shape or seed.

    On torch its chances come from torch's own generator, as Keras's do there, but
    four at a time.
    """

    def call(self, inputs, training=False):
        if backends.BACKEND == "torch" and training and self.rate > 0:
            return backends.dropped_out(inputs, self.rate)
        return super().call(inputs, training=training)
