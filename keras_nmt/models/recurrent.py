"""RNN, LSTM and GRU encoder-decoders, with or without attention."""

import keras
from keras import ops

from keras_nmt import kernels
from keras_nmt.layers.attention import (
    AdditiveAttention,
    CosineAttention,
    MultiplicativeAttention,
)
from keras_nmt.layers.dropout import Dropout
from keras_nmt.layers.embedding import TokenEmbedding, masked
from keras_nmt.layers.initializers import uniform
from keras_nmt.layers.recurrent import (
    BidirectionalEncoder,
    RecurrentDecoder,
    RecurrentEncoder,
    StackedEncoder,
)
from keras_nmt.models.feeding import FreeRunning, TeacherForcing
from keras_nmt.models.projected import ProjectedTranslator


@keras.saving.register_keras_serializable("keras_nmt")
class RecurrentTranslator(ProjectedTranslator):
    """Sequence to sequence learning (Sutskever et al. 2014), the writeup's variant.

        memory, [hidden, ...] = encoder(dropout(embed(source)))
        hidden_0 = tanh(W2 relu(W1 hidden + b1) + b2)
        hidden_t = decoder(token_t, hidden_t-1, memory)
        logits_t = W hidden_t + b

    Two dense layers, the bridge, transform the encoder's last hidden state into the
    decoder's first; an LSTM's cell state passes unchanged. In training, `feeding`
    decides which token the decoder reads: the reference's or its own.

    Args:
        source_vocabulary_size: tokens of the source.
        encoder: `RecurrentEncoder`, `BidirectionalEncoder` or `StackedEncoder`.
        decoder: `RecurrentDecoder` of the same `hidden_dim` and depth.
        feeding: `FreeRunning()` or `TeacherForcing()`.
        dropout: on the embedded source.
        kwargs: the other arguments of `ProjectedTranslator`.
    """

    parts = (
        AdditiveAttention,
        CosineAttention,
        MultiplicativeAttention,
        FreeRunning,
        TeacherForcing,
        BidirectionalEncoder,
        RecurrentDecoder,
        RecurrentEncoder,
        StackedEncoder,
    )

    def __init__(
        self,
        source_vocabulary_size,
        target_vocabulary_size,
        encoder,
        decoder,
        feeding,
        dropout=0.0,
        **kwargs,
    ):
        hidden_dim = decoder.hidden_dim
        projection = keras.layers.Dense(
            target_vocabulary_size, name="projection", **uniform(hidden_dim)
        )
        super().__init__(target_vocabulary_size, projection=projection, **kwargs)
        self.encoder = encoder
        self.decoder = decoder
        self.feeding = feeding
        self.source_embedding = TokenEmbedding(
            source_vocabulary_size, decoder.embedding_dim, name="source_embedding"
        )
        self.target_embedding = TokenEmbedding(
            target_vocabulary_size, decoder.embedding_dim, name="target_embedding"
        )
        self.dropout = Dropout(dropout)
        self.bridge = [
            keras.layers.Dense(
                hidden_dim,
                activation=activation,
                name=f"bridge_{activation}",
                **uniform(hidden_dim),
            )
            for activation in ("relu", "tanh")
        ]

    def build(self, input_shape=None):
        self.source_embedding.build()
        self.target_embedding.build()
        if not self.encoder.built:  # it is if it was deserialized
            self.encoder.build((None, None, self.source_embedding.output_dim))
        if not self.decoder.built:
            self.decoder.build()
        for layer in (*self.bridge, self.projection):
            layer.build((None, self.decoder.hidden_dim))
        self.built = True

    def encode(self, source, training=False, kept=None):
        """As in `Translator`; `kept` as in `TokenEmbedding`.

        Returns:
            dict: `memory: float (B, S, D)`, `source_mask: bool (B, S)` or None,
            `states`, the decoder's first ones, and with attention `keys`.
        """
        mask = self.source_mask(source)
        embedded = self.source_embedding(source, kept=kept)
        embedded = self.dropout(embedded, training=training)
        memory, states = self.encoder(embedded, mask=mask, training=training)
        encoded = {"memory": memory, "source_mask": mask}
        encoded["states"] = [
            [self._across_bridge(hidden), *rest] for hidden, *rest in states
        ]
        if self.decoder.attention is not None:
            encoded["keys"] = self.decoder.attention.keys(memory)
        return encoded

    def _across_bridge(self, hidden):
        for layer in self.bridge:
            hidden = layer(hidden)
        return hidden

    def initial_state(self, encoded, max_length=None):
        """The states of the decoder's cells, float (B, D) each."""
        return encoded["states"]

    def decode_step(self, token_ids, state, encoded):
        embedded = self.target_embedding.rows(token_ids)
        hidden, state, _ = self.decoder(embedded, state, encoded)
        return kernels.dense(self.projection, hidden), state

    def attention(self, inputs):
        if self.decoder.attention is None:
            return {}
        encoded = self.encode(inputs["source"])
        state, columns = self.initial_state(encoded), []
        for position in range(inputs["target_in"].shape[1]):
            embedded = self.target_embedding(inputs["target_in"][:, position])
            _, state, weights = self.decoder(embedded, state, encoded)
            columns.append(weights)
        return {"attention": ops.stack(columns, axis=1)[:, None]}  # (B, 1, T, S)

    def hidden_states(self, inputs, training=False, scored=None):
        encoded = self.encode(
            inputs["source"], training=training, kept=inputs.get("source_kept")
        )
        table, kept = self.target_embedding.table(), inputs.get("target_in_kept")

        def embed(token_ids, positions):
            of_these = None if kept is None else kept[:, positions]
            return masked(ops.take(table, token_ids, axis=0), of_these)

        def step(embedded, state):
            return self.decoder(embedded, state, encoded, training=training)[:2]

        hidden = self.feeding.unroll(
            step,
            embed,
            self._best_token,
            inputs["target_in"],
            self.initial_state(encoded),
        )
        return ops.stack(hidden, axis=1)  # (B, T, D)

    def _best_token(self, hidden):
        logits = kernels.dense(self.projection, ops.stop_gradient(hidden))
        return kernels.argmax(ops.stop_gradient(logits))

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "source_vocabulary_size": self.source_embedding.input_dim,
            "encoder": serialize(self.encoder),
            "decoder": serialize(self.decoder),
            "feeding": serialize(self.feeding),
            "dropout": self.dropout.rate,
        }

    @classmethod
    def from_config(cls, config):
        parts = ("encoder", "decoder", "feeding")
        deserialize = keras.saving.deserialize_keras_object
        return cls(**{**config, **{part: deserialize(config[part]) for part in parts}})
