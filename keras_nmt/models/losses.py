"""Cross-entropy over real target tokens, and the perplexity that follows from it."""

import keras
from keras import ops

from keras_nmt import backends
from keras_nmt.specials import PAD, SOS

BLOCK = 384
"""Rows projected at once: the logits of a block stay in the processor's cache."""


def masked_cross_entropy(hidden, kernel, bias, token_ids, label_smoothing=0.0):
    """Vocabulary projection, softmax and mean negative log-likelihood in one sweep.

    `logits = hidden W + b`, `loss = -mean log softmax(logits)[token]` over the
    tokens that are not `PAD` (0 if there are none). The logits of a batch are tens
    of megabytes that softmax and gradient walk over again and again; here a block
    of rows is projected, scored and differentiated before the next one, and no
    one-hot vectors are made: `d loss / d logits = (softmax - onehot) / count`.

    With label smoothing e (Szegedy et al. 2016, section 7) the target distribution
    is `(1 - e) onehot + e / V` in the loss; the log-probabilities stay plain.

    Args:
        hidden: float (N, D); N a multiple of `BLOCK`.
        kernel: float (D, V).
        bias: float (V,).
        token_ids: int (N,), `PAD` where there is nothing to predict.
        label_smoothing: probability given to the whole vocabulary.

    Returns:
        The loss, a scalar, and the log-probability of each token, float (N,),
        through which no gradient flows.
    """
    real = ops.cast(ops.not_equal(token_ids, PAD), hidden.dtype)
    weights = real / ops.maximum(ops.sum(real), 1.0)

    # One output, loss first: Keras's custom gradients on torch know no second.
    @ops.custom_gradient
    def loss_and_log_probs(hidden, kernel, bias):
        losses, log_probs, *gradients = _sweep(
            hidden, kernel, bias, token_ids, weights, label_smoothing
        )
        loss = ops.sum(losses * weights)

        def gradient(*args, upstream=None):
            upstream = args[0] if upstream is None else upstream
            # A loss that is no number has no gradient, so that one look at the
            # gradients finds both.
            scale = ops.where(ops.isfinite(loss), upstream[0], float("nan"))
            return tuple(scale * g for g in gradients)

        return ops.concatenate([loss[None], log_probs]), gradient

    packed = loss_and_log_probs(hidden, kernel, bias)
    return packed[0], ops.stop_gradient(packed[1:])


def token_log_probs(hidden, kernel, bias, token_ids):
    """`log softmax(hidden W + b)[token]`, float (N,); arguments as above."""

    def body(block, log_probs):
        start = block * BLOCK
        logits = backends.matmul(_rows(hidden, start), kernel) + bias
        chosen, *_ = _log_softmax_at(logits, _rows(token_ids, start))
        return ops.slice_update(log_probs, (start,), chosen)

    return _for_each_block(hidden, body, ops.zeros_like(hidden[:, 0]))


def _sweep(hidden, kernel, bias, token_ids, weights, smoothing):
    """Losses and log-probabilities (N,), and the three gradients of the mean loss."""
    vocabulary_size = bias.shape[0]
    tokens_kernel = ops.transpose(kernel)  # (V, D)
    # As one more row of the kernel, the bias is added and its gradient summed up by
    # the products themselves: two walks over the logits less.
    hidden_and_1 = ops.concatenate([hidden, ops.ones_like(hidden[:, :1])], axis=1)
    kernel_and_bias = ops.concatenate([kernel, bias[None]], axis=0)  # (D + 1, V)

    def body(block, carry):
        losses, log_probs, d_hidden, d_kernel = carry
        start = block * BLOCK
        rows, tokens, weight = (
            _rows(x, start) for x in (hidden_and_1, token_ids, weights)
        )
        logits = backends.matmul(rows, kernel_and_bias)
        mean = ops.mean(logits, axis=-1) if smoothing else 0.0
        chosen, log_normalizer, exponentials, sums = _log_softmax_at(logits, tokens)
        d_logits = backends.scaled(exponentials, weight[:, None] / sums)
        block_losses = -(1.0 - smoothing) * chosen
        if smoothing:
            block_losses = block_losses - smoothing * (mean - log_normalizer)
            d_logits = d_logits - (smoothing / vocabulary_size) * weight[:, None]
        d_logits = backends.added_at(d_logits, tokens, (smoothing - 1.0) * weight)
        return (
            ops.slice_update(losses, (start,), block_losses),
            ops.slice_update(log_probs, (start,), chosen),
            ops.slice_update(
                d_hidden, (start, 0), backends.matmul(d_logits, tokens_kernel)
            ),
            d_kernel + backends.matmul(ops.transpose(rows), d_logits),
        )

    empty = ops.zeros_like(hidden[:, 0])
    zeros = (empty, empty, ops.zeros_like(hidden), ops.zeros_like(kernel_and_bias))
    losses, log_probs, d_hidden, d_kernel = _for_each_block(hidden, body, zeros)
    return losses, log_probs, d_hidden, d_kernel[:-1], d_kernel[-1]


