"""What transformer blocks share: sublayers, residual connections, norms."""

import keras

from keras_nmt import kernels
from keras_nmt.layers.dropout import Dropout
from keras_nmt.layers.multi_head import attend

NORMS = ("post", "pre")


def layer_norm(name):
    """Layer normalization (Ba et al. 2016) with the epsilon of PyTorch."""
    return keras.layers.LayerNormalization(epsilon=1e-5, name=name)


class TransformerBlock(keras.layers.Layer):
    """What encoder and decoder blocks share (Vaswani et al. 2017, section 3).

    Every sublayer has a residual connection, normalised after or before it:

        post-norm   x = LayerNorm(x + Dropout(sublayer(x)))
        pre-norm    x = x + Dropout(sublayer(LayerNorm(x)))
        feedforward(x) = relu(x W1 + b1) W2 + b2

    Pre-norm (Xiong et al. 2020) needs another LayerNorm after the last block.

    Args:
        model_dim: D.
        num_heads: H.
        intermediate_dim: columns of W1.
        dropout: on the output of each sublayer.
        key_dim: K, size of a head; `model_dim / num_heads` unless given.
        norm: "post" or "pre".
        attention_dropout: on attention weights; as `dropout` unless given.
        activation_dropout: on relu(x W1 + b1).
        rotary: whether self-attention sees positions by rotation
            (`position_encoding.rotated`).
    """

    attentions = ()
    """Names of the attention sublayers, in order."""

    def __init__(
        self,
        model_dim,
        num_heads,
        intermediate_dim,
        dropout=0.0,
        key_dim=None,
        norm="post",
        attention_dropout=None,
        activation_dropout=0.0,
        rotary=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if norm not in NORMS:
            raise ValueError(f'norm must be "post" or "pre". Received: norm={norm!r}')
        self.norm = norm
        self.model_dim = model_dim
        self.num_heads = num_heads
        self.intermediate_dim = intermediate_dim
        self.dropout_rate = dropout
        self.key_dim = key_dim or model_dim // num_heads
        for name in self.attentions:
            attention = keras.layers.MultiHeadAttention(
                num_heads, self.key_dim, name=name
            )
            setattr(self, name, attention)
        dense = keras.layers.Dense
        self.expand = dense(intermediate_dim, activation="relu", name="expand")
        self.contract = dense(model_dim, name="contract")
        self.norms = [
            layer_norm(f"{name}_norm") for name in (*self.attentions, "feedforward")
        ]
        self.rotary = rotary
        self.dropout = Dropout(dropout)
        self.attention_dropout = self.activation_dropout = None
        if attention_dropout is not None:
            self.attention_dropout = Dropout(attention_dropout)
        if activation_dropout:
            self.activation_dropout = Dropout(activation_dropout)

    def build(self, input_shape=None):
        shape = (None, None, self.model_dim)
        for name in self.attentions:
            getattr(self, name).build(shape, shape)
        self.expand.build(shape)
        self.contract.build((None, None, self.intermediate_dim))
        for norm in self.norms:
            norm.build(shape)
        self.built = True

    def attend(self, name, query, memory, mask, training):
        """`multi_head.attend` by the attention sublayer of that name."""
        dropout = (self.attention_dropout or self.dropout) if training else None
        attention = getattr(self, name)
        return attend(attention, query, memory, mask, dropout, self.rotary)

    def sublayer_input(self, index, x):
        """What the index-th sublayer reads: `x`, or with pre-norm `LayerNorm(x)`."""
        return self._normalised(index, x) if self.norm == "pre" else x

    def _normalised(self, index, x):
        # `__call__` of nine layers takes a fifth of a step of a search on torch.
        return self.norms[index].call(x)

    def residual(self, index, x, sublayer_output, training):
        """`x` with the output of the index-th sublayer added, as the class says."""
        if training:  # without the condition, calls take a tenth of a search's time
            sublayer_output = self.dropout(sublayer_output, training=True)
        x = x + sublayer_output
        return x if self.norm == "pre" else self._normalised(index, x)

    def feedforward(self, x, training, scored=None):
        """The last sublayer with its residual connection, (B, T, D) -> (B, T, D).

        Args:
            scored: `ScoredPositions`, if only those are needed; the others become 0.
        """
        if scored is not None:
            vectors = self.feedforward(scored.gather(x), training)
            return scored.scatter(vectors)
        hidden = kernels.dense(self.expand, self.sublayer_input(-1, x))
        if training and self.activation_dropout:
            hidden = self.activation_dropout(hidden, training=True)
        return self.residual(-1, x, kernels.dense(self.contract, hidden), training)

    def get_config(self):
        return {
            **super().get_config(),
            "model_dim": self.model_dim,
            "num_heads": self.num_heads,
            "intermediate_dim": self.intermediate_dim,
            "dropout": self.dropout_rate,
            "key_dim": self.key_dim,
            "norm": self.norm,
            "attention_dropout": _rate(self.attention_dropout),
            "activation_dropout": _rate(self.activation_dropout) or 0.0,
            "rotary": self.rotary,
        }


def _rate(dropout):
    return None if dropout is None else dropout.rate
