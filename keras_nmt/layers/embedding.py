"""Token and position embeddings."""

import keras
from keras import ops

from keras_nmt.layers.dropout import Dropout


@keras.saving.register_keras_serializable("keras_nmt")
class TokenEmbedding(keras.layers.Embedding):
    """An embedding whose gradient is dense, so that all backends train alike.

    `keras.layers.Embedding` on TensorFlow hands the optimizer `IndexedSlices` in
    which a token that occurs twice stands twice. Adam and RMSprop then square the
    parts instead of their sum, and TensorFlow's curves leave those of JAX and
    torch (seen with Keras 3.15.1). Looking up a product instead of the variable
    makes TensorFlow add the parts before the optimizer sees them.

    Embeddings begin as N(0, 1), so that tokens differ from the first step on; the
    writeup's framework does so, and Keras's narrow uniform start learns later.

    No mask is attached to the output: masks are passed by hand in this library.

    Example:
    >>> TokenEmbedding(5894, 128)(np.array([[2, 7, 3, 1]])).shape
    (1, 4, 128)
    """

    def __init__(self, input_dim, output_dim, **kwargs):
        kwargs.setdefault(
            "embeddings_initializer", keras.initializers.RandomNormal(stddev=1.0)
        )
        super().__init__(input_dim, output_dim, **kwargs)

    def table(self):
        """The embeddings as a tensor, float (V, E).

        A loop that looks up a token at a time reads the table once, before: the
        gradients of all its look-ups then become one.
        """
        return ops.cast(self.embeddings, self.compute_dtype) * ops.ones(
            (), self.compute_dtype
        )

    def call(self, token_ids):
        """Looks up `token_ids: int (...)`, giving `float (..., E)`."""
        return ops.take(self.table(), token_ids, axis=0)

    def rows(self, token_ids):
        """As a call, for where no gradient is wanted: only the rows are read.

        The product of a call walks over the whole table, which a search would do for
        every token that it says.
        """
        return ops.cast(
            ops.take(self.embeddings, token_ids, axis=0), self.compute_dtype
        )


@keras.saving.register_keras_serializable("keras_nmt")
class TokenAndPositionEmbedding(keras.layers.Layer):
    """`embed(token) + embed(position)`, both learned (Gehring et al. 2017).

    Args:
        vocabulary_size: V.
        model_dim: D.
        max_length: positions that can be embedded.
        dropout: on the sum.

    Call arguments:
        token_ids: int (B, T).

    Returns:
        float (B, T, D).
    """

    def __init__(self, vocabulary_size, model_dim, max_length, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.tokens = TokenEmbedding(vocabulary_size, model_dim, name="tokens")
        self.positions = TokenEmbedding(max_length, model_dim, name="positions")
        self.dropout = Dropout(dropout)

    def build(self, input_shape=None):
        self.tokens.build()
        self.positions.build()
        self.built = True

    def call(self, token_ids, training=False):
        positions = ops.arange(ops.shape(token_ids)[1])
        summed = self.tokens(token_ids) + self.positions(positions)
        return self.dropout(summed, training=training)

    def step(self, token_ids, position):
        """One target position, as a search says it: int (R,) to float (R, 1, D)."""
        summed = self.tokens.rows(token_ids) + self.positions.rows(position)
        return summed[:, None]

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.tokens.input_dim,
            "model_dim": self.tokens.output_dim,
            "max_length": self.positions.input_dim,
            "dropout": self.dropout.rate,
        }
