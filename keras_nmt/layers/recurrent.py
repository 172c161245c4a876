"""Recurrent encoders, and one step of a recurrent decoder."""

import keras
from keras import ops

from keras_nmt import kernels
from keras_nmt.layers.dropout import Dropout
from keras_nmt.layers.initializers import uniform

LAYERS = {
    "rnn": (keras.layers.SimpleRNN, keras.layers.SimpleRNNCell),
    "lstm": (keras.layers.LSTM, keras.layers.LSTMCell),
    "gru": (keras.layers.GRU, keras.layers.GRUCell),
}
"""Kinds of recurrence: Elman 1990; Hochreiter & Schmidhuber 1997; Cho et al. 2014."""


def recurrent_start(kind, hidden_dim):
    """The initializers of a recurrent layer or cell, as arguments."""
    options = uniform(hidden_dim, ("kernel", "recurrent", "bias"))
    return {**options, "unit_forget_bias": False} if kind == "lstm" else options


def _recurrence(kind, hidden_dim, **options):
    """A Keras layer that returns its outputs at all positions and its last states."""
    layer, _ = LAYERS[kind]
    options |= recurrent_start(kind, hidden_dim)
    return layer(hidden_dim, return_sequences=True, return_state=True, **options)


@keras.saving.register_keras_serializable("keras_nmt")
class RecurrentEncoder(keras.layers.Layer):
    """One recurrent layer over the source.

    Args:
        kind: "rnn", "lstm" or "gru".
        hidden_dim: D, size of the outputs and of each state.

    Call arguments:
        embedded: float (B, S, E).
        mask: bool (B, S), True at real tokens; None if all are.

    Returns:
        memory, float (B, S, D), and the last states of each layer: a list with one
        list, `[hidden]` or for an LSTM `[hidden, cell]`, each float (B, D).
    """

    def __init__(self, kind, hidden_dim, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.kind = kind
        self.hidden_dim = hidden_dim
        self.make_layers()

    def make_layers(self):
        """Called by the constructor; a subclass overrides it for other layers."""
        self.layer = _recurrence(self.kind, self.hidden_dim, name="layer")

    def build(self, input_shape):
        self.layer.build(input_shape)

    def call(self, embedded, mask=None, training=False):
        memory, *states = kernels.recurrent_layer(self.layer, embedded, mask, training)
        return memory, [states]

    def get_config(self):
        config = {"kind": self.kind, "hidden_dim": self.hidden_dim}
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable("keras_nmt")
class BidirectionalEncoder(RecurrentEncoder):
    """Two recurrent layers of half the size, one from each end of the source.

    Schuster & Paliwal 1997. Outputs and states of both are concatenated, so that this
    encoder can replace a `RecurrentEncoder` of the same `hidden_dim`.
    """

    def make_layers(self):
        kind, half = self.kind, self.hidden_dim // 2
        self.layer = _recurrence(kind, half, name="forward")
        self.backward_layer = _recurrence(
            kind, half, go_backwards=True, name="backward"
        )

    def build(self, input_shape):
        self.layer.build(input_shape)
        self.backward_layer.build(input_shape)

    def call(self, embedded, mask=None, training=False):
        (forward, *forward_states), (backward, *backward_states) = (
            kernels.recurrent_layer(layer, embedded, mask, training)
            for layer in (self.layer, self.backward_layer)
        )
        memory = ops.concatenate([forward, ops.flip(backward, axis=1)], axis=-1)
        states = [
            ops.concatenate(pair, axis=-1)
            for pair in zip(forward_states, backward_states, strict=True)
        ]
        return memory, [states]


@keras.saving.register_keras_serializable("keras_nmt")
class StackedEncoder(keras.layers.Layer):
    """Encoders on top of one another, with dropout between them.

    It returns the last states of all, the lowest first (Sutskever et al. 2014).
    """

    def __init__(self, encoders, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.encoders = [
            keras.saving.deserialize_keras_object(encoder)
            if isinstance(encoder, dict)
            else encoder
            for encoder in encoders
        ]
        self.dropout = Dropout(dropout)

    @property
    def hidden_dim(self):
        return self.encoders[-1].hidden_dim

    def build(self, input_shape):
        for encoder in self.encoders:
            if not encoder.built:  # it is if it was deserialized
                encoder.build(input_shape)
            input_shape = (*input_shape[:-1], encoder.hidden_dim)

    def call(self, embedded, mask=None, training=False):
        states = []
        for depth, encoder in enumerate(self.encoders):
            if depth:
                embedded = self.dropout(embedded, training=training)
            embedded, last = encoder(embedded, mask=mask, training=training)
            states += last
        return embedded, states

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "encoders": [serialize(encoder) for encoder in self.encoders],
            "dropout": self.dropout.rate,
        }


@keras.saving.register_keras_serializable("keras_nmt")
class RecurrentDecoder(keras.layers.Layer):
    """One target position of a recurrent decoder.

    Without attention, `states = cell(embedded, states)`. With attention, the previous
    hidden state is the query, and the context is joined to the embedded token:

        context = attention(hidden, memory)
        states  = cell(W [embedded; context] + b, states)

    Args:
        kind: "rnn", "lstm" or "gru".
        embedding_dim: E.
        hidden_dim: D, the same as the encoder's.
        num_layers: cells on top of one another.
        dropout: on the embedded token and between cells.
        attention: an `Attention` layer, or None.

    Call arguments:
        embedded: float (R, E), the tokens read at this position; R = B * W, the W
            hypotheses of one sentence side by side.
        states: one list a cell, as an encoder returns them, each float (R, D).
        encoded: dict with `memory: float (B, S, D)`; with attention also its `keys`,
            (B, S, ...), and `source_mask: bool (B, S)` or None.

    Returns:
        hidden, float (R, D), the new states, and the attention weights, (R, S) or None.
    """

    def __init__(
        self,
        kind,
        embedding_dim,
        hidden_dim,
        num_layers=1,
        dropout=0.0,
        attention=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if isinstance(attention, dict):
            attention = keras.saving.deserialize_keras_object(attention)
        self.kind = kind
        self.embedding_dim = embedding_dim
        self.hidden_dim = hidden_dim
        self.dropout = Dropout(dropout)
        self.attention = attention
        if attention is not None:
            self.join = keras.layers.Dense(
                embedding_dim, name="join", **uniform(embedding_dim + hidden_dim)
            )
        self.cells = [
            LAYERS[kind][1](
                hidden_dim, name=f"cell_{depth}", **recurrent_start(kind, hidden_dim)
            )
            for depth in range(num_layers)
        ]

    def build(self):
        embedding_dim, hidden_dim = self.embedding_dim, self.hidden_dim
        if self.attention is not None:
            memory_shape = (None, None, hidden_dim)
            if not self.attention.built:  # it is if it was deserialized
                self.attention.build(memory_shape, memory_shape)
            self.join.build((None, embedding_dim + hidden_dim))
        for depth, cell in enumerate(self.cells):
            cell.build((None, hidden_dim if depth else embedding_dim))
        self.built = True

    def call(self, embedded, states, encoded, training=False):
        x = self.dropout(embedded, training=training)
        weights = None
        if self.attention is not None:
            context, weights = self._attend(states[-1][0], encoded)
            x = kernels.dense(self.join, ops.concatenate([x, context], axis=-1))
        new_states = []
        for depth, (cell, state) in enumerate(zip(self.cells, states, strict=True)):
            if depth:
                x = self.dropout(x, training=training)
            x, state = kernels.recurrent_cell(cell, x, state)
            new_states.append(state)
        return x, new_states, weights

    def _attend(self, hidden, encoded):
        """Attention of R = B * W hypotheses to the B memories."""
        memory = encoded["memory"]
        query = ops.reshape(hidden, (ops.shape(memory)[0], -1, self.hidden_dim))
        keys, mask = encoded["keys"], encoded["source_mask"]
        context, weights = self.attention(query, memory, keys, mask)
        context = ops.reshape(context, (-1, self.hidden_dim))
        return context, ops.reshape(weights, (-1, ops.shape(memory)[1]))

    def get_config(self):
        return {
            **super().get_config(),
            "kind": self.kind,
            "embedding_dim": self.embedding_dim,
            "hidden_dim": self.hidden_dim,
            "num_layers": len(self.cells),
            "dropout": self.dropout.rate,
            "attention": keras.saving.serialize_keras_object(self.attention),
        }
