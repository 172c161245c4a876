"""The full transformer: an encoder, and a decoder that attends to it."""

import keras
from keras import ops

from keras_nmt import backends
from keras_nmt.layers.embedding import TokenAndPositionEmbedding
from keras_nmt.layers.transformer import (
    TransformerDecoderBlock,
    TransformerEncoderBlock,
)
from keras_nmt.models.translator import Translator


@keras.saving.register_keras_serializable("keras_nmt")
class TransformerTranslator(Translator):
    """ "Attention Is All You Need" (Vaswani et al. 2017) with learned positions.

        memory   = encoder(embed(source) + embed(position))
        hidden   = decoder(embed(target_in) + embed(position), memory)
        logits_t = W hidden_t + b

    Trained by teacher forcing: a causal mask keeps position t from seeing what it
    is to predict.

    Args:
        source_vocabulary_size: source tokens to embed.
        model_dim, num_heads, intermediate_dim, dropout: of the blocks, as in
            `TransformerBlock`.
        encoder_layers, decoder_layers: blocks of each.
        max_length: positions that can be embedded, on either side.
    """

    def __init__(
        self,
        source_vocabulary_size,
        target_vocabulary_size,
        model_dim,
        num_heads,
        intermediate_dim,
        encoder_layers,
        decoder_layers,
        max_length,
        dropout=0.0,
        **kwargs,
    ):
        super().__init__(target_vocabulary_size, **kwargs)
        self.max_length = max_length
        self.source_embedding, self.target_embedding = (
            TokenAndPositionEmbedding(
                size, model_dim, max_length, name=f"{side}_embedding"
            )
            for side, size in (
                ("source", source_vocabulary_size),
                ("target", target_vocabulary_size),
            )
        )
        self.encoder_blocks, self.decoder_blocks = (
            [
                block(
                    model_dim,
                    num_heads,
                    intermediate_dim,
                    dropout,
                    name=f"{side}_{depth}",
                )
                for depth in range(layers)
            ]
            for side, block, layers in (
                ("encoder", TransformerEncoderBlock, encoder_layers),
                ("decoder", TransformerDecoderBlock, decoder_layers),
            )
        )

    def build(self, input_shape=None):
        for layer in (
            self.source_embedding,
            self.target_embedding,
            *self.encoder_blocks,
            *self.decoder_blocks,
        ):
            layer.build()
        self.projection.build((None, self.decoder_blocks[0].model_dim))
        self.built = True

    def decode(self, inputs, training=False):
        memory, mask = self._read(inputs["source"], training)
        x = self.target_embedding(inputs["target_in"], training=training)
        packing = self.packing(inputs)
        for block in self.decoder_blocks:
            x = block(x, memory, source_mask=mask, training=training, packing=packing)
        return x

    def attention(self, inputs):
        memory, mask = self._read(inputs["source"], training=False)
        x, weights = self.target_embedding(inputs["target_in"]), {}
        for block in self.decoder_blocks:
            x, weights[block.name] = block(
                x, memory, source_mask=mask, return_attention_weights=True
            )
        return weights

    def _read(self, source, training):
        mask = self.source_mask(source)
        memory = self.source_embedding(source, training=training)
        for block in self.encoder_blocks:
            memory = block(memory, source_mask=mask, training=training)
        return memory, mask

    def encode(self, source):
        """Reads the source once.

        Args:
            source: int (B, S).

        Returns:
            dict: `memory: float (B, S, D)`, `source_mask: bool (B, S)` or None, and
            `caches`, a block's keys and values of the memory, (B, H, S, K) each.
        """
        memory, mask = self._read(source, training=False)
        caches = [block.memory_cache(memory) for block in self.decoder_blocks]
        return {"memory": memory, "source_mask": mask, "caches": caches}

    def initial_state(self, encoded, max_length):
        """Position 0 and a block's empty keys and values; every leaf leads with B.

        Args:
            encoded: as `encode` gave it.
            max_length: most steps to come.
        """
        batch = ops.shape(encoded["memory"])[0]
        return {
            "position": ops.zeros((batch,), "int32"),
            "caches": [
                block.empty_cache(batch, max_length) for block in self.decoder_blocks
            ],
        }

    def decode_step(self, token_ids, state, encoded):
        """One target position.

        Args:
            token_ids: int (R,), R = B * W rows, a sentence's hypotheses adjacent.
            state: of each row; every leaf leads with R. All rows stand at the same
                position.
            encoded: of each sentence, as `encode` gave it.

        Returns:
            logits, float (R, V), and the new state.
        """
        position = state["position"][0]
        x, caches = self.target_embedding.step(token_ids, position), []
        for block, cache, memory_cache in zip(
            self.decoder_blocks, state["caches"], encoded["caches"], strict=True
        ):
            x, cache = block.step(
                x, position, cache, memory_cache, encoded["source_mask"]
            )
            caches.append(cache)
        state = {"position": state["position"] + 1, "caches": caches}
        return backends.dense(self.projection, x[:, 0]), state

    def get_config(self):
        block = self.decoder_blocks[0]
        return {
            **super().get_config(),
            "source_vocabulary_size": self.source_embedding.tokens.input_dim,
            "model_dim": block.model_dim,
            "num_heads": block.num_heads,
            "intermediate_dim": block.intermediate_dim,
            "encoder_layers": len(self.encoder_blocks),
            "decoder_layers": len(self.decoder_blocks),
            "max_length": self.max_length,
            "dropout": block.dropout_rate,
        }
