"""Consistency of two passes over one batch, each with noise of its own.

R-Drop (Liang et al. 2021, https://arxiv.org/abs/2106.14448), half of its equation 4, so
that the step is as large as without it; p and q differ by their dropout:

    loss = (CE(p) + CE(q)) / 2 + weight (KL(p || q) + KL(q || p)) / 4

SimCut (Gao et al. 2022, "Bi-SimCut", https://arxiv.org/abs/2206.02368), where q has
lost some tokens on either side besides:

    loss = CE(p) + weight KL(p || q)

CE is the masked cross-entropy of `losses.py`, KL(p || q) = sum_v p_v log(p_v / q_v),
the mean over the same tokens. Gradients flow through p and q.
"""

from typing import NamedTuple

from keras import ops

from keras_nmt.layers.positions import ScoredPositions
from keras_nmt.models.losses import masked_cross_entropy
from keras_nmt.models.word_dropout import READ, kept_name
from keras_nmt.specials import PAD

CONSISTENCIES = ("none", "r_drop", "simcut")
"""What the two passes differ in: nothing, dropout, or dropout and removed tokens."""


class Shares(NamedTuple):
    """The factors of a consistency loss's four parts."""

    first: float
    """Of CE(p)."""
    second: float
    """Of CE(q)."""
    forward: float
    """Of KL(p || q)."""
    backward: float
    """Of KL(q || p)."""


def shares(consistency, weight):
    """The `Shares` of "r_drop" or "simcut"."""
    if consistency == "r_drop":
        return Shares(0.5, 0.5, weight / 4, weight / 4)
    return Shares(1.0, 0.0, weight, 0.0)


def consistent_cross_entropy(first, second, target_out, shares, label_smoothing=0.0):
    """The loss of two passes from their logits.

    This is the reference. `fast_consistency` computes the same number.

    Args:
        first, second: logits, float (B, T, V).
        target_out: int (B, T), `PAD` where there is nothing to predict.
        shares: `Shares`.
        label_smoothing: of the cross-entropies, as in `masked_cross_entropy`.

    Returns:
        The loss, a scalar, and the log-probability of each token in the first pass,
        float (B, T).
    """
    loss, of_targets = masked_cross_entropy(first, target_out, label_smoothing)
    other, _ = masked_cross_entropy(second, target_out, label_smoothing)
    real = ops.cast(ops.not_equal(target_out, PAD), loss.dtype)
    count = ops.maximum(ops.sum(real), 1.0)
    log_p, log_q = (
        ops.log_softmax(ops.cast(logits, "float32"), axis=-1)
        for logits in (first, second)
    )
    forward = ops.sum(ops.exp(log_p) * (log_p - log_q), axis=-1)
    backward = ops.sum(ops.exp(log_q) * (log_q - log_p), axis=-1)
    divergence = shares.forward * forward + shares.backward * backward
    losses = shares.first * loss + shares.second * other
    return losses + ops.sum(real * divergence) / count, of_targets


def doubled_inputs(first, second):
    """One batch of 2B rows from the inputs of two passes over B rows."""
    both = {name: ops.concatenate([first[name], second[name]]) for name in first}
    for mask in map(kept_name, READ):
        if mask in second:
            kept = first.get(mask, ops.ones_like(second[mask]))
            both[mask] = ops.concatenate([kept, second[mask]])
    return both


def doubled_positions(scored):
    """The `ScoredPositions` of such a batch: 2N places of (2B, T).

    Those of the first pass come first, with their filling.
    """
    count, places = ops.shape(scored.places)[0], ops.size(scored.rows)
    is_scored = ops.less(scored.rows, count)
    first = ops.where(is_scored, scored.rows, 2 * count)
    second = ops.where(is_scored, scored.rows + count, 2 * count)
    return ScoredPositions(
        ops.concatenate([scored.places, scored.places + places]),
        ops.concatenate([first, second]),
    )
