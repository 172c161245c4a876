"""The weights of a transformer as NumPy arrays, in one plain form for all formats."""

from typing import NamedTuple

import numpy as np
from keras import ops

from keras_nmt.errors import InputError
from keras_nmt.layers.position_encoding import SinusoidalPositions
from keras_nmt.models.transformer import TransformerTranslator


class Linear(NamedTuple):
    """`y = x kernel + bias`."""

    kernel: np.ndarray
    """float (inputs, outputs)."""
    bias: np.ndarray
    """float (outputs,)."""


class Norm(NamedTuple):
    """A layer normalization, each float (D,)."""

    gamma: np.ndarray
    beta: np.ndarray


class Attention(NamedTuple):
    """Multi-head attention; the heads' columns stand side by side."""

    query: Linear
    key: Linear
    value: Linear
    output: Linear
    norm: Norm


class Block(NamedTuple):
    """An encoder block, or a decoder block, which has cross-attention."""

    self_attention: Attention
    cross_attention: Attention | None
    expand: Linear
    contract: Linear
    norm: Norm
    """Of the feed-forward network."""


class Embedding(NamedTuple):
    """Token and position embeddings of one side."""

    tokens: np.ndarray
    """float (V, D), before scaling."""
    scale: float
    """What tokens are multiplied by when they are looked up."""
    positions: np.ndarray
    """float (T, D)."""


class Side(NamedTuple):
    """The encoder or the decoder."""

    embedding: Embedding
    blocks: list[Block]
    norm: Norm | None
    """After the last block; None with post-norm."""


class Transformer(NamedTuple):
    """All weights of a `TransformerTranslator`."""

    encoder: Side
    decoder: Side
    projection: Linear


def transformer_arrays(model):
    """The weights of a built `TransformerTranslator` without rotary positions.

    Returns:
        `Transformer`, float32.
    """
    return Transformer(
        _side(model.source_embedding, model.encoder_blocks, model.encoder_norm),
        _side(model.target_embedding, model.decoder_blocks, model.decoder_norm),
        _linear(model.projection, inputs=1),
    )


def _side(embedding, blocks, norm):
    return Side(
        Embedding(
            _array(embedding.tokens.embeddings),
            embedding.tokens.scale,
            _positions(embedding.positions),
        ),
        [_block(block) for block in blocks],
        None if norm is None else _norm(norm),
    )


def _positions(layer):
    if isinstance(layer, SinusoidalPositions):
        return _array(layer.rows(np.arange(layer.input_dim)))
    return _array(layer.embeddings)


def _block(block):
    attentions = {
        name: _attention(getattr(block, name), norm)
        for name, norm in zip(block.attentions, block.norms, strict=False)
    }
    return Block(
        attentions["self_attention"],
        attentions.get("cross_attention"),
        _linear(block.expand, inputs=1),
        _linear(block.contract, inputs=1),
        _norm(block.norms[-1]),
    )


def _attention(attention, norm):
    return Attention(
        _linear(attention.query_dense, inputs=1),
        _linear(attention.key_dense, inputs=1),
        _linear(attention.value_dense, inputs=1),
        _linear(attention.output_dense, inputs=2),
        _norm(norm),
    )


def _linear(layer, inputs):
    """A dense layer whose kernel has its first `inputs` axes for what it reads."""
    kernel, bias = _array(layer.kernel), _array(layer.bias)
    rows = int(np.prod(kernel.shape[:inputs]))
    return Linear(kernel.reshape(rows, -1), bias.reshape(-1))


def _norm(layer):
    return Norm(_array(layer.gamma), _array(layer.beta))


def _array(weight):
    return np.array(ops.convert_to_numpy(weight), "float32")


def check_transformer(model, engine, mend="use --format saved_model"):
    """Refuses every other system, for an engine that has none.

    Raises:
        InputError: naming the system and the mend.
    """
    if not isinstance(model, TransformerTranslator):
        raise InputError(
            f"{engine} has no {type(model).__name__}, only full transformers; {mend}"
        )
