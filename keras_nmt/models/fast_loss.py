"""The masked cross-entropy of `losses.py` in less time and memory.

The logits of a batch are tens of megabytes, and softmax and gradient read them again
and again. Here a block of rows is projected to the vocabulary, scored and
differentiated before the next one, so that its logits stay in the processor's cache. A
GPU takes all rows as one block (`kernels.for_device`).
The gradient is written out, without one-hot vectors:

    d loss / d logits = (softmax(logits) - onehot) / count
"""

from keras import ops

from keras_nmt import kernels
from keras_nmt.specials import PAD

BLOCK = 384
"""Rows that are projected to the vocabulary at once, unless the device says another
number."""


def fast_cross_entropy(hidden, kernel, bias, token_ids, label_smoothing=0.0):
    """`losses.masked_cross_entropy` of `logits = hidden kernel + bias`.

    Args:
        hidden: float (N, D); N a multiple of `BLOCK` if TensorFlow does not know it.
        kernel: float (D, V).
        bias: float (V,).
        token_ids: int (N,), `PAD` where there is nothing to predict.
        label_smoothing: probability shared by the whole vocabulary.

    Returns:
        The loss, a scalar, and the log-probability of each token, float (N,),
        through which no gradient flows.
    """
    weights = weights_of(token_ids, hidden.dtype)

    def sweep(hidden, kernel, bias):
        return _sweep(hidden, kernel, bias, token_ids, weights, label_smoothing)

    return mean_loss(sweep, weights, hidden, kernel, bias)


def weights_of(token_ids, dtype):
    """The weight of each token in the mean over the tokens that are not `PAD`."""
    real = ops.cast(ops.not_equal(token_ids, PAD), dtype)
    return real / ops.maximum(ops.sum(real), 1.0)


def mean_loss(sweep, weights, hidden, kernel, bias):
    """The weighted sum of losses whose gradient is written out.

    Args:
        sweep: `(hidden, kernel, bias) -> losses (N,), log_probs (N,)`, and the
            gradients of the weighted sum by the three.
        weights: float (N,).

    Returns:
        The loss, a scalar, and `log_probs`, through which no gradient flows.
    """

    # Keras's custom gradients on torch allow one output: the loss comes first in it.
    @ops.custom_gradient
    def loss_and_log_probs(hidden, kernel, bias):
        losses, log_probs, *gradients = sweep(hidden, kernel, bias)
        loss = ops.sum(losses * weights)

        def gradient(*args, upstream=None):
            upstream = args[0] if upstream is None else upstream
            # The gradient of a NaN or infinite loss is NaN: whoever checks the
            # gradients has checked the loss.
            scale = ops.where(ops.isfinite(loss), upstream[0], float("nan"))
            return tuple(scale * g for g in gradients)

        return ops.concatenate([loss[None], log_probs]), gradient

    joined = loss_and_log_probs(hidden, kernel, bias)
    return joined[0], ops.stop_gradient(joined[1:])


def token_log_probs(hidden, kernel, bias, token_ids):
    """`log softmax(hidden kernel + bias)[token]`, float (N,), without a gradient.

    Arguments are those of `fast_cross_entropy`.
    """

    blocks = Blocks(hidden, BLOCK)

    def body(block, log_probs):
        logits = kernels.matmul(blocks.rows(hidden, block), kernel) + bias
        chosen, *_ = log_softmax_at(logits, blocks.rows(token_ids, block))
        return blocks.put(log_probs, block, chosen)

    return blocks.loop(body, ops.zeros_like(hidden[:, 0]))


