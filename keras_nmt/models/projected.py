"""Translators that score the vocabulary by one projection, and train faster for it."""

import keras
from keras import ops

from keras_nmt import kernels
from keras_nmt.layers.positions import ScoredPositions
from keras_nmt.models import consistency as consistencies
from keras_nmt.models.consistency import CONSISTENCIES, consistent_cross_entropy
from keras_nmt.models.fast_consistency import fast_consistent_cross_entropy
from keras_nmt.models.fast_loss import fast_cross_entropy, token_log_probs
from keras_nmt.models.translator import Translator
from keras_nmt.models.word_dropout import without_some_tokens
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
        word_dropout: probability that a token is removed from what is read in
            training (`models.word_dropout`).
        consistency: one of `CONSISTENCIES`: "none", "r_drop" or "simcut"
            (`models.consistency`).
        consistency_weight: of the divergence in its loss.
        cutoff: SimCut's probability that a token is removed in the second pass.
        kwargs: the other arguments of `Translator`.
    """

    plain_loss = False

    def __init__(
        self,
        target_vocabulary_size,
        projection=None,
        word_dropout=0.0,
        consistency="none",
        consistency_weight=3.0,
        cutoff=0.05,
        **kwargs,
    ):
        if consistency not in CONSISTENCIES:
            raise ValueError(
                f"consistency must be one of {CONSISTENCIES}. Received: "
                f"consistency={consistency!r}"
            )
        super().__init__(target_vocabulary_size, **kwargs)
        self.word_dropout = word_dropout
        self.consistency = consistency
        self.consistency_weight = consistency_weight
        self.cutoff = cutoff
        # A seed is part of a run's state, so only who draws has one.
        if word_dropout or consistency == "simcut":
            self.token_seeds = keras.random.SeedGenerator(name="token_seeds")
        self.projection = projection or keras.layers.Dense(
            target_vocabulary_size, name="projection"
        )

    def hidden_states(self, inputs, training=False, scored=None):
        """The vectors of all target positions before the projection.

        `fast_loss` calls this outside of `call`: give `training` to every layer that
        behaves differently in training.

        Args:
            inputs: as those of `call`. Masks `source_kept: float (B, S)` and
                `target_in_kept: float (B, T)`, if there are any, multiply the
                embeddings of the tokens.
            training: whether dropout is active.
            scored: `ScoredPositions`: only those are wanted, and the others may hold
                any finite numbers. None if all are.

        Returns:
            float (B, T, D).
        """
        raise NotImplementedError(f"{type(self).__name__} must define hidden_states().")

    def call(self, inputs, training=False):
        inputs = self._after_word_dropout(inputs, training)
        return self.projection(self.hidden_states(inputs, training=training))

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        if y_pred is None and sample_weight is None:
            loss = sum(self.losses, self.fast_loss(x, y, training))
            return kernels.processes.mean_over_tokens(loss, y["target_out"])
        if self.consistency == "none" or not training or sample_weight is not None:
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        loss, log_probs = consistent_cross_entropy(
            y_pred,
            self(self._second_inputs(x), training=True),
            y["target_out"],
            self._shares(),
            self.label_smoothing,
        )
        self.token_loss.update_state(y["target_out"], log_probs)
        loss = sum(self.losses, loss)
        return kernels.processes.mean_over_tokens(loss, y["target_out"])

    def _shares(self):
        return consistencies.shares(self.consistency, self.consistency_weight)

    def _second_inputs(self, inputs):
        """What the second pass of a consistency loss reads."""
        if self.consistency != "simcut":
            return inputs
        return without_some_tokens(inputs, self.cutoff, self.token_seeds)

    def _after_word_dropout(self, inputs, training):
        if not training or not self.word_dropout:
            return inputs
        return without_some_tokens(inputs, self.word_dropout, self.token_seeds)

    def fast_loss(self, inputs, targets, training=False):
        """The loss of `Translator.compute_loss`, without `call`.

        Only the scored positions are projected, a block of rows at a time. The two
        passes of a consistency loss are one pass over twice as many rows.

        Args:
            inputs: as those of `call`.
            targets: as `TranslationBatches` gives them.
            training: whether dropout is active and labels are smoothed.
        """
        scored = ScoredPositions(targets["scored"], targets["row_of"])
        two_passes = training and self.consistency != "none"
        if two_passes:
            second = self._second_inputs(inputs)
            inputs = consistencies.doubled_inputs(inputs, second)
            scored = consistencies.doubled_positions(scored)
        inputs = self._after_word_dropout(inputs, training)
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
        if two_passes:
            loss, log_probs = fast_consistent_cross_entropy(
                hidden, kernel, bias, tokens, self._shares(), self.label_smoothing
            )
        elif training:
            loss, log_probs = fast_cross_entropy(
                hidden, kernel, bias, tokens, self.label_smoothing
            )
        else:
            log_probs = token_log_probs(hidden, kernel, bias, tokens)
            real = ops.cast(ops.not_equal(tokens, PAD), log_probs.dtype)
            loss = -ops.sum(real * log_probs) / ops.maximum(ops.sum(real), 1.0)
        self.token_loss.update_state(tokens, log_probs)
        return loss

    def get_config(self):
        config = super().get_config()
        # As in `TransformerTranslator`: older configs do not name these.
        newer = {
            "word_dropout": 0.0,
            "consistency": "none",
            "consistency_weight": 3.0,
            "cutoff": 0.05,
        }
        for name, default in newer.items():
            if getattr(self, name) != default:
                config[name] = getattr(self, name)
        return config
