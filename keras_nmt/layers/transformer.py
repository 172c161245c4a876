"""Transformer blocks: multi-head attention and a feed-forward network, post-norm."""

import keras
import keras_hub
from keras import ops

from keras_nmt.layers.embedding import TokenEmbedding


class TransformerBlock(keras.layers.Layer):
    """What encoder and decoder blocks share (Vaswani et al. 2017, section 3).

    Every sublayer stands in a residual connection that is normalised afterwards:

        x = LayerNorm(x + Dropout(sublayer(x)))
        feedforward(x) = relu(x W1 + b1) W2 + b2

    Args:
        model_dim: D.
        num_heads: H.
        intermediate_dim: columns of W1.
        dropout: on the output of each sublayer and on attention weights.
        key_dim: K, size of a head; `model_dim / num_heads` unless given.
    """

    attentions = ()
    """Names of the attention sublayers, in their order."""

    def __init__(
        self,
        model_dim,
        num_heads,
        intermediate_dim,
        dropout=0.0,
        key_dim=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.model_dim = model_dim
        self.num_heads = num_heads
        self.intermediate_dim = intermediate_dim
        self.dropout_rate = dropout
        self.key_dim = key_dim or model_dim // num_heads
        for name in self.attentions:
            attention = keras_hub.layers.CachedMultiHeadAttention(
                num_heads, self.key_dim, dropout=dropout, name=name
            )
            setattr(self, name, attention)
        self.expand = keras.layers.Dense(
            intermediate_dim, activation="relu", name="expand"
        )
        self.contract = keras.layers.Dense(model_dim, name="contract")
        self.norms = [
            keras.layers.LayerNormalization(epsilon=1e-5, name=f"{name}_norm")
            for name in (*self.attentions, "feedforward")
        ]
        self.dropout = keras.layers.Dropout(dropout)

    def build(self, input_shape=None):
        shape = (None, None, self.model_dim)
        for name in self.attentions:
            getattr(self, name).build(shape, shape)
        self.expand.build(shape)
        self.contract.build((None, None, self.intermediate_dim))
        for norm in self.norms:
            norm.build(shape)
        self.built = True

    def residual(self, index, x, sublayer_output, training):
        """`LayerNorm(x + Dropout(sublayer_output))` with the block's index-th norm."""
        dropped = self.dropout(sublayer_output, training=training)
        return self.norms[index](x + dropped)

    def feedforward(self, x, training):
        """The last sublayer with its residual connection, (B, T, D) -> (B, T, D)."""
        return self.residual(-1, x, self.contract(self.expand(x)), training)

    def get_config(self):
        return {
            **super().get_config(),
            "model_dim": self.model_dim,
            "num_heads": self.num_heads,
            "intermediate_dim": self.intermediate_dim,
            "dropout": self.dropout_rate,
            "key_dim": self.key_dim,
        }


@keras.saving.register_keras_serializable("keras_nmt")
class TransformerEncoderBlock(TransformerBlock):
    """Self-attention among all source positions, then the feed-forward network.

    Call arguments:
        x: float (B, S, D).
        source_mask: bool (B, S), True at real tokens; None if all are.

    Returns:
        float (B, S, D).
    """

    attentions = ("self_attention",)

    def call(self, x, source_mask=None, training=False):
        mask = None if source_mask is None else source_mask[:, None, :]
        attended = self.self_attention(x, x, attention_mask=mask, training=training)
        return self.feedforward(self.residual(0, x, attended, training), training)


@keras.saving.register_keras_serializable("keras_nmt")
class TransformerDecoderBlock(TransformerBlock):
    """Causal self-attention, attention to the memory, the feed-forward network.

    Trained on whole sentences (`call`) or run position by position (`step`) with
    keys and values kept: those of the target grow by one a step, those of the
    memory are computed once a sentence (`memory_cache`).

    Call arguments:
        x: float (B, T, D).
        memory: float (B, S, D).
        source_mask: bool (B, S), True at real tokens; None if all are.

    Returns:
        float (B, T, D).
    """

    attentions = ("self_attention", "cross_attention")

    def call(self, x, memory, source_mask=None, training=False):
        mask = None if source_mask is None else source_mask[:, None, :]
        attended = self.self_attention(
            x, x, attention_mask=causal_mask(x), training=training
        )
        x = self.residual(0, x, attended, training)
        attended = self.cross_attention(
            x, memory, attention_mask=mask, training=training
        )
        return self.feedforward(self.residual(1, x, attended, training), training)

    def memory_cache(self, memory):
        """Keys and values of the memory for `step`, float (B, 2, S, H, K)."""
        batch, length = ops.shape(memory)[:2]
        empty = self._empty_cache(batch, length, memory.dtype)
        return self.cross_attention(
            memory[:, :1], memory, cache=empty, cache_update_index=0
        )[1]

    def empty_cache(self, rows, length):
        """Room for the keys and values of a target, float (R, 2, T, H, K)."""
        return self._empty_cache(rows, length, self.compute_dtype)

    def _empty_cache(self, rows, length, dtype):
        return ops.zeros((rows, 2, length, self.num_heads, self.key_dim), dtype)

    def step(self, x, position, cache, memory_cache, source_mask=None):
        """One target position of R = B * W rows, W hypotheses a sentence.

        Args:
            x: float (R, 1, D).
            position: int scalar, where in the target x stands.
            cache: float (R, 2, T, H, K), filled up to `position`.
            memory_cache: float (B, 2, S, H, K), as `memory_cache` made it.
            source_mask: bool (B, S) or None.

        Returns:
            x, float (R, 1, D); the cache with this position filled in; and the
            weights of the attention to the memory, float (B, H, W, S).
        """
        seen = ops.arange(ops.shape(cache)[2])[None, None, :] <= position
        attended, cache = self.self_attention(
            x, x, attention_mask=seen, cache=cache, cache_update_index=position
        )
        x = self.residual(0, x, attended, False)
        # The hypotheses of a sentence stand where a sentence's positions would.
        batch = ops.shape(memory_cache)[0]
        query = ops.reshape(x, (batch, -1, self.model_dim))
        attended, weights, _ = self.cross_attention(
            query,
            query,
            attention_mask=None if source_mask is None else source_mask[:, None, :],
            cache=memory_cache,
            return_attention_scores=True,
        )
        x = self.residual(1, x, ops.reshape(attended, ops.shape(x)), False)
        return self.feedforward(x, False), cache, weights


@keras.saving.register_keras_serializable("keras_nmt")
class TokenAndPositionEmbedding(keras.layers.Layer):
    """`embed(token) + embed(position)`, both learned (Gehring et al. 2017).

    Args:
        vocabulary_size: V.
        model_dim: D.
        max_length: positions that can be embedded.
        dropout: on the sum.

    Call arguments:
        token_ids: int (B, T).
        start: int, the position of the first column.

    Returns:
        float (B, T, D).
    """

    def __init__(self, vocabulary_size, model_dim, max_length, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.tokens = TokenEmbedding(vocabulary_size, model_dim, name="tokens")
        self.positions = TokenEmbedding(max_length, model_dim, name="positions")
        self.dropout = keras.layers.Dropout(dropout)

    def build(self, input_shape=None):
        self.tokens.build()
        self.positions.build()
        self.built = True

    def call(self, token_ids, start=0, training=False):
        positions = start + ops.arange(ops.shape(token_ids)[1])
        summed = self.tokens(token_ids) + self.positions(positions)
        return self.dropout(summed, training=training)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.tokens.input_dim,
            "model_dim": self.tokens.output_dim,
            "max_length": self.positions.input_dim,
            "dropout": self.dropout.rate,
        }


def causal_mask(x):
    """True where a position may look: at itself and before, bool (1, T, T)."""
    positions = ops.arange(ops.shape(x)[1])
    return (positions[:, None] >= positions[None, :])[None]
