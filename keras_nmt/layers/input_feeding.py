"""A recurrent decoder that reads its own last attentional vector."""

import keras
from keras import ops

from keras_nmt import kernels
from keras_nmt.layers.dropout import Dropout
from keras_nmt.layers.initializers import uniform
from keras_nmt.layers.recurrent import LAYERS, recurrent_start
from keras_nmt.layers.transformer_block import layer_norm


@keras.saving.register_keras_serializable("keras_nmt")
class InputFeedingDecoder(keras.layers.Layer):
    """Attention over the memory, with input feeding.

        states_t  = cells([embedded_t; fed_t-1], states_t-1)
        context_t = attention(hidden_t, memory)
        fed_t     = tanh(W [hidden_t; context_t] + b)

    Luong et al. 2015, "Effective Approaches to Attention-based Neural Machine
    Translation", equation 5 and section 3.3. `fed`, the attentional vector, is what
    the vocabulary is scored by, and the next step reads it: the decoder knows where it
    has looked. `fed_0` is zero.

    What does not depend on the step before is computed for all positions at once: the
    products of the embedded tokens, and those of the memory.

    Args:
        kind: "rnn", "lstm" or "gru".
        embedding_dim: E, size of the embedded tokens and of the attentional vectors.
        hidden_dim: D, the same as the encoder's.
        num_layers: cells on top of one another.
        dropout: between cells.
        attention: an `Attention` layer.
        normalised: whether the output of each cell is normalised (Ba et al. 2016)
            before anything but the cell itself reads it; see `NormalisedEncoder`.

    Call arguments:
        embedded: float (B, T, E), the tokens read at each position.
        state: as `initial_state` or the last step returned it.
        encoded: as `read` returned it, with `source_mask: bool (B, S)` or None.

    Returns:
        fed, float (B, T, E).
    """

    def __init__(
        self,
        kind,
        embedding_dim,
        hidden_dim,
        num_layers=1,
        dropout=0.0,
        attention=None,
        normalised=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if isinstance(attention, dict):
            attention = keras.saving.deserialize_keras_object(attention)
        if attention is None:
            raise ValueError(
                "Input feeding needs something to feed: give an attention layer. "
                "Received: attention=None"
            )
        self.kind = kind
        self.embedding_dim = embedding_dim
        self.hidden_dim = hidden_dim
        self.dropout = Dropout(dropout)
        self.attention = attention
        self.normalised = normalised
        self.cells = [
            LAYERS[kind][1](
                hidden_dim, name=f"cell_{depth}", **recurrent_start(kind, hidden_dim)
            )
            for depth in range(num_layers)
        ]
        self.norms = [
            layer_norm(f"norm_{depth}") if normalised else None
            for depth in range(num_layers)
        ]
        self.of_memory = keras.layers.Dense(
            embedding_dim, name="of_memory", **uniform(2 * hidden_dim)
        )
        self.of_hidden = keras.layers.Dense(
            embedding_dim,
            use_bias=False,
            name="of_hidden",
            **uniform(2 * hidden_dim, ["kernel"]),
        )

    def build(self, input_shape=None):
        embedding_dim, hidden_dim = self.embedding_dim, self.hidden_dim
        if not self.attention.built:  # it is if it was deserialized
            memory_shape = (None, None, hidden_dim)
            self.attention.build(memory_shape, memory_shape)
        for depth, cell in enumerate(self.cells):
            cell.build((None, hidden_dim if depth else 2 * embedding_dim))
        norms = [norm for norm in self.norms if norm is not None]
        for layer in (*norms, self.of_memory, self.of_hidden):
            layer.build((None, hidden_dim))
        self.built = True

    def read(self, memory):
        """What every step needs of the memory, float (B, S, D).

        Returns:
            dict: `keys` of the attention, and `values`, float (B, S, E): the memory
            times its part of W. The mean of products is the product of the mean.
        """
        keys = self.attention.keys(memory)
        return {"keys": keys, "values": self.of_memory(memory)}

    def initial_state(self, states):
        """The state before the first step.

        Args:
            states: of each cell, a list of float (B, D), the hidden state first.
        """
        hidden = states[0][0]
        fed = ops.zeros((ops.shape(hidden)[0], self.embedding_dim), hidden.dtype)
        return {"cells": states, "fed": fed}

    def call(self, embedded, state, encoded, training=False):
        tokens = kernels.projected(self.cells[0], ops.swapaxes(embedded, 0, 1))
        step = self._step_with(encoded)
        positions = [tokens]
        if training and len(self.cells) > 1:
            positions.append(self._noise(tokens))
        _, fed = kernels.scan(
            lambda *slices: step(*slices)[0],
            state,
            positions,
            kept=lambda state: state["fed"],
        )
        return ops.swapaxes(fed, 0, 1)

    def step(self, embedded, state, encoded):
        """One position of R = B * W hypotheses, those of a sentence side by side.

        Args:
            embedded: float (R, E).
            state: of each hypothesis.
            encoded: of each sentence.

        Returns:
            fed, float (R, E), the new state, and the attention weights, float (R, S).
        """
        tokens = kernels.projected(self.cells[0], embedded)
        state, weights = self._step_with(encoded)(state, tokens)
        return state["fed"], state, weights

    def _noise(self, tokens):
        """What dropout multiplies the input of each upper cell by, at all positions.

        It is drawn before the loop: JAX can draw nothing within one.
        """
        rows = ops.shape(tokens)[:2]
        width = (len(self.cells) - 1) * self.hidden_dim
        return self.dropout(ops.ones((*rows, width), tokens.dtype), training=True)

    def _step_with(self, encoded):
        steps = [
            kernels.projected_step(cell, 0 if depth else self.embedding_dim)
            for depth, cell in enumerate(self.cells)
        ]
        of_hidden = ops.convert_to_tensor(self.of_hidden.kernel)
        biases = [None, *(kernels.projected_bias(cell) for cell in self.cells[1:])]

        def step(state, tokens, noise=None):
            """One position, from the products of its tokens, float (R, G D)."""
            x, cells = state["fed"], []
            for depth, (one, norm) in enumerate(zip(steps, self.norms, strict=True)):
                given = biases[depth] if depth else tokens
                if depth and noise is not None:
                    start = (depth - 1) * self.hidden_dim
                    x = x * noise[:, start : start + self.hidden_dim]
                cells.append(one(given, x, state["cells"][depth]))
                x = cells[-1][0]
                x = x if norm is None else norm(x)
            context, weights = self._attend(x, encoded)
            fed = ops.tanh(kernels.matmul(x, of_hidden) + context)
            return {"cells": cells, "fed": fed}, weights

        return step

    def _attend(self, hidden, encoded):
        """Attention of R = B * W hypotheses to the B memories."""
        values = encoded["values"]
        query = ops.reshape(hidden, (ops.shape(values)[0], -1, self.hidden_dim))
        context, weights = self.attention(
            query, values, encoded["keys"], encoded["source_mask"]
        )
        context = ops.reshape(context, (-1, self.embedding_dim))
        return context, ops.reshape(weights, (-1, ops.shape(values)[1]))

    def get_config(self):
        return {
            **super().get_config(),
            "kind": self.kind,
            "embedding_dim": self.embedding_dim,
            "hidden_dim": self.hidden_dim,
            "num_layers": len(self.cells),
            "dropout": self.dropout.rate,
            "attention": keras.saving.serialize_keras_object(self.attention),
            "normalised": self.normalised,
        }
