"""Recurrent encoders and the decoder step against cells written in NumPy."""

import functools

import numpy as np
import pytest

from keras_nmt.layers.attention import AdditiveAttention, CosineAttention
from keras_nmt.layers.recurrent import (
    BidirectionalEncoder,
    RecurrentDecoder,
    RecurrentEncoder,
    StackedEncoder,
)
from tests.checks import (
    ATTENTIONS,
    EMBEDDING_DIM,
    HIDDEN_DIM,
    check_layer,
    fill,
    random,
    softmax,
    to_numpy,
)

B, S, W = 2, 5, 3
EMBEDDED = random(0, B, S, EMBEDDING_DIM)
MASK = np.array([[True] * 5, [True, True, True, False, False]])
KINDS = ("rnn", "lstm", "gru")

# === The three cells ===


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def rnn_cell(x, states, kernel, recurrent_kernel, bias):
    """`h' = tanh(x W + h U + b)`."""
    return [np.tanh(x @ kernel + states[0] @ recurrent_kernel + bias)]


def lstm_cell(x, states, kernel, recurrent_kernel, bias):
    """`c' = f c + i tanh(g)`, `h' = o tanh(c')`."""
    hidden, cell = states
    gates = x @ kernel + hidden @ recurrent_kernel + bias
    i, f, g, o = np.split(gates, 4, axis=-1)
    cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
    return [sigmoid(o) * np.tanh(cell), cell]


def gru_cell(x, states, kernel, recurrent_kernel, bias):
    """`h' = z h + (1 - z) tanh(x W + r (h U))`, reset after the product."""
    (hidden,) = states
    x_z, x_r, x_h = np.split(x @ kernel + bias[0], 3, axis=-1)
    h_z, h_r, h_h = np.split(hidden @ recurrent_kernel + bias[1], 3, axis=-1)
    z, r = sigmoid(x_z + h_z), sigmoid(x_r + h_r)
    return [z * hidden + (1 - z) * np.tanh(x_h + r * h_h)]


CELLS = {"rnn": rnn_cell, "lstm": lstm_cell, "gru": gru_cell}


def numpy_cell(kind, keras_layer):
    """A function `(x, states) -> states` with the weights of a Keras layer."""
    weights = [weight.astype("float64") for weight in keras_layer.get_weights()]
    return lambda x, states: CELLS[kind](x, states, *weights)


def zero_states(kind, dim):
    return [np.zeros(dim) for _ in range(2 if kind == "lstm" else 1)]


def unroll(kind, keras_layer, sentence, dim=HIDDEN_DIM):
    """All outputs (S, D) and the last states of one sentence without padding."""
    cell, states, outputs = numpy_cell(kind, keras_layer), zero_states(kind, dim), []
    for x in sentence:
        states = cell(x, states)
        outputs.append(states[0])
    return np.array(outputs), states


def built(encoder):
    encoder.build((None, None, EMBEDDING_DIM))
    return fill(encoder)