def _sweep(hidden, kernel, bias, token_ids, weights, smoothing):
    """Losses and log-probabilities (N,), and the three gradients of the mean loss.

    Args:
        weights: float (N,), of each row in the mean.
        smoothing: label smoothing.
    """
    vocabulary_size = bias.shape[0]
    tokens_kernel = ops.transpose(kernel)  # (V, D)
    # With the bias as one more row of the kernel, the matrix products add it and sum
    # up its gradient, which saves reading the logits twice more.
    hidden_and_1 = ops.concatenate([hidden, ops.ones_like(hidden[:, :1])], axis=1)
    kernel_and_bias = ops.concatenate([kernel, bias[None]], axis=0)  # (D + 1, V)
    blocks = Blocks(hidden, BLOCK)

    def body(block, carry):
        losses, log_probs, d_hidden, d_kernel = carry
        rows, tokens, weight = (
            blocks.rows(x, block) for x in (hidden_and_1, token_ids, weights)
        )
        logits = kernels.matmul(rows, kernel_and_bias)
        mean = ops.mean(logits, axis=-1) if smoothing else 0.0
        chosen, log_normalizer, exponentials, sums = log_softmax_at(logits, tokens)
        d_logits = kernels.scaled(exponentials, weight[:, None] / sums)
        block_losses = -(1.0 - smoothing) * chosen
        if smoothing:
            block_losses = block_losses - smoothing * (mean - log_normalizer)
            d_logits = d_logits - (smoothing / vocabulary_size) * weight[:, None]
        d_logits = kernels.added_at(d_logits, tokens, (smoothing - 1.0) * weight)
        return (
            blocks.put(losses, block, block_losses),
            blocks.put(log_probs, block, chosen),
            blocks.put(d_hidden, block, kernels.matmul(d_logits, tokens_kernel)),
            d_kernel + kernels.matmul(ops.transpose(rows), d_logits),
        )

    empty = ops.zeros_like(hidden[:, 0])
    zeros = (empty, empty, ops.zeros_like(hidden), ops.zeros_like(kernel_and_bias))
    losses, log_probs, d_hidden, d_kernel = blocks.loop(body, zeros)
    return losses, log_probs, d_hidden, d_kernel[:-1], d_kernel[-1]


def log_softmax_at(logits, token_ids):
    """Log softmax at the tokens, and the parts of softmax.

    Args:
        logits: float (N, V); overwritten on torch.
        token_ids: int (N,).

    Returns:
        The log-probabilities (N,); `log_normalizer` (N,), so that
        `log softmax = logits - log_normalizer`; `exponentials` (N, V) and their
        `sums` (N, 1), so that `softmax = exponentials / sums`.
    """
    highest = ops.max(logits, axis=-1, keepdims=True)
    at_tokens = ops.take_along_axis(logits, token_ids[:, None], axis=-1)
    exponentials = kernels.exp_of_difference(logits, highest)
    sums = ops.sum(exponentials, axis=-1, keepdims=True)
    log_normalizer = highest + ops.log(sums)
    return (at_tokens - log_normalizer)[:, 0], log_normalizer[:, 0], exponentials, sums


class Blocks:
    """Equal blocks of the rows of arrays.

    Args:
        x: float (N, ...), with the number of all rows.
        known: a number that divides N, as for `kernels.rows_at_once`.
    """

    def __init__(self, x, known):
        self.size = kernels.rows_at_once(x.shape[0], known)
        self._count = ops.shape(x)[0] // self.size
        self._is_all = known != self.size == x.shape[0]

    def rows(self, x, block, skip=0):
        """The rows of one block, after `skip` rows of `x`."""
        if self._is_all:
            return ops.convert_to_tensor(x)[skip : skip + self.size]
        start = skip + block * self.size, *[0] * (len(x.shape) - 1)
        return ops.slice(x, start, (self.size, *x.shape[1:]))

    def put(self, x, block, rows, skip=0):
        """`x` with these rows in the place of that block."""
        if self._is_all and x.shape == rows.shape:
            return rows
        start = skip + block * self.size, *[0] * (len(x.shape) - 1)
        return ops.slice_update(x, start, rows)

    def loop(self, body, init):
        """`init` after `body(block, state)` for each block, from 0."""
        if self._is_all:
            return body(0, init)
        return ops.fori_loop(0, self._count, body, init)
