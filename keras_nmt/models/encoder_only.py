"""The encoder-only transformer predicts all target positions in one pass."""

import keras
import numpy as np
from keras import ops

from keras_nmt import kernels
from keras_nmt.layers.embedding import TokenAndPositionEmbedding
from keras_nmt.layers.transformer import TransformerEncoderBlock
from keras_nmt.models.projected import ProjectedTranslator
from keras_nmt.specials import EOS, PAD


@keras.saving.register_keras_serializable("keras_nmt")
class EncoderOnlyTranslator(ProjectedTranslator):
    """Position t of the encoder's output is position t of the translation.

        memory = encoder(embed(source) + embed(position))
        logits_t = W memory_t + b

    Every target token is predicted independently of the others, and the translation
    has as many positions as the padded source, so S = T. The system shows what a
    decoder is for.

    Args:
        source_vocabulary_size: tokens of the source.
        model_dim, num_heads, intermediate_dim, dropout, key_dim: of the blocks, as
            in `TransformerBlock`; dropout also on the embeddings.
        num_layers: encoder blocks.
        max_length: positions of the position embedding.
        kwargs: the other arguments of `ProjectedTranslator`.
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
        """The best token of each position, and their joint log-probability.

        Positions do not depend on one another, so this is the most probable sequence.
        There is nothing to search, and `decoder` is not used.
        """
        if self._best is None:
            self._best = kernels.compiled(self._best_tokens, self)
        token_ids, log_probs = map(ops.convert_to_numpy, self._best(source))
        ends = token_ids == EOS
        limit = np.maximum((source != PAD).sum(axis=1), self.visible_padding)
        after_end = np.cumsum(ends, axis=1) > ends
        beyond_limit = np.arange(source.shape[1]) >= limit[:, None]
        unused = after_end | beyond_limit
        scores = np.where(unused, 0.0, log_probs).sum(axis=1)
        return np.where(unused, PAD, token_ids)[:, None], scores[:, None]

    def _best_tokens(self, source):
        logits = self({"source": source})
        log_probs = ops.max(logits, axis=-1) - ops.logsumexp(logits, axis=-1)
        return kernels.argmax(logits), log_probs

    def attention(self, inputs):
        """As in `Translator`; target position t is source position t."""
        source, weights = inputs["source"], {}
        x, mask = self.embedding(source), self.source_mask(source)
        for block in self.blocks:
            x, weights[block.name] = block(
                x, source_mask=mask, return_attention_weights=True
            )
        return weights

    def hidden_states(self, inputs, training=False, scored=None):
        source = inputs["source"]
        mask = self.source_mask(source)
        kept = inputs.get("source_kept")
        x = self.embedding(source, training=training, kept=kept)
        *lower, last = self.blocks
        for block in lower:
            x = block(x, source_mask=mask, training=training)
        if scored is not None and scored.rows.shape[1] not in (None, source.shape[1]):
            raise ValueError(
                "target position t is source position t, so source and target must "
                f"have one length. Received: {source.shape} and {scored.rows.shape}"
            )
        return last(x, source_mask=mask, training=training, scored=scored)

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