def assert_close(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


# === Encoders ===


@pytest.mark.parametrize("kind", KINDS)
def test_encoder_is_its_cell_from_word_to_word(kind):
    encoder = built(RecurrentEncoder(kind, HIDDEN_DIM))
    memory, states = to_numpy(encoder(EMBEDDED))
    for b in range(B):
        outputs, last = unroll(kind, encoder.layer, EMBEDDED[b])
        assert_close(memory[b], outputs)
        assert_close([state[b] for state in states[0]], last)


@pytest.mark.parametrize("kind", KINDS)
def test_masked_encoder_stops_at_the_last_word(kind):
    encoder = built(RecurrentEncoder(kind, HIDDEN_DIM))
    memory, states = to_numpy(encoder(EMBEDDED, mask=MASK))
    for b in range(B):
        length = MASK[b].sum()
        outputs, last = unroll(kind, encoder.layer, EMBEDDED[b, :length])
        assert_close(memory[b, :length], outputs)
        assert_close([state[b] for state in states[0]], last)


@pytest.mark.parametrize("kind", KINDS)
def test_position_s_of_the_way_back_has_seen_s_to_the_last_word(kind):
    encoder = built(BidirectionalEncoder(kind, HIDDEN_DIM))
    memory, states = to_numpy(encoder(EMBEDDED, mask=MASK))
    half = HIDDEN_DIM // 2
    for b in range(B):
        words = EMBEDDED[b, : MASK[b].sum()]
        there, there_states = unroll(kind, encoder.layer, words, half)
        assert_close(memory[b, : len(words), :half], there)
        for s in reversed(range(len(words))):
            back, back_states = unroll(
                kind, encoder.backward_layer, words[s:][::-1], half
            )
            assert_close(memory[b, s, half:], back[-1])
        # The loop ended at s = 0: the whole sentence, backwards.
        for state, first, second in zip(
            states[0], there_states, back_states, strict=True
        ):
            assert_close(state[b], np.concatenate([first, second]))


def stacked(kind, **options):
    encoders = [
        BidirectionalEncoder(kind, HIDDEN_DIM, name="encoder_0"),
        RecurrentEncoder(kind, 2 * HIDDEN_DIM, name="encoder_1"),
    ]
    return StackedEncoder(encoders, **options)


@pytest.mark.parametrize("kind", KINDS)
def test_stacked_encoder_feeds_each_the_one_below(kind):
    encoder = built(stacked(kind))
    memory, states = to_numpy(encoder(EMBEDDED, mask=MASK))
    lower, upper = encoder.encoders
    below, below_states = lower(EMBEDDED, mask=MASK)
    expected, above_states = to_numpy(upper(below, mask=MASK))
    assert_close(memory, expected)
    assert len(states) == 2
    for layer, last in zip(
        states, [*to_numpy(below_states), *above_states], strict=True
    ):
        for state, other in zip(layer, last, strict=True):
            assert_close(state, other)


def test_stacked_encoder_drops_between_layers_in_training_alone():
    encoder, plain = built(stacked("rnn", dropout=0.9)), built(stacked("rnn"))
    at_rest, _ = to_numpy(encoder(EMBEDDED))
    in_training, _ = to_numpy(encoder(EMBEDDED, training=True))
    np.testing.assert_array_equal(at_rest, to_numpy(plain(EMBEDDED)[0]))
    assert not np.allclose(at_rest, in_training, atol=1e-3)


ENCODERS = {
    "forward": RecurrentEncoder,
    "bidirectional": BidirectionalEncoder,
    "stacked": lambda kind, hidden_dim: stacked(kind),
}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("forward", "lstm"),
        ("forward", "gru"),
        ("bidirectional", "rnn"),
        ("stacked", "gru"),
    ],
)
def test_more_padding_changes_nothing_that_is_read(name, kind):
    encoder = built(ENCODERS[name](kind, HIDDEN_DIM))
    memory, states = to_numpy(encoder(EMBEDDED, mask=MASK))
    # What stands in the padding must not matter.
    padding = 9 * random(1, B, 2, EMBEDDING_DIM)
    longer_mask = np.pad(MASK, [(0, 0), (0, 2)])
    longer, longer_states = to_numpy(
        encoder(np.concatenate([EMBEDDED, padding], axis=1), mask=longer_mask)
    )
    assert_close(longer[:, :S][MASK], memory[MASK])
    for layer, other in zip(longer_states, states, strict=True):
        for one, same in zip(layer, other, strict=True):
            assert_close(one, same)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("forward", "lstm"),
        ("forward", "gru"),
        ("bidirectional", "rnn"),
        ("stacked", "gru"),
    ],
)
def test_every_encoder_is_a_sound_layer(name, kind):
    make = functools.partial(ENCODERS[name], kind, HIDDEN_DIM)
    check_layer(make, {"embedded": EMBEDDED, "mask": MASK})


# === Decoder ===


def decoder_inputs(kind, num_layers=1, rows=B * W):
    """Any tokens, any states, any memory: W hypotheses for each of B sentences."""
    return {
        "embedded": random(2, rows, EMBEDDING_DIM),
        "states": [
            [random(3 + 10 * depth + i, rows, HIDDEN_DIM) for i in range(2)]
            if kind == "lstm"
            else [random(3 + 10 * depth, rows, HIDDEN_DIM)]
            for depth in range(num_layers)
        ],
        "memory": random(5, B, S, HIDDEN_DIM),
        "source_mask": MASK,
    }


def make_decoder(kind, attention, num_layers=1, **options):
    return RecurrentDecoder(
        kind,
        EMBEDDING_DIM,
        HIDDEN_DIM,
        num_layers,
        attention=ATTENTIONS[attention](),
        name="decoder",
        **options,
    )


