"""Cross-entropy over real target tokens, and the perplexity that follows from it."""

import keras
from keras import ops

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
        logits = ops.matmul(_rows(hidden, start), kernel) + bias
        chosen, _, _ = _log_softmax_at(logits, _rows(token_ids, start))
        return ops.slice_update(log_probs, (start,), chosen)

    return _for_each_block(hidden, body, ops.zeros_like(hidden[:, 0]))


def _sweep(hidden, kernel, bias, token_ids, weights, smoothing):
    """Losses and log-probabilities (N,), and the three gradients of the mean loss."""
    vocabulary_size = bias.shape[0]
    tokens_kernel = ops.transpose(kernel)  # (V, D)

    def body(block, carry):
        losses, log_probs, d_hidden, d_kernel, d_bias = carry
        start = block * BLOCK
        rows, tokens, weight = (_rows(x, start) for x in (hidden, token_ids, weights))
        logits = ops.matmul(rows, kernel) + bias
        chosen, mean, probs = _log_softmax_at(logits, tokens)
        d_logits = (probs - smoothing / vocabulary_size) * weight[:, None]
        # The one-hot part of the gradient touches one column a row.
        onehot = (1.0 - smoothing) * weight
        d_rows = ops.matmul(d_logits, tokens_kernel) - onehot[:, None] * ops.take(
            tokens_kernel, tokens, axis=0
        )
        picked = ops.segment_sum(onehot[:, None] * rows, tokens, vocabulary_size)
        return (
            ops.slice_update(
                losses, (start,), -(1.0 - smoothing) * chosen - smoothing * mean
            ),
            ops.slice_update(log_probs, (start,), chosen),
            ops.slice_update(d_hidden, (start, 0), d_rows),
            d_kernel
            + ops.matmul(ops.transpose(rows), d_logits)
            - ops.transpose(picked),
            d_bias
            + ops.sum(d_logits, axis=0)
            - ops.segment_sum(onehot, tokens, vocabulary_size),
        )

    empty = ops.zeros_like(hidden[:, 0])
    zeros = (empty, empty, *(ops.zeros_like(x) for x in (hidden, kernel, bias)))
    return _for_each_block(hidden, body, zeros)


def _log_softmax_at(logits, token_ids):
    """log softmax at the tokens (N,) and on average (N,), and softmax (N, V)."""
    shifted = logits - ops.max(logits, axis=-1, keepdims=True)
    exponentials = ops.exp(shifted)
    normalizer = ops.sum(exponentials, axis=-1, keepdims=True)
    log_normalizer = ops.log(normalizer)
    chosen = ops.take_along_axis(shifted, token_ids[:, None], axis=-1)
    mean = ops.mean(shifted, axis=-1, keepdims=True)
    return (
        (chosen - log_normalizer)[:, 0],
        (mean - log_normalizer)[:, 0],
        exponentials / normalizer,
    )


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
