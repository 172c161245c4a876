"""Removes whole tokens from what a translator reads: word dropout, token cutoff."""

import functools

import keras
from keras import ops

from keras_nmt.kernels import processes

READ = ("source", "target_in")
"""The inputs whose tokens are embedded; `kept_name` says where their masks are."""


def kept_name(name):
    """The key of the mask of an input."""
    return f"{name}_kept"


def without_some_tokens(inputs, rate, seed_generator):
    """The inputs with masks by which the embeddings of some tokens become zero.

    Word dropout (Gal & Ghahramani 2016, https://arxiv.org/abs/1512.05287) and SimCut's
    token cutoff are this. Each position is drawn on its own, padding too. What is kept
    is not scaled up: it looks as it will in translation.

    Args:
        inputs: dict with `source: int (B, S)` and `target_in: int (B, T)`. Masks that
            it already has stay in force.
        rate: probability that a token is removed.
        seed_generator: a `keras.random.SeedGenerator`.

    Returns:
        The dict with `source_kept: float (B, S)` and `target_in_kept: float (B, T)`
        besides: 0 for removed tokens, 1 for others.
    """
    masks = {}
    for name in READ:
        if name in inputs:
            draw = functools.partial(
                keras.random.uniform, dtype="float32", seed=seed_generator
            )
            chances = processes.own_rows(ops.shape(inputs[name]), draw)
            kept = ops.cast(ops.greater_equal(chances, rate), "float32")
            earlier = inputs.get(kept_name(name))
            masks[kept_name(name)] = kept if earlier is None else earlier * kept
    return {**inputs, **masks}
