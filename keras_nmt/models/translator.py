"""The contract that every translation system fulfils."""

import keras
from keras import ops

from keras_nmt.layers.packing import packed
from keras_nmt.models.losses import TokenLoss, masked_cross_entropy, token_log_probs
from keras_nmt.specials import PAD


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
        visible_padding: source positions below it are seen even where they are
            padding; attention and recurrence see no padding from there on. The
            writeup's systems see that of their 20 positions, all others none.
        label_smoothing: of the training loss; 0 for plain cross-entropy.
        projection: the `Dense` layer to V columns, if it starts otherwise than
            Keras's does.
    """

    def __init__(
        self,
        target_vocabulary_size,
        visible_padding=0,
        label_smoothing=0.0,
        projection=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.target_vocabulary_size = target_vocabulary_size
        self.visible_padding = visible_padding
        self.label_smoothing = label_smoothing
        self.projection = projection or keras.layers.Dense(
            target_vocabulary_size, name="projection"
        )
        self.token_loss = TokenLoss()

    def decode(self, inputs, training=False):
        """Hidden vectors of all target positions in one pass.

        Args:
            inputs: dict with `source: int (B, S)` and `target_in: int (B, T)`. With
                `scored` and `row_of` as well, only what is scored is wanted, and
                other positions may hold anything finite.

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
            `compute_loss` projects them block by block. `row_of: int (B, T)`, as
            `TranslationBatches` gives it, spares a system work at other positions.
        """
        hidden = self.decode(inputs, training=training)
        if "scored" not in inputs:
            return self.projection(hidden)
        return packed(hidden, inputs["scored"])

    def packing(self, inputs):
        """`scored` and `row_of` of a batch that has both, else None."""
        if "scored" in inputs and "row_of" in inputs:
            return inputs["scored"], inputs["row_of"]
        return None

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
        # Half precision ends here: a softmax over thousands of tokens needs more.
        y_pred = ops.cast(y_pred, kernel.dtype)
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

    one_pass = False
    """Whether all positions come at once, so that a search has nothing to choose."""

    def translate(self, source, decoder, numbers=None):
        """Hypotheses for a batch of sources.

        Args:
            source: int (B, S), NumPy.
            decoder: `decoding.search.Decoder`, a search over this translator.
            numbers: of the sentences, where the search depends on chance.

        Returns:
            token_ids, int (B, K, T), and scores, float (B, K), or None; as the
            decoder gives them.
        """
        return decoder(source, numbers)

    def attention(self, inputs):
        """Where each target position looks in the source.

        Args:
            inputs: dict with `source: int (B, S)` and `target_in: int (B, T)`.

        Returns:
            dict: attention_weights by the name of their layer, float (B, H, T, S);
            empty for a system that has no attention to the source.
        """
        return {}

    def source_mask(self, source):
        """True where the source is seen, bool (B, S); None if it is everywhere."""
        length = source.shape[1]
        if length is not None and length <= self.visible_padding:
            return None
        visible = ops.arange(ops.shape(source)[1]) < self.visible_padding
        return ops.logical_or(ops.not_equal(source, PAD), visible)

    def get_config(self):
        return {
            **super().get_config(),
            "target_vocabulary_size": self.target_vocabulary_size,
            "visible_padding": self.visible_padding,
            "label_smoothing": self.label_smoothing,
        }
