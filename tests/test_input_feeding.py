"""The decoder with input feeding, against its equations in NumPy."""

import functools

import keras
import numpy as np
import pytest
from keras import ops

from keras_nmt import kernels
from keras_nmt.layers.attention import AdditiveAttention
from keras_nmt.layers.input_feeding import InputFeedingDecoder
from keras_nmt.layers.normalised import NormalisedEncoder
from keras_nmt.layers.recurrent import BidirectionalEncoder, RecurrentEncoder
from tests.checks import (
    EMBEDDING_DIM,
    HIDDEN_DIM,
    check_layer,
    fill,
    random,
    softmax,
    to_numpy,
    weights_of,
)
from tests.test_recurrent_layers import KINDS, assert_close, built, numpy_cell

B, S, T = 2, 5, 4
EMBEDDED = random(0, B, T, EMBEDDING_DIM)
MEMORY = random(1, B, S, HIDDEN_DIM)
MASK = np.array([[True] * 5, [True, True, True, False, False]])


def first_states(kind, num_layers):
    count = 2 if kind == "lstm" else 1
    return [
        [random(2 + 10 * depth + i, B, HIDDEN_DIM) for i in range(count)]
        for depth in range(num_layers)
    ]


def inputs_of(kind, num_layers=1, memory=MEMORY, mask=MASK):
    return {
        "embedded": EMBEDDED,
        "cells": first_states(kind, num_layers),
        "fed": random(6, B, EMBEDDING_DIM),
        "memory": memory,
        "source_mask": mask,
    }


def make(kind, num_layers=1, **options):
    attention = AdditiveAttention(name="attention")
    return InputFeedingDecoder(
        kind, EMBEDDING_DIM, HIDDEN_DIM, num_layers, attention=attention, **options
    )


def run(decoder, inputs, training=False):
    """All positions of `inputs_of`."""
    if not decoder.built:
        decoder.build()
    state, encoded = begin(decoder, inputs)
    return decoder(tensor(inputs["embedded"]), state, encoded, training=training)


def begin(decoder, inputs):
    """The state before the first step, and what is known of the memory."""
    inputs = keras.tree.map_structure(tensor, inputs)
    encoded = decoder.read(inputs["memory"])
    encoded["source_mask"] = inputs["source_mask"]
    return {key: inputs[key] for key in ("cells", "fed")}, encoded


def tensor(x):
    """A tensor of an array; what stands for one in a functional graph stays."""
    return ops.convert_to_tensor(x) if isinstance(x, np.ndarray) else x


def normalise(x, gamma, beta):
    """`(x - mean) / deviation gamma + beta` (Ba et al. 2016)."""
    mean, variance = x.mean(), x.var()
    return (x - mean) / np.sqrt(variance + 1e-5) * gamma + beta


def in_numpy(decoder, kind, inputs, b):
    """All positions of sentence b, and where each looks, from the equations."""
    weights = weights_of(decoder)
    cells = [numpy_cell(kind, cell) for cell in decoder.cells]
    states = [[state[b] for state in layer] for layer in inputs["cells"]]
    memory = inputs["memory"][b].astype("float64")
    fed, outputs, looks = inputs["fed"][b], [], []
    for embedded in inputs["embedded"][b]:
        x = np.concatenate([embedded, fed])
        for depth, cell in enumerate(cells):
            states[depth] = cell(x, states[depth])
            x = states[depth][0]
            if decoder.normalised:
                norm = f"norm_{depth}"
                x = normalise(x, weights[f"{norm}/gamma"], weights[f"{norm}/beta"])
        scores = np.tanh(
            x @ weights["attention/query_weight"]
            + memory @ weights["attention/memory_weight"]
        )
        scores = (scores @ weights["attention/direction"])[:, 0]
        looks.append(softmax(np.where(inputs["source_mask"][b], scores, -np.inf)))
        joined = np.concatenate([x, looks[-1] @ memory])
        kernel = [weights["of_hidden/kernel"], weights["of_memory/kernel"]]
        fed = np.tanh(joined @ np.concatenate(kernel) + weights["of_memory/bias"])
        outputs.append(fed)
    return np.array(outputs), np.array(looks)


def filled(kind, num_layers=1, **options):
    decoder = make(kind, num_layers, **options)
    decoder.build()
    return fill(decoder)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("num_layers", "normalised"), [(1, False), (2, True)])
def test_the_decoder_is_its_equations(kind, num_layers, normalised):
    decoder = filled(kind, num_layers, normalised=normalised)
    inputs = inputs_of(kind, num_layers)
    fed = to_numpy(run(decoder, inputs))
    for b in range(B):
        assert_close(fed[b], in_numpy(decoder, kind, inputs, b)[0])


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_steps_are_the_call_and_say_where_they_look(kind):
    decoder, inputs = filled(kind, 2), inputs_of(kind, 2)
    fed = to_numpy(run(decoder, inputs))
    state, encoded = begin(decoder, inputs)
    for t in range(T):
        stepped, state, weights = decoder.step(tensor(EMBEDDED[:, t]), state, encoded)
        assert_close(to_numpy(stepped), fed[:, t])
        for b in range(B):
            looks = in_numpy(decoder, kind, inputs, b)[1]
            assert_close(to_numpy(weights)[b], looks[t])


