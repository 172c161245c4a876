"""The consistency losses of `consistency.py` in less time and memory.

As in `fast_loss.py`, the logits of both passes exist for a block of rows only, and the
gradients are written out. With logits u of p and v of q and their difference d = u - v:

    KL(p || q) = sum p d - log Z_u + log Z_v
    d KL(p || q) / du = p (d - sum p d)
    d KL(p || q) / dv = q - p

and the same for KL(q || p), with u and v exchanged.
"""

from keras import ops

from keras_nmt import kernels
from keras_nmt.models.fast_loss import BLOCK as ROWS
from keras_nmt.models.fast_loss import Blocks, log_softmax_at, mean_loss, weights_of

BLOCK = ROWS // 2
"""Rows of either pass that are projected to the vocabulary at once, unless the device
says another number."""


def fast_consistent_cross_entropy(
    hidden, kernel, bias, token_ids, shares, label_smoothing=0.0
):
    """`consistency.consistent_cross_entropy` of `logits = hidden kernel + bias`.

    Args:
        hidden: float (2N, D), those of the first pass first; N a multiple of `BLOCK`
            if TensorFlow does not know it.
        kernel: float (D, V).
        bias: float (V,).
        token_ids: int (N,), `PAD` where there is nothing to predict.
        shares: `consistency.Shares`.
        label_smoothing: as there.

    Returns:
        The loss, a scalar, and the log-probability of each token in the first pass,
        float (N,), through which no gradient flows.
    """
    weights = weights_of(token_ids, hidden.dtype)

    def sweep(hidden, kernel, bias):
        return _sweep(hidden, kernel, bias, token_ids, weights, shares, label_smoothing)

    return mean_loss(sweep, weights, hidden, kernel, bias)


def _sweep(hidden, kernel, bias, token_ids, weights, shares, smoothing):
    """Losses and log-probabilities (N,), and the three gradients of the mean loss."""
    count = ops.shape(token_ids)[0]
    tokens_kernel = ops.transpose(kernel)  # (V, D)
    hidden_and_1 = ops.concatenate([hidden, ops.ones_like(hidden[:, :1])], axis=1)
    kernel_and_bias = ops.concatenate([kernel, bias[None]], axis=0)  # (D + 1, V)

    blocks = Blocks(token_ids, BLOCK)
    size = blocks.size

    def body(block, carry):
        losses, log_probs, d_hidden, d_kernel = carry
        rows = ops.concatenate(
            [
                blocks.rows(hidden_and_1, block),
                blocks.rows(hidden_and_1, block, skip=count),
            ]
        )
        logits = kernels.matmul(rows, kernel_and_bias)  # (2 * size, V)
        tokens, weight = (blocks.rows(x, block) for x in (token_ids, weights))
        block_losses, chosen, d_logits = _block(
            logits, tokens, weight, shares, smoothing
        )
        d_rows = kernels.matmul(d_logits, tokens_kernel)
        d_hidden = blocks.put(d_hidden, block, d_rows[:size])
        d_hidden = blocks.put(d_hidden, block, d_rows[size:], skip=count)
        return (
            blocks.put(losses, block, block_losses),
            blocks.put(log_probs, block, chosen),
            d_hidden,
            d_kernel + kernels.matmul(ops.transpose(rows), d_logits),
        )

    zeros = tuple(
        ops.zeros_like(x) for x in (weights, weights, hidden, kernel_and_bias)
    )
    losses, log_probs, d_hidden, d_kernel = blocks.loop(body, zeros)
    return losses, log_probs, d_hidden, d_kernel[:-1], d_kernel[-1]


def _block(logits, tokens, weight, shares, smoothing):
    """Losses and log-probabilities of a block, and the gradient of its logits.

    Args:
        logits: float (2 * R, V) of R rows of either pass; overwritten on torch.
        tokens: int (R,).
        weight: float (R,), of each row in the mean.
    """
    rows, vocabulary_size = weight.shape[0], logits.shape[1]
    difference = logits[:rows] - logits[rows:]
    mean = ops.mean(logits, axis=-1) if smoothing else 0.0
    both = ops.concatenate([tokens, tokens])
    chosen, log_normalizer, exponentials, sums = log_softmax_at(logits, both)
    probabilities = kernels.scaled(exponentials, 1.0 / sums)
    cross_entropies = -(1.0 - smoothing) * chosen
    if smoothing:
        cross_entropies = cross_entropies - smoothing * (mean - log_normalizer)
    kl, d_logits = _divergences(difference, probabilities, log_normalizer, shares)
    losses = (
        kl
        + shares.first * cross_entropies[:rows]
        + shares.second * cross_entropies[rows:]
    )
    # The part of the targets in the gradient of the two cross-entropies.
    of_both = ops.concatenate([shares.first * weight, shares.second * weight])
    d_logits = kernels.scaled(d_logits, ops.concatenate([weight, weight])[:, None])
    if smoothing:
        d_logits = d_logits - (smoothing / vocabulary_size) * of_both[:, None]
    d_logits = kernels.added_at(d_logits, both, (smoothing - 1.0) * of_both)
    return losses, chosen[:rows], d_logits


def _divergences(difference, probabilities, log_normalizer, shares):
    """The weighted KL divergences of a block, and most of its gradient.

    Args:
        difference: u - v, float (R, V).
        probabilities: p and q, float (2 * R, V).
        log_normalizer: log Z of u and v, float (2 * R,).

    Returns:
        The divergences, float (R,), and float (2 * R, V): their gradients and
        those of the cross-entropies without the part of the targets.
    """
    rows = difference.shape[0]
    p, q = probabilities[:rows], probabilities[rows:]
    shift = log_normalizer[:rows] - log_normalizer[rows:]
    mean_p = ops.sum(p * difference, axis=-1)
    divergence = shares.forward * (mean_p - shift)
    d_p = (shares.first + shares.backward - shares.forward * mean_p)[:, None]
    d_u = p * (d_p + shares.forward * difference)
    d_v = (shares.second + shares.forward) * q - shares.forward * p
    if shares.backward:
        mean_q = ops.sum(q * difference, axis=-1)
        divergence = divergence + shares.backward * (shift - mean_q)
        d_u = d_u - shares.backward * q
        d_v = d_v + shares.backward * q * (mean_q[:, None] - difference)
    return divergence, ops.concatenate([d_u, d_v])