def step(decoder, inputs, training=False):
    """One target position of `decoder_inputs`."""
    if not decoder.built:
        decoder.build()
    encoded = {"memory": inputs["memory"], "source_mask": inputs["source_mask"]}
    if decoder.attention is not None:
        encoded["keys"] = decoder.attention.keys(inputs["memory"])
    hidden, states, weights = decoder(
        inputs["embedded"], inputs["states"], encoded, training=training
    )
    outputs = {"hidden": hidden, "states": states}
    return outputs if weights is None else {**outputs, "weights": weights}


def cosine_context(hidden, memory, mask):
    """The words whose direction is that of `hidden`, by weight."""
    lengths = np.linalg.norm(memory, axis=-1) * np.linalg.norm(hidden)
    weights = softmax(np.where(mask, memory @ hidden / lengths, -np.inf))
    return weights @ memory, weights


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("attention", ["none", "cosine"])
def test_decoder_step_is_look_join_and_cells(kind, attention):
    decoder = make_decoder(kind, attention, num_layers=2)
    decoder.build()
    fill(decoder)
    inputs = decoder_inputs(kind, num_layers=2)
    actual = to_numpy(step(decoder, inputs))
    for row in range(B * W):
        states = [[state[row] for state in layer] for layer in inputs["states"]]
        x = inputs["embedded"][row].astype("float64")
        if attention == "cosine":
            # The topmost hidden state before the step asks its own sentence.
            sentence = row // W
            context, weights = cosine_context(
                states[-1][0], inputs["memory"][sentence], MASK[sentence]
            )
            kernel, bias = decoder.join.get_weights()
            x = np.concatenate([x, context]) @ kernel + bias
            assert_close(actual["weights"][row], weights)
        for depth, cell in enumerate(decoder.cells):
            expected = numpy_cell(kind, cell)(x, states[depth])
            x = expected[0]
            for one, other in zip(actual["states"][depth], expected, strict=True):
                assert_close(one[row], other)
        assert_close(actual["hidden"][row], x)


def test_hypotheses_of_a_sentence_do_not_see_one_another():
    decoder = make_decoder("gru", "additive")
    decoder.build()
    fill(decoder)
    inputs = decoder_inputs("gru")
    together = to_numpy(step(decoder, inputs))
    for w in range(W):
        alone = {
            **inputs,
            "embedded": inputs["embedded"][w::W],
            "states": [[inputs["states"][0][0][w::W]]],
        }
        alone = to_numpy(step(decoder, alone))
        assert_close(together["hidden"][w::W], alone["hidden"])
        assert_close(together["weights"][w::W], alone["weights"])


def test_decoder_drops_in_training_alone():
    decoder = make_decoder("rnn", "none", dropout=0.9)
    inputs = decoder_inputs("rnn")
    at_rest, again, in_training = (
        to_numpy(step(decoder, inputs, training))["hidden"]
        for training in (False, False, True)
    )
    np.testing.assert_array_equal(at_rest, again)
    assert not np.allclose(at_rest, in_training, atol=1e-3)


@pytest.mark.parametrize(
    ("kind", "attention", "num_layers"),
    [("rnn", "none", 1), ("lstm", "cosine", 2), ("gru", "additive", 1)],
)
def test_every_decoder_is_a_sound_layer(kind, attention, num_layers):
    make = functools.partial(make_decoder, kind, attention, num_layers)
    # Without attention it returns a None, which no functional graph can hold.
    symbolic = attention != "none"
    check_layer(make, decoder_inputs(kind, num_layers), step, symbolic=symbolic)


def test_a_decoder_can_be_given_the_config_of_its_attention():
    for attention in (CosineAttention, AdditiveAttention):
        decoder = RecurrentDecoder("rnn", 4, 4, attention=attention())
        copy = RecurrentDecoder.from_config(decoder.get_config())
        assert type(copy.attention) is attention


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_weights_start_uniform_within_one_over_the_root_of_the_hidden_size(kind):
    layer = RecurrentEncoder(kind, 64)
    layer.build((None, None, 64))
    for weight in layer.weights:
        values = to_numpy(weight.value)
        assert 0.1 < abs(values).max() <= 1 / 8, weight.path
        if values.ndim > 1 and values.size > 1000:
            assert abs(values.std() - 1 / 8 / np.sqrt(3)) < 0.005, weight.path
