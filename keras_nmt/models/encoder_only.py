"""The encoder-only transformer: one pass, all target positions at once."""

import keras
from keras import ops

from keras_nmt.layers.transformer import (
    TokenAndPositionEmbedding,
    TransformerEncoderBlock,
)
from keras_nmt.models.translator import Translator


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

    def build(self, input_shape=None):
        for layer in (self.embedding, *self.blocks):
            layer.build()
        self.projection.build((None, self.blocks[0].model_dim))
        self.built = True

    @property
    def max_length(self):
        return self.embedding.positions.input_dim

    def translate(self, source, search=None):
        """The best token of each position; there is nothing to search."""
        logits = self({"source": source})
        return ops.convert_to_numpy(ops.argmax(logits, axis=-1))

    def decode(self, inputs, training=False):
        source = inputs["source"]
        mask = self.source_mask(source)
        x = self.embedding(source, training=training)
        for block in self.blocks:
            x = block(x, source_mask=mask, training=training)
        return x  # (B, S, D): here T = S

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
