"""Attention of a recurrent decoder, with one of three scores."""

import keras
from keras import ops

LOWEST = -6e4
"""Score of a masked position: its softmax is 0, and float16 can represent it."""


class Attention(keras.layers.Layer):
    """The mean of the encoder's outputs, weighted by how well they match a query.

        attention_scores  = score(query, keys)
        attention_weights = softmax(attention_scores)
        context           = attention_weights memory

    A subclass defines `score`, and in `keys` the part of it that can be computed once a
    sentence. The weights tell where in the source the decoder looks.

    Call arguments:
        query: float (B, T, D), decoder states.
        memory: float (B, S, D), encoder outputs.
        keys: as `keys(memory)` returned them.
        source_mask: bool (B, S), True at real tokens; None if all are.

    Returns:
        context, float (B, T, D), and attention_weights, float (B, T, S).
    """

    def build(self, query_shape, memory_shape):
        """Without weights; a subclass may create some here."""

    def keys(self, memory):
        """The part of the score that depends on `memory` alone, (B, S, ...)."""
        return memory

    def score(self, query, keys):
        """Attention scores before the softmax, float (B, T, S)."""
        raise NotImplementedError(f"{type(self).__name__} must define score().")

    def call(self, query, memory, keys, source_mask=None):
        scores = self.score(query, keys)  # (B, T, S)
        if source_mask is not None:
            scores = ops.where(source_mask[:, None, :], scores, LOWEST)
        weights = ops.softmax(scores, axis=-1)
        return ops.matmul(weights, memory), weights


@keras.saving.register_keras_serializable("keras_nmt")
class CosineAttention(Attention):
    """`score = query . memory / (|query| |memory|)`, the writeup's attention.

    Graves et al. 2014, "Neural Turing Machines", equation 6, without the factor that
    sharpens it: scores lie in [-1, 1], so no attention weight is more than e² times
    another of its row.
    """

    def keys(self, memory):
        return _unit(memory)

    def score(self, query, keys):
        return ops.matmul(_unit(query), ops.swapaxes(keys, 1, 2))


@keras.saving.register_keras_serializable("keras_nmt")
class MultiplicativeAttention(Attention):
    """`score = query W memory`.

    Luong et al. 2015, "Effective Approaches to Attention-based Neural Machine
    Translation", equation 8 ("general").
    """

    def build(self, query_shape, memory_shape):
        self.weight = self.add_weight(
            name="weight", shape=(query_shape[-1], memory_shape[-1])
        )

    def keys(self, memory):
        return ops.matmul(memory, ops.transpose(self.weight))

    def score(self, query, keys):
        return ops.matmul(query, ops.swapaxes(keys, 1, 2))


@keras.saving.register_keras_serializable("keras_nmt")
class AdditiveAttention(Attention):
    """`score = v . tanh(query W1 + memory W2)`.

    Bahdanau et al. 2015, "Neural Machine Translation by Jointly Learning to Align
    and Translate", appendix A.1.2. Keras's layer of this name has no W1 and W2.
    """

    def build(self, query_shape, memory_shape):
        dim = query_shape[-1]
        self.query_weight = self.add_weight(name="query_weight", shape=(dim, dim))
        self.memory_weight = self.add_weight(
            name="memory_weight", shape=(memory_shape[-1], dim)
        )
        self.direction = self.add_weight(name="direction", shape=(dim, 1))

    def keys(self, memory):
        return ops.matmul(memory, self.memory_weight)

    def score(self, query, keys):
        projected = ops.matmul(query, self.query_weight)
        summed = ops.tanh(projected[:, :, None, :] + keys[:, None, :, :])
        return ops.matmul(summed, self.direction)[..., 0]


def _unit(x):
    """`x / |x|` along the last axis; a zero vector stays zero.

    Computed in float32: in half precision the squares overflow or vanish.
    """
    wide = ops.cast(x, "float32")
    squares = ops.sum(wide * wide, axis=-1, keepdims=True)
    return ops.cast(wide * ops.rsqrt(ops.maximum(squares, 1e-16)), x.dtype)
