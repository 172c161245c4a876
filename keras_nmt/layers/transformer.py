"""Transformer blocks: multi-head attention and a feed-forward network."""

import keras
from keras import ops

from keras_nmt import kernels
from keras_nmt.layers.dropout import Dropout
from keras_nmt.layers.multi_head import attend, look_up, project
from keras_nmt.layers.position_encoding import rotated

NORMS = ("post", "pre")


def layer_norm(name):
    """Layer normalization (Ba et al. 2016) with the epsilon of PyTorch."""
    return keras.layers.LayerNormalization(epsilon=1e-5, name=name)


class TransformerBlock(keras.layers.Layer):
    """What encoder and decoder blocks share (Vaswani et al. 2017, section 3).

    Every sublayer has a residual connection, normalised after or before it:

        post-norm   x = LayerNorm(x + Dropout(sublayer(x)))
        pre-norm    x = x + Dropout(sublayer(LayerNorm(x)))
        feedforward(x) = relu(x W1 + b1) W2 + b2

    Pre-norm (Xiong et al. 2020) needs another LayerNorm after the last block.

    Args:
        model_dim: D.
        num_heads: H.
        intermediate_dim: columns of W1.
        dropout: on the output of each sublayer.
        key_dim: K, size of a head; `model_dim / num_heads` unless given.
        norm: "post" or "pre".
        attention_dropout: on attention weights; as `dropout` unless given.
        activation_dropout: on relu(x W1 + b1).
        rotary: whether self-attention sees positions by rotation
            (`position_encoding.rotated`).
    """

    attentions = ()
    """Names of the attention sublayers, in order."""

    def __init__(
        self,
        model_dim,
        num_heads,
        intermediate_dim,
        dropout=0.0,
        key_dim=None,
        norm="post",
        attention_dropout=None,
        activation_dropout=0.0,
        rotary=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if norm not in NORMS:
            raise ValueError(f'norm must be "post" or "pre". Received: norm={norm!r}')
        self.norm = norm
        self.model_dim = model_dim
        self.num_heads = num_heads
        self.intermediate_dim = intermediate_dim
        self.dropout_rate = dropout
        self.key_dim = key_dim or model_dim // num_heads
        for name in self.attentions:
            attention = keras.layers.MultiHeadAttention(
                num_heads, self.key_dim, name=name
            )
            setattr(self, name, attention)
        dense = keras.layers.Dense
        self.expand = dense(intermediate_dim, activation="relu", name="expand")
        self.contract = dense(model_dim, name="contract")
        self.norms = [
            layer_norm(f"{name}_norm") for name in (*self.attentions, "feedforward")
        ]
        self.rotary = rotary
        self.dropout = Dropout(dropout)
        self.attention_dropout = self.activation_dropout = None
        if attention_dropout is not None:
            self.attention_dropout = Dropout(attention_dropout)
        if activation_dropout:
            self.activation_dropout = Dropout(activation_dropout)

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
        """`multi_head.attend` by the attention sublayer of that name."""
        dropout = (self.attention_dropout or self.dropout) if training else None
        attention = getattr(self, name)
        return attend(attention, query, memory, mask, dropout, self.rotary)

    def sublayer_input(self, index, x):
        """What the index-th sublayer reads: `x`, or with pre-norm `LayerNorm(x)`."""
        return self.norms[index](x) if self.norm == "pre" else x

    def residual(self, index, x, sublayer_output, training):
        """`x` with the output of the index-th sublayer added, as the class says."""
        if training:  # without the condition, calls take a tenth of a search's time
            sublayer_output = self.dropout(sublayer_output, training=True)
        x = x + sublayer_output
        return x if self.norm == "pre" else self.norms[index](x)

    def feedforward(self, x, training, scored=None):
        """The last sublayer with its residual connection, (B, T, D) -> (B, T, D).

        Args:
            scored: `ScoredPositions`, if only those are needed; the others become 0.
        """
        if scored is not None:
            vectors = self.feedforward(scored.gather(x), training)
            return scored.scatter(vectors)
        hidden = kernels.dense(self.expand, self.sublayer_input(-1, x))
        if training and self.activation_dropout:
            hidden = self.activation_dropout(hidden, training=True)
        return self.residual(-1, x, kernels.dense(self.contract, hidden), training)

    def get_config(self):
        return {
            **super().get_config(),
            "model_dim": self.model_dim,
            "num_heads": self.num_heads,
            "intermediate_dim": self.intermediate_dim,
            "dropout": self.dropout_rate,
            "key_dim": self.key_dim,
            "norm": self.norm,
            "attention_dropout": _rate(self.attention_dropout),
            "activation_dropout": _rate(self.activation_dropout) or 0.0,
            "rotary": self.rotary,
        }


@keras.saving.register_keras_serializable("keras_nmt")
class TransformerEncoderBlock(TransformerBlock):
    """Self-attention among all source positions, then the feed-forward network.

    Call arguments:
        x: float (B, S, D).
        source_mask: bool (B, S), True at real tokens; None if all are.
        return_attention_weights: whether to return them, too.
        scored: as in `feedforward`; only for the last block, as the others' output
            is attended to at all positions.

    Returns:
        float (B, S, D); if asked for, also the attention_weights, float (B, H, S, S).
    """

    attentions = ("self_attention",)

    def call(
        self,
        x,
        source_mask=None,
        training=False,
        return_attention_weights=False,
        scored=None,
    ):
        mask = seen_by_all(source_mask)
        query = self.sublayer_input(0, x)
        attended, weights = self.attend("self_attention", query, query, mask, training)
        x = self.residual(0, x, attended, training)
        x = self.feedforward(x, training, scored)
        return (x, weights) if return_attention_weights else x


@keras.saving.register_keras_serializable("keras_nmt")
class TransformerDecoderBlock(TransformerBlock):
    """Causal self-attention, attention to the memory, the feed-forward network.

    `call` computes whole sentences, for training; `step` one position after another,
    for a search. A search keeps the keys and values of the target's positions so far,
    and computes those of the memory once a sentence (`memory_cache`).

    Call arguments:
        x: float (B, T, D).
        memory: float (B, S, D).
        source_mask: bool (B, S), True at real tokens; None if all are.
        return_attention_weights: whether to return those to the memory, too.
        scored: as in `feedforward`. Padding comes after all scored positions of its
            sentence, and none of them attends to it, so every block can leave it out.

    Returns:
        float (B, T, D); if asked for, also the attention_weights, float (B, H, T, S).
    """

    attentions = ("self_attention", "cross_attention")

    def call(
        self,
        x,
        memory,
        source_mask=None,
        training=False,
        return_attention_weights=False,
        scored=None,
    ):
        query, mask = self.sublayer_input(0, x), causal_mask(x)
        attended, _ = self.attend("self_attention", query, query, mask, training)
        x = self.residual(0, x, attended, training)
        query, mask = self.sublayer_input(1, x), seen_by_all(source_mask)
        attended, weights = self.attend(
            "cross_attention", query, memory, mask, training
        )
        x = self.residual(1, x, attended, training)
        x = self.feedforward(x, training, scored)
        return (x, weights) if return_attention_weights else x

    def memory_cache(self, memory):
        """Keys and values of the memory, for `step`; float (B, H, S, K) each."""
        return tuple(project(self.cross_attention, "kv", memory))

    def empty_cache(self, rows, length):
        """Zeros for the keys and values of a target, float (R, H, T, K) each."""
        shape = (rows, self.num_heads, length, self.key_dim)
        return tuple(ops.zeros(shape, self.compute_dtype) for _ in range(2))

    def step(self, x, position, cache, memory_cache, source_mask=None):
        """One target position of R = B * W rows, W hypotheses a sentence.

        Args:
            x: float (R, 1, D).
            position: int scalar, the position of x in the target.
            cache: keys and values, float (R, H, T, K), filled up to `position`; on
                torch they are overwritten.
            memory_cache: as `memory_cache` returned it, float (B, H, S, K) each.
            source_mask: bool (B, S) or None.

        Returns:
            x, float (R, 1, D), and the cache with this position filled in.
        """
        query, *new = project(self.self_attention, "qkv", self.sublayer_input(0, x))
        if self.rotary:
            here = ops.reshape(position, (1,))
            query, new[0] = rotated(query, here), rotated(new[0], here)
        cache = tuple(
            kernels.written(kept, one, position)
            for kept, one in zip(cache, new, strict=True)
        )
        seen = ops.arange(ops.shape(cache[0])[2]) <= position
        attended, _ = look_up(self.self_attention, query, *cache, seen)
        x = self.residual(0, x, attended, False)
        # The W hypotheses of a sentence take the place of its T positions.
        rows = ops.reshape(
            self.sublayer_input(1, x),
            (ops.shape(memory_cache[0])[0], -1, self.model_dim),
        )
        (query,) = project(self.cross_attention, "q", rows)
        mask = seen_by_all(source_mask)
        attended, _ = look_up(self.cross_attention, query, *memory_cache, mask)
        x = self.residual(1, x, ops.reshape(attended, ops.shape(x)), False)
        return self.feedforward(x, False), cache


def _rate(dropout):
    return None if dropout is None else dropout.rate


def seen_by_all(source_mask):
    """A mask (B, S) as (B, 1, 1, S), for every head and every target position."""
    return None if source_mask is None else source_mask[:, None, None, :]


def causal_mask(x):
    """True where position t may attend to position s <= t, bool (T, T)."""
    positions = ops.arange(ops.shape(x)[1])
    return positions[:, None] >= positions
