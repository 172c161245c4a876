"""Token and position embeddings, and a projection that shares their weights."""

import keras
from keras import ops

from keras_nmt import kernels
from keras_nmt.layers.dropout import Dropout
from keras_nmt.layers.position_encoding import SinusoidalPositions


@keras.saving.register_keras_serializable("keras_nmt")
class TokenEmbedding(keras.layers.Embedding):
    """An embedding whose gradient is dense, so that all backends train alike.

    `keras.layers.Embedding` on TensorFlow gives the optimizer `IndexedSlices` with
    one entry for each occurrence of a token. Adam and RMSprop then square the entries
    instead of their sum, and TensorFlow trains differently from JAX and torch (seen
    with Keras 3.15.1). Looking up a product instead of the variable makes TensorFlow
    sum the entries first.

    Embeddings start as N(0, 1) as in the writeup's framework. With Keras's default, a
    narrow uniform distribution, training is slower at first.

    No mask is attached to the output: this library passes masks by hand.

    Args:
        input_dim: V.
        output_dim: E.
        scaled: whether the weights start as N(0, 1 / E) and are multiplied by
            sqrt(E) when they are looked up (Vaswani et al. 2017, section 3.4): for
            embeddings that are also the kernel of the vocabulary projection.

    Example:
    >>> TokenEmbedding(5894, 128)(np.array([[2, 7, 3, 1]])).shape
    (1, 4, 128)
    """

    def __init__(self, input_dim, output_dim, scaled=False, **kwargs):
        self.scale = output_dim**0.5 if scaled else 1.0
        kwargs.setdefault(
            "embeddings_initializer",
            keras.initializers.RandomNormal(stddev=1.0 / self.scale),
        )
        super().__init__(input_dim, output_dim, **kwargs)

    def table(self):
        """What tokens are looked up in, float (V, E).

        A loop that looks up one token at a time should read the table once, before
        it, so that the gradients of all look-ups are summed up in one array.
        """
        scale = ops.full((), self.scale, self.compute_dtype)
        return ops.cast(self.embeddings, self.compute_dtype) * scale

    def call(self, token_ids, kept=None):
        """Looks up `token_ids: int (...)`, giving `float (..., E)`.

        `kept: float (...)`, if it is given, multiplies the rows: 0 removes a token.
        """
        return masked(ops.take(self.table(), token_ids, axis=0), kept)

    def rows(self, token_ids):
        """The same as a call, faster, for where no gradient is needed.

        A call multiplies the whole table; a search would do that at every step.
        """
        rows = ops.take(self.embeddings, token_ids, axis=0)
        rows = ops.cast(rows, self.compute_dtype)
        return rows if self.scale == 1.0 else rows * self.scale

    def get_config(self):
        return {**super().get_config(), "scaled": self.scale != 1.0}


def masked(embedded, kept):
    """`embedded: float (..., E)` times `kept: float (...)`, unless that is None."""
    if kept is None:
        return embedded
    return embedded * ops.cast(kept, embedded.dtype)[..., None]


@keras.saving.register_keras_serializable("keras_nmt")
class TiedProjection(keras.layers.Layer):
    """A projection to the vocabulary with the weights of an embedding.

    Press & Wolf 2017, "Using the Output Embedding to Improve Language Models":

        logits = x embeddings' + b

    keras-hub's `ReversibleEmbedding` has no bias and the sparse gradient that
    `TokenEmbedding` avoids.

    Args:
        embedding: `TokenEmbedding` with `scaled=True`.

    Call arguments:
        x: float (..., E).

    Returns:
        logits, float (..., V).
    """

    def __init__(self, embedding, **kwargs):
        super().__init__(**kwargs)
        if isinstance(embedding, dict):
            embedding = keras.saving.deserialize_keras_object(embedding)
        self.embedding = embedding
        self.activation = keras.activations.linear

    def build(self, input_shape=None):
        if not self.embedding.built:
            self.embedding.build()
        self.bias = self.add_weight(
            name="bias", shape=(self.embedding.input_dim,), initializer="zeros"
        )

    @property
    def kernel(self):
        """As that of a `Dense` layer, float (E, V)."""
        return ops.transpose(self.embedding.embeddings)

    def call(self, x):
        return kernels.dense(self, x)

    def get_config(self):
        embedding = keras.saving.serialize_keras_object(self.embedding)
        return {**super().get_config(), "embedding": embedding}


@keras.saving.register_keras_serializable("keras_nmt")
class TokenAndPositionEmbedding(keras.layers.Layer):
    """`embed(token) + encode(position)`.

    Args:
        vocabulary_size: V.
        model_dim: D.
        max_length: number of positions.
        dropout: on the sum.
        tokens: the `TokenEmbedding`, if it is shared with another layer.
        positions: "learned" (Gehring et al. 2017), "sinusoidal" (Vaswani et al. 2017),
            or "rotary": not here, but within attention.
        scaled: as in `TokenEmbedding`.

    Call arguments:
        token_ids: int (B, T).
        kept: float (B, T), 0 for tokens of which only the position is to be seen;
            None if there are none.

    Returns:
        float (B, T, D).
    """

    def __init__(
        self,
        vocabulary_size,
        model_dim,
        max_length,
        dropout=0.0,
        tokens=None,
        positions="learned",
        scaled=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if isinstance(tokens, dict):
            tokens = keras.saving.deserialize_keras_object(tokens)
        self.tokens = tokens or TokenEmbedding(
            vocabulary_size, model_dim, scaled=scaled, name="tokens"
        )
        self.max_length = max_length
        self.kind = positions
        self.positions = None
        if positions != "rotary":
            kinds = {"learned": TokenEmbedding, "sinusoidal": SinusoidalPositions}
            self.positions = kinds[positions](max_length, model_dim, name="positions")
        self.dropout = Dropout(dropout)

    def build(self, input_shape=None):
        if not self.tokens.built:
            self.tokens.build()
        if self.positions is not None:
            self.positions.build()
        self.built = True

    def call(self, token_ids, training=False, kept=None):
        embedded = self.tokens(token_ids, kept=kept)
        if self.positions is not None:
            embedded += self.positions(ops.arange(ops.shape(token_ids)[1]))
        return self.dropout(embedded, training=training)

    def step(self, token_ids, position):
        """Embeds the tokens at one position: int (R,) to float (R, 1, D)."""
        embedded = self.tokens.rows(token_ids)
        if self.positions is not None:
            embedded += self.positions.rows(position)
        return embedded[:, None]

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.tokens.input_dim,
            "model_dim": self.tokens.output_dim,
            "max_length": self.max_length,
            "dropout": self.dropout.rate,
            "tokens": keras.saving.serialize_keras_object(self.tokens),
            "positions": self.kind,
        }
