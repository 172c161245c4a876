"""Blocks that are taken apart compute what they compute in one piece."""

import numpy as np
import pytest

from experiments.explanations.state_gradients import state_gradients
from experiments.representations import images
from experiments.representations.layer_outputs import (
    arrays,
    decoder_outputs,
    encoder_outputs,
    recurrent_outputs,
    sentence_means,
)
from experiments.representations.measures import cka_of, layer_measures
from keras_nmt.models.feeding import FreeRunning
from keras_nmt.models.transformer import TransformerTranslator
from keras_nmt.specials import PAD
from tests import checks
from tests.checks import SOURCE, TARGET_IN, to_numpy
from tests.running import built, computed

INPUTS = {"source": SOURCE, "target_in": TARGET_IN}


def transformer(norm):
    model = TransformerTranslator(
        checks.SOURCE_VOCABULARY,
        checks.TARGET_VOCABULARY,
        8,
        2,
        16,
        2,
        2,
        12,
        norm=norm,
    )
    return built(model)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_blocks_in_parts_are_the_blocks(norm):
    model = transformer(norm)
    encoder, decoder = encoder_outputs(model, SOURCE), decoder_outputs(model, INPUTS)
    assert [*encoder] == ["embedding", "encoder_0", "encoder_1"]
    last = encoder["encoder_1"].output
    memory = last if model.encoder_norm is None else model.encoder_norm(last)
    expected = to_numpy(model.encode(SOURCE)["memory"])
    np.testing.assert_allclose(to_numpy(memory), expected, atol=1e-5)
    last = decoder["decoder_1"].output
    hidden = last if model.decoder_norm is None else model.decoder_norm(last)
    expected = to_numpy(model.hidden_states(INPUTS))
    np.testing.assert_allclose(to_numpy(hidden), expected, atol=1e-5)
    # What goes past a sublayer is the output of the one before; its heads add up to 1.
    skip, _ = encoder["encoder_1"].skips["self_attention"]
    np.testing.assert_array_equal(to_numpy(skip), to_numpy(encoder["encoder_0"].output))
    weights = to_numpy(decoder["decoder_0"].weights["cross_attention"])
    np.testing.assert_allclose(weights.sum(axis=-1), 1, atol=1e-5)
    theirs = to_numpy(model.attention(INPUTS)["decoder_0"])
    np.testing.assert_allclose(weights, theirs, atol=1e-5)


def test_a_recurrent_decoder_is_seen_with_the_reference_read():
    """As a transformer's is, whatever it reads in training."""
    model = built(checks.recurrent(feeding="free_running"))
    assert type(model.feeding) is FreeRunning
    other = np.where(np.arange(TARGET_IN.shape[1]) == 1, 7, TARGET_IN)
    found = [
        to_numpy(recurrent_outputs(model, {**INPUTS, "target_in": ids})["hidden"])
        for ids in (TARGET_IN, other)
    ]
    changed = TARGET_IN[:, 1] != 7
    assert not np.allclose(found[0][changed, 1:], found[1][changed, 1:])
    assert type(model.feeding) is FreeRunning


def test_a_skip_connection_can_be_left_out():
    model = transformer("pre")
    whole = arrays(encoder_outputs(model, SOURCE))
    parts = encoder_outputs(model, SOURCE)
    without = encoder_outputs(model, SOURCE, ("encoder_0", "feedforward"))
    branch = to_numpy(parts["encoder_0"].skips["feedforward"][1])
    found = arrays(without)
    np.testing.assert_allclose(found["encoder_0"], branch, atol=1e-5)
    assert not np.allclose(found["encoder_1"], whole["encoder_1"])
    with pytest.raises(ValueError, match="name one of encoder_0, encoder_1"):
        encoder_outputs(model, SOURCE, ("decoder_0", "feedforward"))
    with pytest.raises(ValueError, match="must be one of self_attention, feedforward"):
        encoder_outputs(model, SOURCE, ("encoder_0", "cross_attention"))


@pytest.mark.backend_free
def test_sentences_of_other_lengths_compare_by_their_means():
    outputs = np.arange(12.0).reshape(2, 3, 2)
    is_real = np.array([[True, True, True], [True, False, False]])
    found = sentence_means(outputs, is_real)
    np.testing.assert_allclose(found, [[2, 3], [6, 7]])


@pytest.mark.parametrize("name", images.MODELS)
def test_models_of_images_tell_their_layers(name):
    pictures = np.random.default_rng(0).random((16, 8, 8, 1), "float32")
    model = images.MODELS[name]()
    logits = to_numpy(model(pictures))
    outputs = model.layer_outputs(pictures)
    assert [*outputs] == ["embedding", "block_0", "block_1", "block_2"]
    last = to_numpy(outputs["block_2"].output)
    np.testing.assert_allclose(
        to_numpy(model.classify(last.mean(axis=1))), logits, atol=1e-5
    )
    batches = [list(arrays(outputs).values())]
    found = cka_of(batches, batches)
    np.testing.assert_allclose(np.diag(found["cka"]), 1)
    assert -1 <= found["uniformity"] <= 1
    values = layer_measures({"block_0": outputs["block_0"]}, np.zeros((16, 16)))
    ratios = values["block_0"]["norm_ratios"]
    assert all(0 < ratio < np.inf for ratio in ratios.values())
    assert ("head_diversity" in values["block_0"]) == (name == "vit")


# === Gradients through time ===


def same_length():
    """Sentences without padding."""
    source = np.where(SOURCE[:, :4] == PAD, 5, SOURCE[:, :4])
    return source, np.where(TARGET_IN == PAD, 7, TARGET_IN)


@pytest.mark.parametrize(("kind", "attention"), [("rnn", "none"), ("lstm", "cosine")])
def test_the_last_state_moves_the_loss_as_the_projection_says(kind, attention):
    model = built(checks.recurrent(kind, attention))
    source, target = same_length()
    norms = state_gradients(model, source, target, 2)
    assert norms.shape == (4 + 3,)
    # dL/dh = W (softmax(logits) - target), for the state that is projected.
    logits = computed(model, {"source": source, "target_in": target[:, :3]})[:, 2]
    error = checks.softmax(logits) - np.eye(logits.shape[-1])[target[:, 3]]
    kernel = to_numpy(model.projection.kernel.value)
    expected = np.linalg.norm(error @ kernel.T, axis=1).mean()
    assert norms[-1] == pytest.approx(expected, rel=1e-4)
    assert (norms > 0).all()


def test_a_state_that_is_forgotten_moves_nothing():
    model = built(checks.recurrent("rnn"))
    recurrent = model.encoder.layer.cell.recurrent_kernel
    recurrent.assign(np.zeros(recurrent.shape, "float32"))
    norms = state_gradients(model, *same_length(), 1)
    np.testing.assert_array_equal(norms[:3], 0)
    assert (norms[3:] > 0).all()


def test_padding_and_other_models_are_refused():
    model = checks.recurrent("rnn")
    model.build()
    with pytest.raises(ValueError, match="without padding"):
        state_gradients(model, SOURCE, TARGET_IN, 2)
    with pytest.raises(ValueError, match="one layer with a forward"):
        state_gradients(transformer("pre"), *same_length(), 1)


def test_recurrent_layers_have_outputs_on_both_sides():
    model = checks.recurrent("lstm", "cosine")
    model.build()
    found = arrays(recurrent_outputs(model, INPUTS))
    assert found["memory"].shape == (*SOURCE.shape, checks.HIDDEN_DIM)
    assert found["hidden"].shape == (*TARGET_IN.shape, checks.HIDDEN_DIM)
