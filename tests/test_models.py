"""Every system fulfils the contract: one pass, where it looks, saved and loaded."""

import functools

import keras
import numpy as np
import pytest
from keras import ops

from keras_nmt.specials import PAD
from keras_nmt.text.batching import TranslationBatches
from tests.checks import (
    SOURCE,
    STEPWISE,
    SYSTEMS,
    TARGET_IN,
    TARGET_VOCABULARY,
    inputs_for,
    pairs,
    system,
    to_numpy,
)
from tests.running import built

B, T = TARGET_IN.shape
FAMILIES = (
    "rnn_none",
    "lstm_cosine",
    "gru_stacked",
    "lstm_fed",
    "encoder_only",
    "transformer",
)
"""One of each: plain, with attention, stacked, with input feeding, all at once, from
step to step."""


@functools.cache
def logits_of(name, **options):
    """Logits for `SOURCE` and `TARGET_IN`, computed once for all tests."""
    return to_numpy(system(name, **options)(inputs_for(name)))


def assert_same(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)


def begin(model, source=SOURCE):
    encoded = model.encode(ops.convert_to_tensor(source))
    return encoded, model.initial_state(encoded, TARGET_IN.shape[1])


# === One pass ===


def short_batches(name, count, **options):
    """Batches of the shapes of `SOURCE` and `TARGET_IN`, for which all is compiled."""
    length = SOURCE.shape[1]
    shape = (length, length if name == "encoder_only" else T)
    return TranslationBatches(pairs(count, longest=2), B, [shape], **options)


@pytest.mark.parametrize("name", SYSTEMS)
def test_nothing_is_left_unbuilt(name):
    """Else Keras traces the whole system again before every `train_on_batch`."""
    layers = system(name)._flatten_layers()
    assert [layer for layer in layers if not layer.built] == []


@pytest.mark.parametrize("name", SYSTEMS)
def test_call_gives_logits_at_every_position(name):
    length = SOURCE.shape[1] if name == "encoder_only" else T
    assert logits_of(name).shape == (B, length, TARGET_VOCABULARY)


@pytest.mark.parametrize("name", FAMILIES)
def test_call_gives_logits_whatever_else_the_batch_holds(name):
    inputs, targets = short_batches(name, 2)[0]
    logits, with_targets = (
        to_numpy(system(name)(batch)) for batch in (inputs, {**inputs, **targets})
    )
    assert logits.shape == (*targets["target_out"].shape, TARGET_VOCABULARY)
    np.testing.assert_array_equal(with_targets, logits)


@pytest.mark.parametrize("name", STEPWISE)
def test_the_future_cannot_change_the_past(name):
    changed = TARGET_IN.copy()
    changed[:, 2:] = 4
    after = to_numpy(system(name)(inputs_for(name, changed)))
    np.testing.assert_array_equal(after[:, :2], logits_of(name)[:, :2])
    assert not np.allclose(after[:, 2:], logits_of(name)[:, 2:], atol=1e-3)


@pytest.mark.parametrize("name", SYSTEMS)
def test_more_padding_changes_nothing_where_it_is_masked(name):
    longer = np.pad(SOURCE, [(0, 0), (0, 3)], constant_values=PAD)
    after = to_numpy(system(name)({**inputs_for(name), "source": longer}))
    before = logits_of(name)
    if name == "encoder_only":
        after, before = (
            after[:, : SOURCE.shape[1]][SOURCE != PAD],
            before[SOURCE != PAD],
        )
    np.testing.assert_allclose(after, before, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", FAMILIES)
def test_padding_is_seen_where_it_is_not_masked(name):
    """The writeup's systems see it, so a mask that slips in must not go unnoticed."""
    unmasked = logits_of(name, visible_padding=SOURCE.shape[1])
    assert not np.allclose(unmasked, logits_of(name), atol=1e-3)


@pytest.mark.parametrize("name", FAMILIES)
def test_padding_beyond_what_is_visible_changes_nothing(name):
    longer = np.pad(SOURCE, [(0, 0), (0, 3)], constant_values=PAD)
    model = system(name, visible_padding=SOURCE.shape[1])
    before, after = (
        to_numpy(model({**inputs_for(name), "source": source}))
        for source in (SOURCE, longer)
    )
    np.testing.assert_allclose(
        after[:, : before.shape[1]], before, rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("name", FAMILIES)
def test_a_row_of_padding_alone_stays_finite(name):
    inputs = {key: np.full_like(x, PAD) for key, x in inputs_for(name).items()}
    assert np.isfinite(to_numpy(system(name)(inputs))).all()


@pytest.mark.parametrize("name", FAMILIES)
def test_dropout_acts_in_training_alone(name):
    model = built(SYSTEMS[name](dropout=0.5))
    at_rest = to_numpy(model(inputs_for(name)))
    np.testing.assert_allclose(at_rest, logits_of(name), rtol=1e-5, atol=1e-5)
    in_training = to_numpy(model(inputs_for(name), training=True))
    assert not np.allclose(in_training, logits_of(name), atol=1e-2)


# === Where a system looks ===


@pytest.mark.parametrize(
    "name", ["lstm_additive", "lstm_fed", "transformer", "encoder_only"]
)
def test_attention_weights_sum_to_one_over_what_is_seen(name):
    weights = system(name).attention(inputs_for(name))
    for x in map(to_numpy, weights.values()):
        np.testing.assert_allclose(x.sum(axis=-1), 1.0, rtol=1e-5)
        assert x[1, :, :, 3:].max() == 0.0, "padding of the second sentence"


def test_attention_is_that_of_the_layers():
    """The recurrent decoder's own weights, step by step, are what is told."""
    model = system("lstm_cosine")
    found = to_numpy(model.attention(inputs_for("lstm_cosine"))["attention"])
    encoded, state = begin(model)
    for position, token_ids in enumerate(TARGET_IN.T):
        embedded = model.target_embedding(ops.convert_to_tensor(token_ids))
        _, state, weights = model.decoder(embedded, state, encoded)
        assert_same(found[:, 0, position], to_numpy(weights))


def test_a_system_without_attention_has_no_weights_to_tell():
    assert system("lstm_none").attention(inputs_for("lstm_none")) == {}


# === Saved and loaded ===


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_saved_model_says_the_same(name, tmp_path):
    model = system(name)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded) is type(model)
    np.testing.assert_array_equal(to_numpy(loaded(inputs_for(name))), logits_of(name))


@pytest.mark.parametrize("name", SYSTEMS)
def test_saved_weights_find_their_places(name, tmp_path):
    model = system(name)
    model.save_weights(tmp_path / "model.weights.h5")
    other = built(SYSTEMS[name](), seed=1)
    other.load_weights(tmp_path / "model.weights.h5")
    for one, same in zip(model.weights, other.weights, strict=True):
        assert one.path == same.path
        np.testing.assert_array_equal(to_numpy(one.value), to_numpy(same.value))
