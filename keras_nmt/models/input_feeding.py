"""A recurrent encoder-decoder with attention and input feeding."""

import keras
from keras import ops

from keras_nmt import kernels
from keras_nmt.layers.attention import (
    AdditiveAttention,
    CosineAttention,
    MultiplicativeAttention,
)
from keras_nmt.layers.dropout import Dropout
from keras_nmt.layers.initializers import uniform
from keras_nmt.layers.input_feeding import InputFeedingDecoder
from keras_nmt.layers.normalised import NormalisedEncoder
from keras_nmt.layers.recurrent import (
    BidirectionalEncoder,
    RecurrentEncoder,
    StackedEncoder,
)
from keras_nmt.models.projected import ProjectedTranslator
from keras_nmt.models.tying import embeddings_and_projection


@keras.saving.register_keras_serializable("keras_nmt")
class InputFeedingTranslator(ProjectedTranslator):
    """The recurrent translator of Bahdanau et al. 2015 and Luong et al. 2015.

        memory, [hidden, ...] = encoder(embed(source))
        hidden_0 = tanh(W hidden + b)
        fed_t    = decoder(embed(target_in_t), fed_t-1, hidden_t-1, memory)
        logits_t = E fed_t + b

    Every cell of the decoder starts from the last states of the encoder's layer of the
    same depth; an LSTM's cell state passes unchanged. It is trained by teacher
    forcing (Williams & Zipser 1989).

    Args:
        source_vocabulary_size: tokens of the source.
        encoder: `RecurrentEncoder`, `BidirectionalEncoder`, one of them in a
            `NormalisedEncoder`, or a `StackedEncoder` of them.
        decoder: `InputFeedingDecoder` of the same `hidden_dim` and depth.
        dropout: on the memory.
        embedding_dropout: on the embedded tokens of both sides.
        output_dropout: on the vectors that are projected to the vocabulary; those
            that are fed back stay whole.
        tied: as in `embeddings_and_projection`.
        kwargs: as in `Translator`, from `visible_padding` on.
    """

    parts = (
        AdditiveAttention,
        CosineAttention,
        MultiplicativeAttention,
        BidirectionalEncoder,
        InputFeedingDecoder,
        NormalisedEncoder,
        RecurrentEncoder,
        StackedEncoder,
    )

    def __init__(
        self,
        source_vocabulary_size,
        target_vocabulary_size,
        encoder,
        decoder,
        dropout=0.0,
        embedding_dropout=0.0,
        output_dropout=0.0,
        tied="none",
        **kwargs,
    ):
        source_embedding, target_embedding, projection = embeddings_and_projection(
            tied, source_vocabulary_size, target_vocabulary_size, decoder.embedding_dim
        )
        super().__init__(target_vocabulary_size, projection=projection, **kwargs)
        self.source_embedding = source_embedding
        self.target_embedding = target_embedding
        self.encoder = encoder
        self.decoder = decoder
        self.tied = tied
        self.dropout = Dropout(dropout)
        self.embedding_dropout = Dropout(embedding_dropout)
        self.output_dropout = Dropout(output_dropout)
        self.bridge = [
            keras.layers.Dense(
                decoder.hidden_dim,
                activation="tanh",
                name=f"bridge_{depth}",
                **uniform(decoder.hidden_dim),
            )
            for depth in range(len(decoder.cells))
        ]

    def build(self, input_shape=None):
        for embedding in (self.source_embedding, self.target_embedding):
            if not embedding.built:
                embedding.build()
        if not self.encoder.built:  # it is if it was deserialized
            self.encoder.build((None, None, self.source_embedding.output_dim))
        if not self.decoder.built:
            self.decoder.build()
        for layer in self.bridge:
            layer.build((None, self.decoder.hidden_dim))
        self.projection.build((None, self.decoder.embedding_dim))
        self.built = True

    def encode(self, source, training=False, kept=None):
        """As in `Translator`; `kept` as in `TokenEmbedding`.

        Returns:
            dict: `keys` and `values` of the memory, as `InputFeedingDecoder.read`
            returns them, `source_mask: bool (B, S)` or None, and `states`, the
            decoder's first ones.
        """
        mask = self.source_mask(source)
        embedded = self.source_embedding(source, kept=kept)
        embedded = self.embedding_dropout(embedded, training=training)
        memory, states = self.encoder(embedded, mask=mask, training=training)
        memory = self.dropout(memory, training=training)
        first = [
            [layer(hidden), *rest]
            for layer, (hidden, *rest) in zip(self.bridge, states, strict=True)
        ]
        return {**self.decoder.read(memory), "source_mask": mask, "states": first}

    def initial_state(self, encoded, max_length=None):
        """The states of the decoder's cells, and an attentional vector of zeros."""
        return self.decoder.initial_state(encoded["states"])

    def decode_step(self, token_ids, state, encoded):
        embedded = self.target_embedding.rows(token_ids)
        fed, state, _ = self.decoder.step(embedded, state, encoded)
        return kernels.dense(self.projection, fed), state

    def attention(self, inputs):
        encoded = self.encode(inputs["source"])
        state, columns = self.initial_state(encoded), []
        for position in range(inputs["target_in"].shape[1]):
            embedded = self.target_embedding(inputs["target_in"][:, position])
            _, state, weights = self.decoder.step(embedded, state, encoded)
            columns.append(weights)
        return {"attention": ops.stack(columns, axis=1)[:, None]}  # (B, 1, T, S)

    def hidden_states(self, inputs, training=False, scored=None):
        encoded = self.encode(
            inputs["source"], training=training, kept=inputs.get("source_kept")
        )
        embedded = self.target_embedding(
            inputs["target_in"], kept=inputs.get("target_in_kept")
        )
        embedded = self.embedding_dropout(embedded, training=training)
        state = self.initial_state(encoded)
        fed = self.decoder(embedded, state, encoded, training=training)
        return self.output_dropout(fed, training=training)

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "source_vocabulary_size": self.source_embedding.input_dim,
            "encoder": serialize(self.encoder),
            "decoder": serialize(self.decoder),
            "dropout": self.dropout.rate,
            "embedding_dropout": self.embedding_dropout.rate,
            "output_dropout": self.output_dropout.rate,
            "tied": self.tied,
        }

    @classmethod
    def from_config(cls, config):
        parts = ("encoder", "decoder")
        deserialize = keras.saving.deserialize_keras_object
        return cls(**{**config, **{part: deserialize(config[part]) for part in parts}})
