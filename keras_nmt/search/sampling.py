"""Sampling: tokens drawn at random from the system's distribution."""

import numpy as np
from keras import ops

from keras_nmt.errors import InputError
from keras_nmt.search.base import Choice, Search


class Sampling(Search):
    """Draws each token from the distribution that the system gives.

        p(token) ~ exp(logits / temperature), over the tokens that are kept

    `top_k` keeps the k most probable tokens (Fan et al. 2018, "Hierarchical Neural
    Story Generation"). `top_p` keeps the smallest set of most probable tokens whose
    probabilities sum to at least p (Holtzman et al. 2020, "The Curious Case of Neural
    Text Degeneration").

    NumPy draws one random number for each token, seeded by `seed` and the sentence's
    number; the token is the one at that number in the cumulative distribution. So
    every backend draws the same tokens, however sentences are batched. keras-hub's
    samplers use the backend's generator, whose state cannot pass through a compiled
    loop on JAX.

    Args:
        temperature: above 0; below 1 favours probable tokens.
        top_k: number of tokens kept; None keeps all.
        top_p: probability kept, in (0, 1]; 1 keeps all tokens.
        n_best: samples for each sentence, returned with the most probable first.
        seed: of the random numbers; not negative.
    """

    def __init__(self, temperature=1.0, top_k=None, top_p=1.0, n_best=1, seed=0):
        if not 0 < temperature < float("inf"):
            raise InputError(
                f"temperature must be a finite number above 0. Received: {temperature}"
            )
        if top_k is not None and top_k < 1:
            raise InputError(f"top-k must be at least 1. Received: {top_k}")
        if not 0 < top_p <= 1:
            raise InputError(f"top-p must lie in (0, 1]. Received: {top_p}")
        if n_best < 1:
            raise InputError(f"n-best must be at least 1. Received: {n_best}")
        if seed < 0:
            raise InputError(f"seed must not be negative. Received: {seed}")
        self.temperature = temperature
        self.top_k = top_k
        self.top_p = top_p
        self.width = self.n_best = n_best
        self.seed = seed

    def chance(self, numbers, length):
        """A number in [0, 1) for every token of every sample: float (B, W, T)."""
        return np.stack(
            [
                np.random.default_rng((self.seed, number)).random(
                    (length, self.width), "float32"
                )
                for number in numbers
            ]
        ).transpose(0, 2, 1)

    def choose(self, logits, step, frozen, hypotheses):
        vocabulary_size = logits.shape[-1]
        left = min(self.top_k or vocabulary_size, vocabulary_size)
        scaled, token_ids = ops.top_k(logits / self.temperature, left)  # (B, W, left)
        cumulated = ops.cumsum(ops.softmax(scaled, axis=-1), axis=-1)
        # The token that reaches p is kept; those after it are not. Rounding may leave
        # the sum of all below 1 or p.
        reaching = ops.where(cumulated >= self.top_p, cumulated, 1.0)
        kept = ops.minimum(ops.min(reaching, -1, keepdims=True), cumulated[..., -1:])
        number = ops.take(hypotheses["chance"], step, axis=2)[:, :, None]
        place = ops.minimum(
            _count(cumulated <= number * kept), _count(cumulated < kept)
        )
        token_ids = ops.take_along_axis(token_ids, place, axis=-1)[:, :, 0]
        added = ops.take_along_axis(logits, token_ids[:, :, None], axis=-1)[:, :, 0]
        added = ops.where(frozen, 0.0, added - ops.logsumexp(logits, axis=-1))
        return Choice(ops.cast(token_ids, "int32"), hypotheses["log_probs"] + added)

    def scores(self, log_probs, lengths):
        return log_probs


def _count(places):
    """How many of the last axis are true: int (B, W, 1)."""
    return ops.sum(ops.cast(places, "int32"), axis=-1, keepdims=True)
