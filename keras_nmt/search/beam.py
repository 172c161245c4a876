"""Beam search: keeps the W most probable hypotheses."""

import numpy as np
from keras import ops

from keras_nmt.errors import InputError
from keras_nmt.search.base import Choice, Search

IMPOSSIBLE = -1e30
"""Log-probability that excludes a choice; unlike -inf, it can be added up."""


class BeamSearch(Search):
    """Keeps the W hypotheses of the highest scores at every position.

        score(y) = log p(y) / length_penalty(y)
        length_penalty(y) = ((5 + |y|) / 6) ^ alpha

    This is the penalty of Wu et al. 2016 ("Google's Neural Machine Translation
    System", equation 14); |y| counts all tokens, `EOS` included. A finished hypothesis
    keeps its score and stays until better ones replace it. A sentence is done when no
    unfinished hypothesis can beat the `n_best` finished ones, even if all tokens up to
    its limit had probability 1. At the limit the unfinished ones that are left compete
    with their score so far, as in Hugging Face's search; they lack an `EOS`.

    Args:
        beam_size: W.
        length_penalty: alpha; 0 ranks by log-probability, and a larger alpha favours
            longer hypotheses.
        n_best: hypotheses returned, at most W.
    """

    def __init__(self, beam_size=4, length_penalty=0.6, n_best=1):
        if beam_size < 1:
            raise InputError(f"beam size must be at least 1. Received: {beam_size}")
        if not 0 <= length_penalty < float("inf"):
            raise InputError(
                "length penalty must be a finite number of at least 0. "
                f"Received: {length_penalty}"
            )
        if not 1 <= n_best <= beam_size:
            raise InputError(
                f"n-best must lie between 1 and the beam size, {beam_size}. "
                f"Received: {n_best}"
            )
        self.width = beam_size
        self.length_penalty = length_penalty
        self.n_best = n_best

    def get_config(self):
        return {"beam_size": self.width, "length_penalty": self.length_penalty}

    def first_log_probs(self):
        return [0.0] + [IMPOSSIBLE] * (self.width - 1)

    def choose(self, logits, step, frozen, hypotheses):
        # The W best of all continuations are among the W best of each hypothesis.
        width = self.width
        each = min(width, logits.shape[-1])
        best, token_ids = ops.top_k(logits, each)  # (B, W, each)
        added = best - ops.logsumexp(logits, axis=-1, keepdims=True)
        added = ops.where(frozen[:, :, None], self._frozen_additions(each), added)
        log_probs = hypotheses["log_probs"][:, :, None] + added
        lengths = hypotheses["lengths"] + ops.cast(ops.logical_not(frozen), "int32")
        scores = log_probs / self._penalty(lengths)[:, :, None]

        log_probs, token_ids, scores = (
            ops.reshape(x, (-1, width * each)) for x in (log_probs, token_ids, scores)
        )
        _, chosen = ops.top_k(scores, width)  # (B, W)
        return Choice(
            ops.cast(ops.take_along_axis(token_ids, chosen, axis=1), "int32"),
            ops.take_along_axis(log_probs, chosen, axis=1),
            ops.cast(chosen // each, "int32"),
        )

    @staticmethod
    def _frozen_additions(count):
        """Log-probabilities of a frozen hypothesis: one continuation, which adds 0."""
        return np.float32([0.0] + [IMPOSSIBLE] * (count - 1))

    def is_done(self, hypotheses):
        unlikely = IMPOSSIBLE * ops.ones_like(hypotheses["log_probs"])
        scores = hypotheses["log_probs"] / self._penalty(hypotheses["lengths"])
        finished = ops.where(hypotheses["finished"], scores, unlikely)
        worst_returned = ops.top_k(finished, self.n_best)[0][:, -1]
        bounds = hypotheses["log_probs"] / self._penalty(hypotheses["limit"][:, None])
        live = ops.max(ops.where(hypotheses["finished"], unlikely, bounds), axis=1)
        return ops.logical_and(
            worst_returned > IMPOSSIBLE / 1e9, worst_returned >= live
        )

    def scores(self, log_probs, lengths):
        return log_probs / self._penalty(lengths)

    def _penalty(self, lengths):
        if isinstance(lengths, np.ndarray):
            lengths = lengths.astype("float32")
        else:
            lengths = ops.cast(lengths, "float32")
        return ((5.0 + lengths) / 6.0) ** self.length_penalty
