"""Transformer blocks: multi-head attention and a feed-forward network, post-norm."""

import keras
import keras_hub
from keras import ops

from keras_nmt import backends
from keras_nmt.layers.attention import LOWEST
from keras_nmt.layers.dropout import Dropout
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
        attended, *weights = _attended(
            self.self_attention, x, x, source_mask, training, return_attention_weights
        )
        x = self.residual(0, x, attended, training)
        x = self.feedforward(x, training, packing)
        return (x, *weights) if weights else x


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
        attended = self.self_attention(
            x, x, attention_mask=causal_mask(x), training=training
        )
        x = self.residual(0, x, attended, training)
        attended, *weights = _attended(
            self.cross_attention,
            x,
            memory,
            source_mask,
            training,
            return_attention_weights,
        )
        x = self.residual(1, x, attended, training)
        x = self.feedforward(x, training, packing)
        return (x, *weights) if weights else x

    def memory_cache(self, memory):
        """Keys and values of the memory for `step`, float (B, H, S, K) each."""
        return _keys_and_values(self.cross_attention, memory)

    def empty_cache(self, rows, length):
        """Room for the keys and values of a target, float (R, H, T, K) each."""
        shape = (rows, self.num_heads, length, self.key_dim)
        return ops.zeros(shape, self.compute_dtype), ops.zeros(
            shape, self.compute_dtype
        )

    def step(self, x, position, cache, memory_cache, source_mask=None):
        """One target position of R = B * W rows, W hypotheses a sentence.

        keras-hub's own cache keeps keys and values in one array of another order,
        which is taken apart, transposed and put together again at every step: a
        step of attention takes 1.4 to 5 times as long (benchmarks/LOG.md).

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
        cache = tuple(
            backends.written(kept, new, position)
            for kept, new in zip(
                cache, _keys_and_values(self.self_attention, x), strict=True
            )
        )
        seen = ops.arange(ops.shape(cache[0])[2]) <= position
        x = self.residual(
            0, x, self._look_up(self.self_attention, x, cache, seen), False
        )
        # The hypotheses of a sentence stand where a sentence's positions would.
        query = ops.reshape(x, (ops.shape(memory_cache[0])[0], -1, self.model_dim))
        mask = None if source_mask is None else source_mask[:, None, None, :]
        attended = self._look_up(self.cross_attention, query, memory_cache, mask)
        x = self.residual(1, x, ops.reshape(attended, ops.shape(x)), False)
        return self.feedforward(x, False), cache

    def _look_up(self, attention, query, cache, mask):
        """`softmax(Q K^T / sqrt(K)) V` of keys and values at hand, (B, T, D)."""
        keys, values = cache
        queries = backends.dense(attention.query_dense, query) * self.key_dim**-0.5
        queries = ops.swapaxes(queries, 1, 2)  # (B, H, T, K)
        scores = ops.matmul(queries, ops.swapaxes(keys, 2, 3))
        if mask is not None:
            scores = ops.where(mask, scores, LOWEST)
        context = ops.matmul(ops.softmax(scores, axis=-1), values)
        return backends.dense(attention.output_dense, ops.swapaxes(context, 1, 2))


def _keys_and_values(attention, memory):
    """What an attention layer looks up, float (B, H, S, K) each."""
    return tuple(
        ops.swapaxes(backends.dense(layer, memory), 1, 2)
        for layer in (attention.key_dense, attention.value_dense)
    )


def _attended(attention, query, memory, source_mask, training, return_weights):
    """What `query` finds in `memory`, in a tuple; with the weights if asked for."""
    outputs = attention(
        query,
        memory,
        attention_mask=None if source_mask is None else source_mask[:, None, :],
        return_attention_scores=return_weights,
        training=training,
    )
    return outputs if return_weights else (outputs,)


def causal_mask(x):
    """True where a position may look: at itself and before, bool (1, T, T)."""
    positions = ops.arange(ops.shape(x)[1])
    return (positions[:, None] >= positions[None, :])[None]
