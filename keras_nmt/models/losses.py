"""Cross-entropy over real target tokens, and the perplexity that follows from it."""

import keras
from keras import ops

from keras_nmt.kernels import processes
from keras_nmt.specials import PAD, SOS


def masked_cross_entropy(logits, target_out, label_smoothing=0.0):
    """Mean negative log-likelihood of the tokens that are not `PAD`; 0 if all are.

        loss = - sum_t log softmax(logits_t)[target_t] / count

    With label smoothing e (Szegedy et al. 2016, section 7) the wanted distribution is
    `(1 - e) onehot + e / V` instead of `onehot`; the log-probabilities stay plain.

    This is the reference. `fast_loss.fast_cross_entropy` computes the same number.

    Args:
        logits: float (B, T, V).
        target_out: int (B, T), `PAD` where there is nothing to predict.
        label_smoothing: e, the probability shared by the whole vocabulary.

    Returns:
        The loss, a scalar, and the log-probability of each token, float (B, T).
    """
    # A softmax over thousands of tokens needs more than half precision.
    log_probs = ops.log_softmax(ops.cast(logits, "float32"), axis=-1)
    of_targets = ops.take_along_axis(log_probs, target_out[..., None], axis=-1)[..., 0]
    losses = -of_targets
    if label_smoothing:
        of_all = ops.mean(log_probs, axis=-1)
        losses = (1.0 - label_smoothing) * losses - label_smoothing * of_all
    real = ops.cast(ops.not_equal(target_out, PAD), losses.dtype)
    loss = ops.sum(real * losses) / ops.maximum(ops.sum(real), 1.0)
    return loss, ops.stop_gradient(of_targets)


@keras.saving.register_keras_serializable("keras_nmt")
class TokenLoss(keras.metrics.Metric):
    """Negative log-likelihood per real token over an epoch, with perplexity.

    Every token of the epoch has the same weight, whichever batch it was in. Where the
    recipe scores `SOS`, the loss without it is given beside the loss with it.

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
        """Adds a batch.

        Args:
            token_ids: int, any shape; `PAD` is not counted.
            log_probs: float, the log-probability of each token, of the same shape.
        """
        real = ops.cast(ops.not_equal(token_ids, PAD), "float32")
        sos = ops.cast(ops.equal(token_ids, SOS), "float32")
        log_probs = ops.cast(log_probs, "float32")
        sums = [ops.sum(x) for x in (real * log_probs, real, sos * log_probs, sos)]
        total, count, sos_total, sos_count = processes.summed(sums)
        self.total.assign_sub(total)
        self.count.assign_add(count)
        self.sos_total.assign_sub(sos_total)
        self.sos_count.assign_add(sos_count)

    def result(self):
        nll = self.total / self.count
        without_sos = (self.total - self.sos_total) / (self.count - self.sos_count)
        return {
            "nll": nll,
            "perplexity": ops.exp(nll),
            "nll_without_sos": without_sos,
            "perplexity_without_sos": ops.exp(without_sos),
        }
