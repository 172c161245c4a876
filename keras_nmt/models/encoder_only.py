"""The encoder-only transformer: one pass, all target positions at once."""

import keras
import numpy as np
from keras import ops

from keras_nmt import backends
from keras_nmt.layers.embedding import TokenAndPositionEmbedding
from keras_nmt.layers.transformer import TransformerEncoderBlock
from keras_nmt.models.translator import Translator
from keras_nmt.specials import EOS, PAD


@keras.saving.register_keras_serializable("keras_nmt")
class EncoderOnlyTranslator(Translator):
    """Position t of the encoder's output is position t of the translation.

        memory = encoder(embed(source) + embed(position))
        logits_t = W memory_t + b

    Every target token is chosen without a look at the others, and the translation
    has as many positions as the padded source. It shows what a decoder is for.

    Args:
        source_vocabulary_size: source tokens to embed.
        model_dim, num_heads, intermediate_dim, dropout, key_dim: of the blocks, as
            in `TransformerBlock`.
        num_layers: encoder blocks.
        max_length: positions that can be embedded.
    """

    def __init__(
        self,
        source_vocabulary_size,
        target_vocabulary_size,
        model_dim,
        num_heads,
        intermediate_dim,
        num_layers,
        max_length,
        dropout=0.0,
        key_dim=None,
        **kwargs,
    ):
        super().__init__(target_vocabulary_size, **kwargs)
        self.embedding = TokenAndPositionEmbedding(
            source_vocabulary_size, model_dim, max_length, dropout, name="embedding"
        )
        self.blocks = [
            TransformerEncoderBlock(
                model_dim,
                num_heads,
                intermediate_dim,
                dropout,
                key_dim,
                name=f"encoder_{depth}",
            )
            for depth in range(num_layers)
        ]
        self._best = None

    def build(self, input_shape=None):
        for layer in (self.embedding, *self.blocks):
            layer.build()
        self.projection.build((None, self.blocks[0].model_dim))
        self.built = True

    @property
    def max_length(self):
        return self.embedding.positions.input_dim

    one_pass = True

    def translate(self, source, decoder=None, numbers=None):
        """The best token of each position, and the log-probability of them together.

        As positions do not depend on one another, this is the most probable
        sequence: there is nothing to search, and `decoder` is not used.
        """
        if self._best is None:
            self._best = backends.compiled(self._best_tokens, self)
        token_ids, log_probs = map(ops.convert_to_numpy, self._best(source))
        ends = token_ids == EOS
        limit = np.maximum((source != PAD).sum(axis=1), self.visible_padding)
        unsaid = (np.cumsum(ends, axis=1) > ends) | (
            np.arange(source.shape[1]) >= limit[:, None]
        )
        scores = np.where(unsaid, 0.0, log_probs).sum(axis=1)
        return np.where(unsaid, PAD, token_ids)[:, None], scores[:, None]

    def _best_tokens(self, source):
        logits = self({"source": source})
        log_probs = ops.max(logits, axis=-1) - ops.logsumexp(logits, axis=-1)
        return backends.argmax(logits), log_probs

    def attention(self, inputs):
        """As of every system; the target's positions are the source's own."""
        source, weights = inputs["source"], {}
        x, mask = self.embedding(source), self.source_mask(source)
        for block in self.blocks:
            x, weights[block.name] = block(
                x, source_mask=mask, return_attention_weights=True
            )
        return weights

    def decode(self, inputs, training=False):
        source = inputs["source"]
        mask = self.source_mask(source)
        x = self.embedding(source, training=training)
        *lower, last = self.blocks
        for block in lower:
            x = block(x, source_mask=mask, training=training)
        # (B, S, D): here T = S
        return last(
            x, source_mask=mask, training=training, packing=self.packing(inputs)
        )

    def get_config(self):
        block = self.blocks[0]
        return {
            **super().get_config(),
            "source_vocabulary_size": self.embedding.tokens.input_dim,
            "model_dim": block.model_dim,
            "num_heads": block.num_heads,
            "intermediate_dim": block.intermediate_dim,
            "num_layers": len(self.blocks),
            "max_length": self.embedding.positions.input_dim,
            "dropout": block.dropout_rate,
            "key_dim": block.key_dim,
        }
