"""Transformer blocks: multi-head attention and a feed-forward network, post-norm."""

import keras
import keras_hub
from keras import ops

from keras_nmt import backends
from keras_nmt.layers.dropout import Dropout
from keras_nmt.layers.multi_head import attend, look_up, project
from keras_nmt.layers.packing import packed, unpacked


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
                num_heads, self.key_dim, name=name
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
        self.dropout = Dropout(dropout)

    def build(self, input_shape=None):
        shape = (None, None, self.model_dim)
        for name in self.attentions:
            getattr(self, name).build(shape, shape)
        self.expand.build(shape)
        self.contract.build((None, None, self.intermediate_dim))
        for norm in self.norms:
            norm.build(shape)
        self.built = True

    def attend(self, name, query, memory, mask, training):
        """As `multi_head.attend`, by the attention sublayer of that name."""
        attention = getattr(self, name)
        return attend(
            attention, query, memory, mask, self.dropout if training else None
        )

    def residual(self, index, x, sublayer_output, training):
        """`LayerNorm(x + Dropout(sublayer_output))` with the block's index-th norm."""
        if training:  # a search would spend a tenth of its time on calls for nothing
            sublayer_output = self.dropout(sublayer_output, training=True)
        return self.norms[index](x + sublayer_output)

    def feedforward(self, x, training, packing=None):
        """The last sublayer with its residual connection, (B, T, D) -> (B, T, D).

        Args:
            packing: `scored: int (N,)` and `row_of: int (B, T)`, if the result is
                wanted at the scored positions alone; the others are zero then.
        """
        if packing is not None:
            scored, row_of = packing
            return unpacked(self.feedforward(packed(x, scored), training), row_of)
        hidden = backends.dense(self.expand, x)
        return self.residual(-1, x, backends.dense(self.contract, hidden), training)

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
        return_attention_weights: whether they are wanted, too.
        packing: as in `feedforward`, for a block that no other follows.

    Returns:
        float (B, S, D); if asked for, the attention_weights, float (B, H, S, S).
    """

    attentions = ("self_attention",)

    def call(
        self,
        x,
        source_mask=None,
        training=False,
        return_attention_weights=False,
        packing=None,
    ):
        mask = seen_by_all(source_mask)
        attended, weights = self.attend("self_attention", x, x, mask, training)
        x = self.residual(0, x, attended, training)
        x = self.feedforward(x, training, packing)
        return (x, weights) if return_attention_weights else x


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
        return_attention_weights: whether those to the memory are wanted, too.
        packing: as in `feedforward`. No scored position looks at padding after it,
            so that this holds for every block.

    Returns:
        float (B, T, D); if asked for, the attention_weights, float (B, H, T, S).
    """

    attentions = ("self_attention", "cross_attention")

    def call(
        self,
        x,
        memory,
        source_mask=None,
        training=False,
        return_attention_weights=False,
        packing=None,
    ):
        causal = causal_mask(x)
        attended, _ = self.attend("self_attention", x, x, causal, training)
        x = self.residual(0, x, attended, training)
        mask = seen_by_all(source_mask)
        attended, weights = self.attend("cross_attention", x, memory, mask, training)
        x = self.residual(1, x, attended, training)
        x = self.feedforward(x, training, packing)
        return (x, weights) if return_attention_weights else x

    def memory_cache(self, memory):
        """Keys and values of the memory for `step`, float (B, H, S, K) each."""
        return tuple(project(self.cross_attention, "kv", memory))

    def empty_cache(self, rows, length):
        """Room for the keys and values of a target, float (R, H, T, K) each."""
        shape = (rows, self.num_heads, length, self.key_dim)
        return ops.zeros(shape, self.compute_dtype), ops.zeros(
            shape, self.compute_dtype
        )

    def step(self, x, position, cache, memory_cache, source_mask=None):
        """One target position of R = B * W rows, W hypotheses a sentence.

        Args:
            x: float (R, 1, D).
            position: int scalar, where in the target x stands.
            cache: keys and values, float (R, H, T, K), filled up to `position`; it
                may be overwritten.
            memory_cache: float (B, H, S, K), as `memory_cache` made them.
            source_mask: bool (B, S) or None.

        Returns:
            x, float (R, 1, D), and the cache with this position filled in.
        """
        query, *new = project(self.self_attention, "qkv", x)
        cache = tuple(
            backends.written(kept, one, position)
            for kept, one in zip(cache, new, strict=True)
        )
        seen = ops.arange(ops.shape(cache[0])[2]) <= position
        attended, _ = look_up(self.self_attention, query, *cache, seen)
        x = self.residual(0, x, attended, False)
        # The hypotheses of a sentence stand where a sentence's positions would.
        rows = ops.reshape(x, (ops.shape(memory_cache[0])[0], -1, self.model_dim))
        (query,) = project(self.cross_attention, "q", rows)
        mask = seen_by_all(source_mask)
        attended, _ = look_up(self.cross_attention, query, *memory_cache, mask)
        x = self.residual(1, x, ops.reshape(attended, ops.shape(x)), False)
        return self.feedforward(x, False), cache


def seen_by_all(source_mask):
    """A mask (B, S) for every head and every position that looks, (B, 1, 1, S)."""
    return None if source_mask is None else source_mask[:, None, None, :]


def causal_mask(x):
    """True where a position may look: at itself and before, bool (T, T)."""
    positions = ops.arange(ops.shape(x)[1])
    return positions[:, None] >= positions
