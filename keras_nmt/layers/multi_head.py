"""Multi-head attention with the weights of keras-hub's layer, but faster.

    head_i = softmax(Q_i K_i' / sqrt(K)) V_i
    output = [head_1; ...; head_H] W + b

(Vaswani et al. 2017, section 3.2.2.) Here one matrix product over all sentences gives
Q, K and V of the same positions. Keras's own layer on TensorFlow makes one product for
each sentence and projection, and training the full transformer takes a tenth longer.
keras-hub's cache holds keys and values in one array, which is split and put together
again at every step of a search; such a step takes 1.4 to 5 times as long
(benchmarks/LOG.md).
"""

from keras import ops

from keras_nmt import kernels
from keras_nmt.layers.attention import LOWEST
from keras_nmt.layers.position_encoding import rotated


def attend(attention, query, memory, mask=None, dropout=None, rotary=False):
    """Attention of the positions of `query` to those of `memory`.

    Args:
        attention: a built `keras.layers.MultiHeadAttention`.
        query: float (B, T, D).
        memory: float (B, S, D), the same object as `query` for self-attention.
        mask: bool, broadcast to (B, H, T, S), True at what is seen; None if all is.
        dropout: a layer for the attention weights, or None.
        rotary: whether self-attention sees positions by rotation.

    Returns:
        float (B, T, D), and the attention weights before dropout, float (B, H, T, S).
    """
    if memory is query:
        queries, keys, values = project(attention, "qkv", query)
        if rotary:
            positions = ops.arange(ops.shape(query)[1])
            queries, keys = (rotated(x, positions) for x in (queries, keys))
    else:
        (queries,) = project(attention, "q", query)
        keys, values = project(attention, "kv", memory)
    return look_up(attention, queries, keys, values, mask, dropout)


def project(attention, parts, x):
    """Queries, keys or values of x, float (B, H, T, K) each.

    Args:
        attention: as in `attend`.
        parts: which, "q", "kv" or "qkv".
        x: float (B, T, D).
    """
    layers = {
        "q": attention.query_dense,
        "k": attention.key_dense,
        "v": attention.value_dense,
    }
    if kernels.weights_are_split():  # joined, they would move between devices
        apart = [kernels.dense(layers[part], x) for part in parts]
        return [ops.swapaxes(heads, 1, 2) for heads in apart]
    projected = kernels.dense_together([layers[part] for part in parts], x)
    heads = ops.swapaxes(projected, 1, 2)  # (B, parts * H, T, K)
    return ops.split(heads, len(parts), axis=1)


def look_up(attention, queries, keys, values, mask=None, dropout=None):
    """`attend` with queries, keys and values that are projected already."""
    context, weights = weigh(attention, queries, keys, values, mask, dropout)
    return kernels.dense(attention.output_dense, context), weights


def weigh(attention, queries, keys, values, mask=None, dropout=None):
    """The weighted sums of values, before they are projected.

    Returns:
        float (B, T, H, K), and the weights before dropout, float (B, H, T, S).
    """
    queries = queries * attention.key_dim**-0.5
    scores = ops.matmul(queries, ops.swapaxes(keys, 2, 3))
    if mask is not None:
        scores = ops.where(mask, scores, LOWEST)
    if scores.shape[-1] == 1:  # Keras would warn of a softmax that is always 1
        weights = 1.0 + 0.0 * scores
    else:
        weights = ops.softmax(scores, axis=-1)  # (B, H, T, S)
    kept = weights if dropout is None else dropout(weights, training=True)
    return ops.swapaxes(ops.matmul(kept, values), 1, 2), weights
