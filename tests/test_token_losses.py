"""What the explanations read from models: losses of words, contexts, first weights."""

import numpy as np
import pytest

from experiments.explanations.contexts import uniform_attention
from experiments.explanations.token_losses import token_losses, words_alone
from experiments.representations.sentences import sentence_vectors
from experiments.representations.skip_effects import skip_effects
from keras_nmt.models.feeding import FreeRunning, TeacherForcing
from keras_nmt.recipes.own import RECIPES
from keras_nmt.specials import PAD
from keras_nmt.text.batching import TranslationBatches
from tests import checks
from tests.running import built, to_numpy
from tests.test_layer_outputs import INPUTS, transformer

PAIRS = checks.pairs(5, longest=3)


def test_losses_of_words_are_those_of_the_model_and_of_its_feeding():
    model = built(checks.recurrent("rnn", feeding="free_running"))
    batches = TranslationBatches(PAIRS, 3, [(5, 5)], score_sos=True)
    found = {}
    for feeding in (FreeRunning(), TeacherForcing()):
        model.feeding = feeding
        losses = token_losses(model, batches)
        assert losses.shape == (5, 5)
        expected = np.full((6, 5), np.nan)  # a batch is filled up to 3 rows
        for index in range(2):
            inputs, targets = batches[index]
            log_probs = checks.log_softmax(to_numpy(model(inputs)))
            wanted = targets["target_out"]
            values = -np.take_along_axis(log_probs, wanted[..., None], -1)[..., 0]
            expected[3 * index :][:3] = np.where(wanted == PAD, np.nan, values)
        np.testing.assert_allclose(losses, expected[:5], atol=1e-5)
        found[type(feeding)] = losses
    free, forced = found.values()
    np.testing.assert_allclose(free[:, 0], forced[:, 0], atol=1e-6)
    assert not np.allclose(free, forced, equal_nan=True)
    assert words_alone(free, RECIPES["transformer"]).shape == (5, 5)


@pytest.mark.backend_free
def test_uniform_attention_lasts_as_long_as_its_block():
    model = built(checks.recurrent("rnn", "cosine"))
    before = to_numpy(model.attention(INPUTS)["attention"])
    with uniform_attention(model):
        weights = to_numpy(model.attention(INPUTS)["attention"])
    real = INPUTS["source"] != PAD
    expected = real / real.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(weights[:, 0, 0], expected, atol=1e-6)
    after = to_numpy(model.attention(INPUTS)["attention"])
    np.testing.assert_array_equal(before, after)
    assert not np.allclose(before, weights)


@pytest.mark.backend_free
def test_a_recurrent_translator_has_four_layers():
    model = built(checks.recurrent("lstm"))
    found = sentence_vectors(model, INPUTS)
    assert [*found] == [
        "encoder embedding",
        "encoder memory",
        "decoder embedding",
        "decoder hidden",
    ]
    embedded = to_numpy(model.source_embedding(INPUTS["source"]))
    expected = embedded[1, :3].mean(axis=0)
    np.testing.assert_allclose(found["encoder embedding"][1], expected, atol=1e-6)
    assert skip_effects(model, INPUTS, 2) == {}


@pytest.mark.backend_free
def test_each_skip_connection_is_left_out_on_its_own():
    model = transformer("pre")
    generator = np.random.default_rng(0)
    inputs = {
        "source": generator.integers(4, checks.SOURCE_VOCABULARY, (8, 5)),
        "target_in": generator.integers(4, checks.TARGET_VOCABULARY, (8, 4)),
    }
    found = skip_effects(model, inputs, 8)
    sublayers = ("self_attention", "cross_attention", "feedforward")
    assert [*found] == [
        *(f"encoder_{n} {x}" for n in range(2) for x in sublayers[::2]),
        *(f"decoder_{n} {x}" for n in range(2) for x in sublayers),
    ]
    assert all(value < 1 for value in found.values())
    # The last block's sublayer adds nothing: what goes past it is all there is.
    contract = model.encoder_blocks[1].contract
    for weight in contract.weights:
        weight.assign(np.zeros(weight.shape, "float32"))
    last = skip_effects(model, inputs, 8)["encoder_1 feedforward"]
    assert np.isnan(last)
