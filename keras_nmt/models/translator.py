"""The contract that every translation system fulfils."""

import keras
from keras import ops

from keras_nmt.models.losses import TokenLoss, masked_cross_entropy, token_log_probs
from keras_nmt.specials import PAD

EXTRA_LENGTH = 20
"""A hypothesis may be this much longer than its source before it is cut off."""


class Translator(keras.Model):
    """A model that turns source ids into a distribution over target sentences.

    Training needs one method of a subclass, `decode`, which gives a hidden vector
    for every target position; this class projects it to the vocabulary. `fit`,
    `evaluate` and the loss are the same for every system:

        model.compile(optimizer)
        model.fit(TranslationBatches(pairs, 128, [(20, 20)]))

    A batch that names its `scored` positions is projected there alone, and loss
    and gradient come from one sweep over the rows (`losses.masked_cross_entropy`).

    Args:
        target_vocabulary_size: V, columns of the projection.
        mask_source: whether padding of the source is hidden from attention and
            recurrence. The writeup's systems do not hide it.
        label_smoothing: of the training loss; 0 for plain cross-entropy.
        projection: the `Dense` layer to V columns, if it starts otherwise than
            Keras's does.
    """

    def __init__(
        self,
        target_vocabulary_size,
        mask_source=True,
        label_smoothing=0.0,
        projection=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.target_vocabulary_size = target_vocabulary_size
        self.mask_source = mask_source
        self.label_smoothing = label_smoothing
        self.projection = projection or keras.layers.Dense(
            target_vocabulary_size, name="projection"
        )
        self.token_loss = TokenLoss()

    def decode(self, inputs, training=False):
        """Hidden vectors of all target positions in one pass.

        Args:
            inputs: dict with `source: int (B, S)` and `target_in: int (B, T)`.

        Returns:
            float (B, T, D).
        """
        raise NotImplementedError(f"{type(self).__name__} must define decode().")

    def call(self, inputs, training=False):
        """One pass over whole sentences.

        Call arguments:
            inputs: dict with `source: int (B, S)` and `target_in: int (B, T)`.
            training: whether dropout is active.

        Returns:
            Logits, float (B, T, V). If `inputs` has `scored: int (N,)`, flat places
            among the `B * T` positions, the hidden vectors there, float (N, D):
            `compute_loss` projects them block by block.
        """
        hidden = self.decode(inputs, training=training)
        if "scored" not in inputs:
            return self.projection(hidden)
        flat = ops.reshape(hidden, (-1, hidden.shape[-1]))
        return ops.take(flat, inputs["scored"], axis=0)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Mean negative log-likelihood of the real tokens of a batch.

        Args:
            y: int (N,), the tokens at the scored positions, `PAD` for filling.
            y_pred: float (N, D), the hidden vectors there.
        """
        # Reshaping reads the variables: TensorFlow's custom gradients, when run
        # eagerly, take none, and `convert_to_tensor` leaves them as they are.
        kernel, bias = (
            ops.reshape(weight, weight.shape)
            for weight in (self.projection.kernel, self.projection.bias)
        )
        if training:
            loss, log_probs = masked_cross_entropy(
                y_pred, kernel, bias, y, self.label_smoothing
            )
        else:
            log_probs = token_log_probs(y_pred, kernel, bias, y)
            real = ops.cast(ops.not_equal(y, PAD), log_probs.dtype)
            loss = -ops.sum(real * log_probs) / ops.maximum(ops.sum(real), 1.0)
        self.token_loss.update_state(y, log_probs)
        return loss

    max_length = None
    """Most positions on either side; None where there is no such limit."""

    def translate(self, source, search):
        """Hypotheses for a batch of sources, `int (B, S)` to `int (B, T)` in NumPy.

        `search(translator, source, max_length)` chooses tokens over the contract.
        """
        length = source.shape[1] + EXTRA_LENGTH
        return search(self, source, min(length, self.max_length or length))

    def source_mask(self, source):
        """True at real source tokens, bool (B, S); None if padding is not hidden."""
        return ops.not_equal(source, PAD) if self.mask_source else None

    def get_config(self):
        return {
            **super().get_config(),
            "target_vocabulary_size": self.target_vocabulary_size,
            "mask_source": self.mask_source,
            "label_smoothing": self.label_smoothing,
        }
