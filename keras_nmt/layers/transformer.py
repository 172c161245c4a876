"""Transformer blocks: multi-head attention and a feed-forward network."""

import keras
from keras import ops

from keras_nmt import kernels
from keras_nmt.layers.multi_head import look_up, project, weigh
from keras_nmt.layers.position_encoding import rotated
from keras_nmt.layers.transformer_block import TransformerBlock


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
        parts = project(self.cross_attention, "kv", memory)
        return tuple(kernels.contiguous(part) for part in parts)

    def empty_cache(self, rows, length):
        """Zeros for the keys and values of a target, float (R, H, T, K) each."""
        shape = (rows, self.num_heads, length, self.key_dim)
        return tuple(ops.zeros(shape, self.compute_dtype) for _ in range(2))

    def step(self, x, position, cache, memory_cache, source_mask=None, seen_past=None):
        """One target position of R = B * W rows, W hypotheses a sentence.

        Args:
            x: float (R, 1, D).
            position: int scalar, the position of x in the target.
            cache: keys and values, float (C, H, T * (R / C), K), filled up to
                `position`; a row of a cache serves the R / C hypotheses that stand
                together. On torch they are overwritten.
            memory_cache: as `memory_cache` returned it, float (B, H, S, K) each.
            source_mask: bool (B, S) or None.
            seen_past: bool (C, 1, R / C, T * (R / C)), what each row sees of its cache;
                None if each row has a cache of its own, which it sees up to `position`.

        Returns:
            x, float (R, 1, D), and the cache with this position filled in.
        """
        grouped = self._in_groups(self.sublayer_input(0, x), cache)
        query, *new = project(self.self_attention, "qkv", grouped)
        if self.rotary:
            here = ops.reshape(position, (1,))
            query, new[0] = rotated(query, here), rotated(new[0], here)
        width = ops.shape(grouped)[1]
        cache = tuple(
            kernels.written(kept, one, position * width)
            for kept, one in zip(cache, new, strict=True)
        )

        def weighted(count, is_exact):
            past = (kept[:, :, :count] for kept in cache)
            seen = None
            if seen_past is not None:
                seen = seen_past[..., :count]
            elif not is_exact:
                seen = ops.arange(count) <= position
            return weigh(self.self_attention, query, *past, seen)[0]

        length = ops.shape(cache[0])[2]
        context = kernels.of_the_first(length, (position + 1) * width, weighted)
        attended = kernels.dense(self.self_attention.output_dense, context)
        x = self.residual(0, x, ops.reshape(attended, ops.shape(x)), False)
        rows = self._in_groups(self.sublayer_input(1, x), memory_cache)
        (query,) = project(self.cross_attention, "q", rows)
        mask = seen_by_all(source_mask)
        attended, _ = look_up(self.cross_attention, query, *memory_cache, mask)
        x = self.residual(1, x, ops.reshape(attended, ops.shape(x)), False)
        return self.feedforward(x, False), cache

    def _in_groups(self, x, cache):
        """Rows, (R, 1, D), as (C, R / C, D): those that share a row of the cache."""
        return ops.reshape(x, (ops.shape(cache[0])[0], -1, self.model_dim))


def seen_by_all(source_mask):
    """A mask (B, S) as (B, 1, 1, S), for every head and every target position."""
    return None if source_mask is None else source_mask[:, None, None, :]


def causal_mask(x):
    """True where position t may attend to position s <= t, bool (T, T)."""
    positions = ops.arange(ops.shape(x)[1])
    return positions[:, None] >= positions
