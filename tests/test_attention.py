"""The three scores against NumPy; one mask, one softmax, one context for all."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_nmt.layers.attention import (
    AdditiveAttention,
    Attention,
    CosineAttention,
    MultiplicativeAttention,
)
from tests.checks import check_layer, fill, random, softmax, to_numpy, weights_of

B, T, S, D = 2, 3, 5, 4
QUERY = random(0, B, T, D)
MEMORY = random(1, B, S, D)
MASK = np.array([[True] * 5, [True, True, False, True, False]])

LAYERS = (CosineAttention, AdditiveAttention, MultiplicativeAttention)


def attend(layer, inputs):
    memory = inputs["memory"]
    if not layer.built:
        layer.build(QUERY.shape, MEMORY.shape)
    return layer(inputs["query"], memory, layer.keys(memory), inputs["source_mask"])


def built(layer_class, seed=0):
    layer = layer_class()
    layer.build(QUERY.shape, MEMORY.shape)
    return fill(layer, seed)


def look(layer, query=QUERY, memory=MEMORY, mask=MASK):
    """Context and weights as NumPy arrays."""
    inputs = {"query": query, "memory": memory, "source_mask": mask}
    return to_numpy(attend(layer, inputs))


def cosine(query, memory, weights):
    dots = query @ memory.T
    norms = np.linalg.norm(query, axis=-1)[:, None] * np.linalg.norm(memory, axis=-1)
    return dots / norms


def multiplicative(query, memory, weights):
    return query @ weights["weight"] @ memory.T


def additive(query, memory, weights):
    """`v . tanh(query W1 + memory W2)`, one pair of positions after the other."""
    scores = np.empty((len(query), len(memory)))
    for t, one in enumerate(query):
        for s, other in enumerate(memory):
            summed = one @ weights["query_weight"] + other @ weights["memory_weight"]
            scores[t, s] = np.tanh(summed) @ weights["direction"][:, 0]
    return scores


REFERENCES = list(zip(LAYERS, (cosine, additive, multiplicative), strict=True))


@pytest.mark.parametrize(("layer_class", "score"), REFERENCES)
def test_scores_weights_and_context_are_those_of_numpy(layer_class, score):
    layer = built(layer_class)
    context, weights = look(layer)
    for b in range(B):
        scores = score(
            QUERY[b].astype("float64"), MEMORY[b].astype("float64"), weights_of(layer)
        )
        expected = softmax(np.where(MASK[b], scores, -np.inf))
        np.testing.assert_allclose(weights[b], expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(
            context[b], expected @ MEMORY[b], rtol=1e-4, atol=1e-6
        )


@pytest.mark.parametrize("layer_class", LAYERS)
def test_masked_positions_get_no_weight_at_all(layer_class):
    _, weights = look(built(layer_class))
    assert (weights[1][:, ~MASK[1]] == 0.0).all()
    assert (weights[1][:, MASK[1]] > 0.0).all()
    np.testing.assert_allclose(weights.sum(axis=-1), 1.0, rtol=1e-6)


@pytest.mark.parametrize("layer_class", LAYERS)
def test_without_a_mask_all_positions_are_real(layer_class):
    layer = built(layer_class)
    everything = look(layer, mask=np.ones((B, S), bool))
    for one, other in zip(look(layer, mask=None), everything, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("layer_class", LAYERS)
def test_a_row_of_padding_alone_stays_finite(layer_class):
    context, weights = look(built(layer_class), mask=np.zeros((B, S), bool))
    assert np.isfinite(context).all()
    assert np.isfinite(weights).all()


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_zero_vectors_have_a_cosine_of_zero(policy):
    layer = CosineAttention(dtype=policy)
    query, memory = QUERY.copy(), MEMORY.copy()
    query[0, 0] = memory[1, 3] = 0.0
    context, weights = look(layer, query, memory)
    assert np.isfinite(context.astype("float32")).all()
    np.testing.assert_allclose(weights[0, 0].astype("float32"), 1 / S, rtol=1e-3)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("layer_class", LAYERS)
def test_half_precision_masks_rows_of_padding_alone_to_finite_numbers(
    layer_class, policy
):
    layer = layer_class(dtype=policy)
    layer.build(QUERY.shape, MEMORY.shape)
    _, weights = look(layer, mask=np.stack([MASK[1], [False] * S]))
    weights = weights.astype("float32")
    assert np.isfinite(weights).all()
    assert (weights[0][:, ~MASK[1]] == 0.0).all()


def test_cosine_does_not_see_how_long_a_vector_is():
    _, weights = look(CosineAttention())
    _, scaled = look(CosineAttention(), 100 * QUERY, 0.01 * MEMORY)
    np.testing.assert_allclose(weights, scaled, rtol=1e-5)


@pytest.mark.parametrize("layer_class", LAYERS)
def test_keys_of_a_whole_sentence_are_the_keys_of_its_positions(layer_class):
    layer = built(layer_class)
    whole = to_numpy(layer.keys(ops.convert_to_tensor(MEMORY)))
    for s in range(S):
        one = to_numpy(layer.keys(ops.convert_to_tensor(MEMORY[:, s : s + 1])))
        np.testing.assert_allclose(whole[:, s : s + 1], one, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("layer_class", LAYERS)
def test_every_attention_is_a_sound_layer(layer_class):
    inputs = {"query": QUERY, "memory": MEMORY, "source_mask": MASK}
    check_layer(layer_class, inputs, attend)


def test_an_attention_must_say_what_its_score_is():
    class Speechless(Attention):
        pass

    with pytest.raises(NotImplementedError, match=r"Speechless must define score\(\)"):
        look(Speechless())


def test_attentions_are_found_by_their_registered_names():
    for layer_class in LAYERS:
        name = f"keras_nmt>{layer_class.__name__}"
        assert keras.saving.get_registered_object(name) is layer_class
