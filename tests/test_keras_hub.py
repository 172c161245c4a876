"""Our layers beside those of keras-hub, an implementation that is not ours."""

import numpy as np
import pytest
from keras import ops

from keras_nmt.layers.position_encoding import SinusoidalPositions, rotated
from keras_nmt.layers.transformer import (
    TransformerDecoderBlock,
    TransformerEncoderBlock,
)
from tests.checks import fill, random, to_numpy, weights_of

keras_hub = pytest.importorskip("keras_hub")

SIZES = {"model_dim": 8, "num_heads": 2, "intermediate_dim": 12}
OURS = {
    "self_attention_layer": "self_attention",
    "self_attention_layer_norm": "self_attention_norm",
    "cross_attention_layer_norm": "cross_attention_norm",
    "feedforward_intermediate_dense": "expand",
    "feedforward_output_dense": "contract",
    "feedforward_layer_norm": "feedforward_norm",
}
"""Our names of what keras-hub names otherwise."""

X, MEMORY = random(1, 2, 5, 8), random(2, 2, 4, 8)
MASK = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], bool)


def theirs(ours, name, *inputs):
    """keras-hub's layer of that name with the weights of our block."""
    layer = getattr(keras_hub.layers, name)(
        SIZES["intermediate_dim"],
        SIZES["num_heads"],
        activation="relu",
        layer_norm_epsilon=1e-5,
        normalize_first=ours.norm == "pre",
    )
    layer(*inputs)
    arrays = weights_of(ours)
    for weight in layer.weights:
        part, _, rest = weight.path.split("/", 1)[1].partition("/")
        weight.assign(arrays[f"{OURS.get(part, part)}/{rest}"])
    return layer


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_an_encoder_block_computes_what_that_of_keras_hub_does(norm):
    block = TransformerEncoderBlock(**SIZES, norm=norm)
    block(MEMORY)
    fill(block)
    found = to_numpy(block(MEMORY, source_mask=ops.convert_to_tensor(MASK)))
    layer = theirs(block, "TransformerEncoder", MEMORY)
    expected = to_numpy(layer(MEMORY, padding_mask=ops.convert_to_tensor(MASK)))
    np.testing.assert_allclose(found[MASK], expected[MASK], atol=1e-5)


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_a_decoder_block_computes_what_that_of_keras_hub_does(norm):
    block = TransformerDecoderBlock(**SIZES, norm=norm)
    block(X, MEMORY)
    fill(block)
    mask = ops.convert_to_tensor(MASK)
    layer = theirs(block, "TransformerDecoder", X, MEMORY)
    expected = layer(X, MEMORY, encoder_padding_mask=mask)
    found = block(X, MEMORY, source_mask=mask)
    np.testing.assert_allclose(to_numpy(found), to_numpy(expected), atol=1e-5)


def test_sinusoidal_positions_are_those_of_keras_hub():
    expected = keras_hub.layers.SinePositionEncoding()(np.zeros((1, 9, 8), "float32"))
    found = SinusoidalPositions(12, 8)(np.arange(9))
    np.testing.assert_allclose(to_numpy(found), to_numpy(expected)[0], atol=1e-6)


def test_rotary_positions_are_those_of_keras_hub():
    layer = keras_hub.layers.RotaryEmbedding(sequence_axis=2, feature_axis=-1)
    x = random(3, 2, 4, 5, 6)
    positions = ops.arange(5)
    found = rotated(ops.convert_to_tensor(x), positions)
    np.testing.assert_allclose(to_numpy(found), to_numpy(layer(x)), atol=1e-5)
