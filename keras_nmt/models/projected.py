"""Translators that score the vocabulary by one projection, and train faster for it."""

import keras
from keras import ops

from keras_nmt import kernels
from keras_nmt.layers.positions import ScoredPositions
from keras_nmt.models.fast_loss import fast_cross_entropy, token_log_probs
from keras_nmt.models.translator import Translator
from keras_nmt.specials import PAD


class ProjectedTranslator(kernels.LossWithoutCall, Translator):
    """A translator whose logits are a projection of hidden vectors.

        logits_t = W hidden_t + b

    A subclass defines `hidden_states` instead of `call`. In `fit` and `evaluate` such
    a system does not compute the logits of whole batches: `fast_loss` gives the same
    loss from the hidden vectors of the scored positions. `plain_loss = True`, on a
    model or a class, trains by `Translator.compute_loss` as any other translator.

    Args:
        target_vocabulary_size: V.
        projection: a layer with `kernel: (D, V)` and `bias: (V,)`; Keras's `Dense`
            by default.
        kwargs: the other arguments of `Translator`.
    """

    plain_loss = False

    def __init__(self, target_vocabulary_size, projection=None, **kwargs):
        super().__init__(target_vocabulary_size, **kwargs)
        self.projection = projection or keras.layers.Dense(
            target_vocabulary_size, name="projection"
        )

    def hidden_states(self, inputs, training=False, scored=None):
        """The vectors of all target positions before the projection.

        `fast_loss` calls this outside of `call`: give `training` to every layer that
        behaves differently in training.

        Args:
            inputs: as those of `call`.
            training: whether dropout is active.
            scored: `ScoredPositions`: only those are wanted, and the others may hold
                any finite numbers. None if all are.

        Returns:
            float (B, T, D).
        """
        raise NotImplementedError(f"{type(self).__name__} must define hidden_states().")

    def call(self, inputs, training=False):
        return self.projection(self.hidden_states(inputs, training=training))

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        if y_pred is not None or sample_weight is not None:
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        return sum(self.losses, self.fast_loss(x, y, training))

    def fast_loss(self, inputs, targets, training=False):
        """The loss of `Translator.compute_loss`, without `call`.

        Only the scored positions are projected, a block of rows at a time.

        Args:
            inputs: as those of `call`.
            targets: as `TranslationBatches` gives them.
            training: whether dropout is active and labels are smoothed.
        """
        scored = ScoredPositions(targets["scored"], targets["row_of"])
        hidden = self.hidden_states(inputs, training=training, scored=scored)
        # Reshaping reads the variables: TensorFlow's custom gradients take no
        # variables when run eagerly, and `convert_to_tensor` leaves them as they are.
        kernel, bias = (
            ops.reshape(weight, weight.shape)
            for weight in (self.projection.kernel, self.projection.bias)
        )
        # A softmax over thousands of tokens needs more than half precision.
        hidden = ops.cast(scored.gather(hidden), kernel.dtype)
        tokens = targets["scored_tokens"]
        if training:
            loss, log_probs = fast_cross_entropy(
                hidden, kernel, bias, tokens, self.label_smoothing
            )
        else:
            log_probs = token_log_probs(hidden, kernel, bias, tokens)
            real = ops.cast(ops.not_equal(tokens, PAD), log_probs.dtype)
            loss = -ops.sum(real * log_probs) / ops.maximum(ops.sum(real), 1.0)
        self.token_loss.update_state(tokens, log_probs)
        return loss