def test_what_is_fed_matters():
    """Without it, a step that starts from another attentional vector is the same."""
    decoder = filled("lstm")
    state, encoded = begin(decoder, inputs_of("lstm"))
    other = {**state, "fed": state["fed"] + 0.5}
    first, second = (
        to_numpy(decoder.step(tensor(EMBEDDED[:, 0]), x, encoded)[0])
        for x in (state, other)
    )
    assert not np.allclose(first, second, atol=1e-2)


def test_a_sentence_begins_with_nothing_fed():
    states = [[tensor(x) for x in layer] for layer in first_states("lstm", 2)]
    state = filled("lstm", 2).initial_state(states)
    assert state["cells"] is states
    np.testing.assert_array_equal(to_numpy(state["fed"]), np.zeros((B, EMBEDDING_DIM)))


def test_more_padding_changes_nothing():
    decoder = filled("gru")
    padded = np.concatenate([MEMORY, 9 * random(7, B, 2, HIDDEN_DIM)], axis=1)
    longer = inputs_of("gru", memory=padded, mask=np.pad(MASK, [(0, 0), (0, 2)]))
    assert_close(
        to_numpy(run(decoder, longer)), to_numpy(run(decoder, inputs_of("gru")))
    )


def test_dropout_between_cells_acts_in_training_alone():
    decoder = filled("lstm", 2, dropout=0.9)
    inputs = inputs_of("lstm", 2)
    at_rest, in_training = (
        to_numpy(run(decoder, inputs, training)) for training in (False, True)
    )
    assert_close(at_rest, to_numpy(run(filled("lstm", 2), inputs)))
    assert not np.allclose(at_rest, in_training, atol=1e-3)


@pytest.mark.parametrize(
    ("kind", "num_layers", "normalised"),
    [("rnn", 1, False), ("lstm", 2, True), ("gru", 1, True)],
)
def test_every_decoder_is_a_sound_layer(kind, num_layers, normalised):
    make_one = functools.partial(make, kind, num_layers, normalised=normalised)
    check_layer(make_one, inputs_of(kind, num_layers), run)


def test_a_decoder_without_attention_is_refused():
    with pytest.raises(ValueError, match="give an attention layer"):
        InputFeedingDecoder("lstm", EMBEDDING_DIM, HIDDEN_DIM)


# === The encoder's normalisation ===


def test_a_normalised_encoder_normalises_what_leaves_it_and_no_state():
    encoder = built(NormalisedEncoder(BidirectionalEncoder("lstm", HIDDEN_DIM)))
    source = random(3, B, S, EMBEDDING_DIM)
    memory, states = to_numpy(encoder(source, mask=MASK))
    plain, expected = to_numpy(encoder.encoder(source, mask=MASK))
    gamma, beta = to_numpy(encoder.norm.gamma), to_numpy(encoder.norm.beta)
    for b, s in np.ndindex(B, S):
        assert_close(memory[b, s], normalise(plain[b, s], gamma, beta))
    keras.tree.map_structure(assert_close, states, expected)


def test_a_normalised_encoder_is_a_sound_layer():
    def make_one():
        return NormalisedEncoder(RecurrentEncoder("gru", HIDDEN_DIM))

    inputs = {"embedded": random(3, B, S, EMBEDDING_DIM), "mask": MASK}
    check_layer(make_one, inputs)


# === Kernels ===


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_after_its_products_is_the_cell(kind):
    cell = filled(kind).cells[0]
    x = random(4, B, 2 * EMBEDDING_DIM)
    states = first_states(kind, 1)[0]
    expected = to_numpy(cell(x, [ops.convert_to_tensor(state) for state in states])[1])
    for known in (0, EMBEDDING_DIM, 2 * EMBEDDING_DIM):
        if known:
            given = kernels.projected(cell, ops.convert_to_tensor(x[:, :known]))
        else:
            given = kernels.projected_bias(cell)
        rest = ops.convert_to_tensor(x[:, known:]) if known < x.shape[1] else None
        tensors = [ops.convert_to_tensor(state) for state in states]
        found = kernels.projected_step(cell, known)(given, rest, tensors)
        for one, other in zip(to_numpy(found), expected, strict=True):
            assert_close(one, other)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_scan_keeps_what_each_step_left(reverse):
    numbers = random(5, T, B, 3)
    state, kept = kernels.scan(
        lambda state, x: {"sum": 0.5 * state["sum"] + x},
        {"sum": ops.zeros((B, 3))},
        [ops.convert_to_tensor(numbers)],
        kept=lambda state: state["sum"],
        reverse=reverse,
    )
    expected, total = np.zeros_like(numbers), np.zeros((B, 3))
    for t in reversed(range(T)) if reverse else range(T):
        total = 0.5 * total + numbers[t]
        expected[t] = total
    assert_close(to_numpy(kept), expected)
    assert_close(to_numpy(state["sum"]), total)
