"""A recurrent encoder with layer normalisation."""

import keras

from keras_nmt.layers.transformer_block import layer_norm


@keras.saving.register_keras_serializable("keras_nmt")
class NormalisedEncoder(keras.layers.Layer):
    """`LayerNorm(encoder(x))` at every position; the states stay as they are.

    Ba et al. 2016, "Layer Normalization", normalise within the cell, at every step and
    for each gate. Here only what leaves the layer is normalised, for all positions at
    once, which costs next to nothing on any backend. Dropout comes after it: before
    it, normalisation would undo the scale that dropout keeps.

    Args:
        encoder: `RecurrentEncoder` or `BidirectionalEncoder`.

    Arguments and results of a call are those of the encoder.
    """

    def __init__(self, encoder, **kwargs):
        super().__init__(**kwargs)
        if isinstance(encoder, dict):
            encoder = keras.saving.deserialize_keras_object(encoder)
        self.supports_masking = True
        self.encoder = encoder
        self.norm = layer_norm("norm")

    @property
    def hidden_dim(self):
        return self.encoder.hidden_dim

    def build(self, input_shape):
        if not self.encoder.built:  # it is if it was deserialized
            self.encoder.build(input_shape)
        self.norm.build((*input_shape[:-1], self.hidden_dim))

    def call(self, embedded, mask=None, training=False):
        memory, states = self.encoder(embedded, mask=mask, training=training)
        return self.norm(memory), states

    def get_config(self):
        encoder = keras.saving.serialize_keras_object(self.encoder)
        return {**super().get_config(), "encoder": encoder}
