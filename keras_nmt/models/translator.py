"""The contract that every translation system fulfils.

    call({source, target_in}) -> logits (B, T, V)     training: all positions at once
    encode(source) -> encoded                         search: the source, once
    initial_state(encoded, max_length) -> state       search: before the first token
    decode_step(token_ids, state, encoded) -> logits (R, V), state
                                                      search: one token further

`call` is enough to train a system; the other three let a search translate with it.
"""

import keras
from keras import ops

from keras_nmt import kernels
from keras_nmt.models.hypotheses import RowsOfState
from keras_nmt.models.losses import TokenLoss, masked_cross_entropy
from keras_nmt.specials import PAD


class Translator(RowsOfState, kernels.RowsApart):
    """A model that scores every token of the vocabulary at every target position.

    A subclass that defines `call` and `get_config` can be trained:

        model.compile(optimizer)
        model.fit(TranslationBatches(pairs, 128, [(20, 20)]))

    With `encode`, `initial_state` and `decode_step` every search translates with it.

    Args:
        target_vocabulary_size: V, the tokens that are scored.
        visible_padding: source positions below this number are seen even if they are
            padding; padding after them is hidden from attention and recurrence. The
            writeup's systems see all padding of their 20 positions, others see none.
        label_smoothing: of the training loss; 0 for plain cross-entropy.
    """

    parts = ()
    """Classes of the layers and other objects that `get_config` may contain."""

    max_length = None
    """Most positions on either side; None if there is no limit."""

    one_pass = False
    """Whether the target is predicted in one pass, so that there is nothing to search.
    Such a system overrides `translate` and has no `decode_step`."""

    def __init__(
        self, target_vocabulary_size, visible_padding=0, label_smoothing=0.0, **kwargs
    ):
        kernels.hold_model()
        super().__init__(**kwargs)
        self.target_vocabulary_size = target_vocabulary_size
        self.visible_padding = visible_padding
        self.label_smoothing = label_smoothing
        self.token_loss = TokenLoss()

    # === Training ===

    def build(self, input_shape=None):
        """Creates the weights of all layers that `call` uses."""
        ids = keras.KerasTensor((None, None), "int32")
        self.compute_output_spec({"source": ids, "target_in": ids})

    def call(self, inputs, training=False):
        """Scores all target positions in one pass.

        Call arguments:
            inputs: dict with `source: int (B, S)`, and `target_in: int (B, T)`, the
                tokens that the decoder reads: `SOS` and the target without its end.
            training: whether dropout is active.

        Returns:
            Logits, float (B, T, V). Those at position t are for the token that
            follows `target_in[:, t]`.
        """
        raise NotImplementedError(f"{type(self).__name__} must define call().")

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Mean negative log-likelihood of the real tokens of a batch.

        Keras calls this in `fit` and `evaluate`, after `call`.

        Args:
            x: the inputs.
            y: dict with `target_out: int (B, T)`, the tokens to be predicted; `PAD`
                where there are none.
            y_pred: logits, float (B, T, V).
            sample_weight: None; every real token weighs the same.
            training: whether labels are smoothed.
        """
        if sample_weight is not None:
            raise ValueError(
                "Translators do not weigh samples. Expected batches (inputs, targets) "
                "and no class_weight. Received: sample_weight"
            )
        smoothing = self.label_smoothing if training else 0.0
        loss, log_probs = masked_cross_entropy(y_pred, y["target_out"], smoothing)
        self.token_loss.update_state(y["target_out"], log_probs)
        loss = sum(self.losses, loss)  # `losses`: penalties of regularizers, if any
        return kernels.processes.mean_over_tokens(loss, y["target_out"])

    # === Search ===

    def encode(self, source):
        """Reads the source once.

        Args:
            source: int (B, S).

        Returns:
            `encoded`, a structure of tensors that lead with B, or None among them.
        """
        raise NotImplementedError(f"{type(self).__name__} must define encode().")

    def initial_state(self, encoded, max_length):
        """What `decode_step` needs to know of the past before there is any.

        Args:
            encoded: as `encode` returned it.
            max_length: most steps to come.

        Returns:
            `state`, a structure of tensors that lead with B. For W hypotheses a
            sentence a search makes it `widened`, and then `reordered` as they compete.
        """
        raise NotImplementedError(f"{type(self).__name__} must define initial_state().")

    def decode_step(self, token_ids, state, encoded):
        """Scores the next token of every hypothesis.

        Args:
            token_ids: int (R,), the newest token of each hypothesis. R = B * W rows;
                the W hypotheses of a sentence are adjacent.
            state: of each hypothesis; tensors that lead with R, unless the system
                overrides `widened`.
            encoded: of each sentence; tensors that lead with B.

        Returns:
            Logits, float (R, V), and the new state.
        """
        raise NotImplementedError(f"{type(self).__name__} must define decode_step().")

    def translate(self, source, decoder, numbers=None):
        """Translates a batch of sentences.

        Args:
            source: int (B, S), NumPy.
            decoder: `search.loop.Decoder`, a search over this translator.
            numbers: of the sentences, for a search that draws random numbers.

        Returns:
            token_ids, int (B, K, T), of the K best hypotheses, and their scores,
            float (B, K), or None.
        """
        return decoder(source, numbers)

    # === Attention ===

    def attention(self, inputs):
        """Where each target position looks in the source.

        Args:
            inputs: as those of `call`.

        Returns:
            dict: attention_weights by the name of their layer, float (B, H, T, S).
            Empty if the system has no attention to the source.
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
        """The constructor's arguments; a subclass adds its own."""
        return {
            **super().get_config(),
            "target_vocabulary_size": self.target_vocabulary_size,
            "visible_padding": self.visible_padding,
            "label_smoothing": self.label_smoothing,
        }
