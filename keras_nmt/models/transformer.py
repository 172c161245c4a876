"""The full transformer: an encoder, and a decoder that attends to its output."""

import keras
from keras import ops

from keras_nmt import kernels
from keras_nmt.layers.embedding import (
    TiedProjection,
    TokenAndPositionEmbedding,
    TokenEmbedding,
)
from keras_nmt.layers.transformer import (
    TransformerDecoderBlock,
    TransformerEncoderBlock,
)
from keras_nmt.layers.transformer_block import layer_norm
from keras_nmt.models.projected import ProjectedTranslator
from keras_nmt.models.shared_caches import SharedCaches, seen_past
from keras_nmt.models.tying import check_tied


@keras.saving.register_keras_serializable("keras_nmt")
class TransformerTranslator(SharedCaches, ProjectedTranslator):
    """ "Attention Is All You Need" (Vaswani et al. 2017).

        memory   = encoder(embed(source) + encode(position))
        hidden   = decoder(embed(target_in) + encode(position), memory)
        logits_t = W hidden_t + b

    It is trained by teacher forcing: a causal mask hides from position t the tokens
    that it is to predict.

    Args:
        source_vocabulary_size: tokens of the source.
        model_dim, num_heads, intermediate_dim, dropout, norm: of the blocks, as in
            `TransformerBlock`.
        encoder_layers, decoder_layers: number of blocks.
        max_length: most positions on either side.
        tied: which weights the projection shares (Press & Wolf 2017): "none",
            "target" for those of the target embedding, "all" for one embedding of
            both languages, which must have one vocabulary.
        positions: "learned", "sinusoidal" or "rotary" (`layers.position_encoding`).
        scaled_embeddings: whether embeddings that are not tied are scaled as the tied
            ones, which always are (`TokenEmbedding`).
        attention_dropout, activation_dropout: as in `TransformerBlock`.
        embedding_dropout: on the sum of token and position embeddings.
        kwargs: the other arguments of `ProjectedTranslator`.
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
        norm="post",
        tied="none",
        positions="learned",
        scaled_embeddings=False,
        attention_dropout=None,
        activation_dropout=0.0,
        embedding_dropout=0.0,
        **kwargs,
    ):
        check_tied(tied, source_vocabulary_size, target_vocabulary_size)
        shared = None
        if tied != "none":
            shared = TokenEmbedding(
                target_vocabulary_size, model_dim, scaled=True, name="tokens"
            )
            kwargs["projection"] = TiedProjection(shared, name="projection")
        super().__init__(target_vocabulary_size, **kwargs)
        self.max_length = max_length
        self.norm = norm
        self.tied = tied
        self.positions = positions
        self.scaled_embeddings = scaled_embeddings
        self.attention_dropout = attention_dropout
        self.activation_dropout = activation_dropout
        self.embedding_dropout = embedding_dropout
        self.source_embedding, self.target_embedding = (
            TokenAndPositionEmbedding(
                vocabulary_size,
                model_dim,
                max_length,
                dropout=embedding_dropout,
                tokens=tokens,
                positions=positions,
                scaled=scaled_embeddings,
                name=name,
            )
            for vocabulary_size, tokens, name in (
                (
                    source_vocabulary_size,
                    shared if tied == "all" else None,
                    "source_embedding",
                ),
                (target_vocabulary_size, shared, "target_embedding"),
            )
        )
        options = {
            "model_dim": model_dim,
            "num_heads": num_heads,
            "intermediate_dim": intermediate_dim,
            "dropout": dropout,
            "norm": norm,
            "attention_dropout": attention_dropout,
            "activation_dropout": activation_dropout,
            "rotary": positions == "rotary",
        }
        self.encoder_blocks = [
            TransformerEncoderBlock(**options, name=f"encoder_{depth}")
            for depth in range(encoder_layers)
        ]
        self.decoder_blocks = [
            TransformerDecoderBlock(**options, name=f"decoder_{depth}")
            for depth in range(decoder_layers)
        ]
        self.encoder_norm = self.decoder_norm = None
        if norm == "pre":
            self.encoder_norm = layer_norm("encoder_norm")
            self.decoder_norm = layer_norm("decoder_norm")

    def build(self, input_shape=None):
        for layer in (
            self.source_embedding,
            self.target_embedding,
            *self.encoder_blocks,
            *self.decoder_blocks,
        ):
            layer.build()
        for layer in (self.encoder_norm, self.decoder_norm, self.projection):
            if layer is not None:
                layer.build((None, self.decoder_blocks[0].model_dim))
        self.built = True

    def hidden_states(self, inputs, training=False, scored=None):
        memory, mask = self._read(inputs["source"], training, inputs.get("source_kept"))
        x = self.target_embedding(
            inputs["target_in"], training=training, kept=inputs.get("target_in_kept")
        )
        for block in self.decoder_blocks:
            x = block(x, memory, source_mask=mask, training=training, scored=scored)
        return _normalised(x, self.decoder_norm)

    def attention(self, inputs):
        memory, mask = self._read(inputs["source"], training=False)
        x, weights = self.target_embedding(inputs["target_in"]), {}
        for block in self.decoder_blocks:
            x, weights[block.name] = block(
                x, memory, source_mask=mask, return_attention_weights=True
            )
        return weights

    def _read(self, source, training, kept=None):
        mask = self.source_mask(source)
        memory = self.source_embedding(source, training=training, kept=kept)
        for block in self.encoder_blocks:
            memory = block(memory, source_mask=mask, training=training)
        return _normalised(memory, self.encoder_norm), mask

    def encode(self, source):
        """As in `Translator`.

        Returns:
            dict: `memory: float (B, S, D)`, `source_mask: bool (B, S)` or None, and
            `caches`, each block's keys and values of the memory, (B, H, S, K).
        """
        memory, mask = self._read(source, training=False)
        caches = [block.memory_cache(memory) for block in self.decoder_blocks]
        return {"memory": memory, "source_mask": mask, "caches": caches}

    def initial_state(self, encoded, max_length):
        """Position 0, and each block's cache for `max_length` positions."""
        batch = ops.shape(encoded["memory"])[0]
        return {
            "position": ops.zeros((batch,), "int32"),
            "caches": [
                block.empty_cache(batch, max_length) for block in self.decoder_blocks
            ],
        }

    def decode_step(self, token_ids, state, encoded):
        """As in `Translator`; all rows are at the same position."""
        position = state["position"][0]
        state = {**state, "position": state["position"] + 1}
        seen = None
        if "writers" in state:
            state["writers"], seen = seen_past(state, position)
        x, caches = self.target_embedding.step(token_ids, position), []
        for block, cache, memory_cache in zip(
            self.decoder_blocks, state["caches"], encoded["caches"], strict=True
        ):
            x, cache = block.step(
                x, position, cache, memory_cache, encoded["source_mask"], seen
            )
            caches.append(cache)
        x = _normalised(x[:, 0], self.decoder_norm)
        return kernels.dense(self.projection, x), {**state, "caches": caches}

    def get_config(self):
        block = self.decoder_blocks[0]
        config = {
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
        # Weights are bound to the config by a checksum, so that of a model which
        # could be made before these arguments existed must not name them.
        newer = {
            "norm": "post",
            "tied": "none",
            "positions": "learned",
            "scaled_embeddings": False,
            "attention_dropout": None,
            "activation_dropout": 0.0,
            "embedding_dropout": 0.0,
        }
        for name, default in newer.items():
            if getattr(self, name) != default:
                config[name] = getattr(self, name)
        return config


def _normalised(x, norm):
    """The output of the last block, normalised if there is a final norm."""
    return x if norm is None else norm(x)