def _log_softmax_at(logits, token_ids):
    """Log softmax at the tokens, and what softmax is made of.

    Args:
        logits: float (N, V); not to be used any more.
        token_ids: int (N,).

    Returns:
        The log-probabilities (N,), `log_normalizer` (N,), which is the difference of
        logits and log softmax, and `exponentials` (N, V) and their `sums` (N, 1),
        whose quotient softmax is.
    """
    highest = ops.max(logits, axis=-1, keepdims=True)
    at_tokens = ops.take_along_axis(logits, token_ids[:, None], axis=-1)
    exponentials = backends.exp_of_difference(logits, highest)
    sums = ops.sum(exponentials, axis=-1, keepdims=True)
    log_normalizer = highest + ops.log(sums)
    return (at_tokens - log_normalizer)[:, 0], log_normalizer[:, 0], exponentials, sums


def _rows(x, start):
    return ops.slice(x, (start, *[0] * (len(x.shape) - 1)), (BLOCK, *x.shape[1:]))


def _for_each_block(hidden, body, init):
    return ops.fori_loop(0, ops.shape(hidden)[0] // BLOCK, body, init)


@keras.saving.register_keras_serializable("keras_nmt")
class TokenLoss(keras.metrics.Metric):
    """Negative log-likelihood per real token over an epoch, with perplexity.

    Every token of the epoch counts the same, whichever batch it was in. Where the
    protocol scores `SOS`, the loss without it stands beside the one with it.

    `result()` is a dict: `nll`, `perplexity = exp(nll)`, `nll_without_sos` and
    `perplexity_without_sos`.
    """

    def __init__(self, name="token_loss", **kwargs):
        super().__init__(name=name, **kwargs)
        self.total = self.add_weight(name="total", initializer="zeros")
        self.count = self.add_weight(name="count", initializer="zeros")
        self.sos_total = self.add_weight(name="sos_total", initializer="zeros")
        self.sos_count = self.add_weight(name="sos_count", initializer="zeros")

    def update_state(self, token_ids, log_probs, sample_weight=None):
        """Adds a batch: `token_ids: int (N,)`, `log_probs: float (N,)`."""
        real = ops.cast(ops.not_equal(token_ids, PAD), "float32")
        sos = ops.cast(ops.equal(token_ids, SOS), "float32")
        log_probs = ops.cast(log_probs, "float32")
        self.total.assign_sub(ops.sum(real * log_probs))
        self.count.assign_add(ops.sum(real))
        self.sos_total.assign_sub(ops.sum(sos * log_probs))
        self.sos_count.assign_add(ops.sum(sos))

    def result(self):
        nll = self.total / self.count
        without_sos = (self.total - self.sos_total) / (self.count - self.sos_count)
        return {
            "nll": nll,
            "perplexity": ops.exp(nll),
            "nll_without_sos": without_sos,
            "perplexity_without_sos": ops.exp(without_sos),
        }
