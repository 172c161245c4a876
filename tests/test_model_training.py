"""Losses of every system, the fast one among them, and that it learns."""

import keras
import numpy as np
import pytest

from experiments.parity_measures import Gradients
from keras_nmt import kernels
from keras_nmt.specials import PAD, SOS
from keras_nmt.text.batching import TranslationBatches
from tests.checks import (
    ONE_BLOCK,
    SYSTEMS,
    TARGET_VOCABULARY,
    VARIANTS,
    log_softmax,
    pairs,
    system,
    to_numpy,
    weights_of,
)
from tests.running import built
from tests.test_models import FAMILIES, B, short_batches


def numpy_losses(model, batches):
    """`-log softmax(logits)[token]` of every scored token, and the tokens."""
    losses, tokens = [], []
    for inputs, targets in (batches[index] for index in range(len(batches))):
        target_out = targets["target_out"]
        real = target_out != PAD
        rows = to_numpy(model(inputs))[real].astype("float64")
        tokens.append(target_out[real])
        losses.append(-log_softmax(rows)[np.arange(real.sum()), tokens[-1]])
    return np.concatenate(losses), np.concatenate(tokens)


def compiled(model, optimizer=None):
    model.compile(optimizer or "sgd", run_eagerly=True)
    return model


@pytest.mark.parametrize(
    "name", ["lstm_cosine", "gru_none", "encoder_only", "transformer"]
)
def test_evaluate_is_the_mean_over_real_tokens(name):
    model = compiled(system(name))
    batches = short_batches(name, 5, score_sos=True)
    results = model.evaluate(batches, return_dict=True, verbose=0)
    losses, tokens = numpy_losses(model, batches)
    assert len(tokens) == batches.target_tokens
    words = losses[tokens != SOS].mean()
    for key, expected in {
        "nll": losses.mean(),
        "perplexity": np.exp(losses.mean()),
        "nll_without_sos": words,
        "perplexity_without_sos": np.exp(words),
    }.items():
        np.testing.assert_allclose(results[key], expected, rtol=1e-5)


@pytest.mark.parametrize("name", [*FAMILIES, "gru_fed_stacked", *VARIANTS])
def test_the_fast_loss_and_its_gradients_are_those_of_the_plain_one(name):
    """To 1e-5 of the loss, and 2e-5 of the largest gradient of each weight.

    A gradient that is nothing but rounding (of the keys' bias, which softmax cancels)
    is compared with a hundredth of the largest of all.
    """
    batch = short_batches(name, 2, score_sos=True)[0]
    results, gradients = [], []
    for plain in (True, False):
        model = built(SYSTEMS[name](label_smoothing=0.1))
        model.plain_loss = plain
        compiled(model, Gradients())
        results.append(model.test_on_batch(*batch, return_dict=True))
        model.reset_metrics()
        results[-1]["training"] = model.train_on_batch(*batch, return_dict=True)["loss"]
        gradients.append(weights_of(model))
    for key, expected in results[0].items():
        np.testing.assert_allclose(results[1][key], expected, rtol=1e-5, err_msg=key)
    largest = max(np.abs(x).max() for x in gradients[0].values())
    for path, expected in gradients[0].items():
        atol = 2e-5 * max(np.abs(expected).max(), 1e-2 * largest)
        np.testing.assert_allclose(
            gradients[1][path], expected, rtol=0, atol=atol, err_msg=path
        )


@pytest.mark.parametrize("plain", [True, False])
def test_penalties_of_regularizers_are_part_of_the_loss(plain):
    batch = short_batches("transformer", 2)[0]
    losses = []
    for penalty in (0.0, 0.5):
        regularizer = keras.regularizers.L2(penalty)
        projection = keras.layers.Dense(
            TARGET_VOCABULARY, name="projection", kernel_regularizer=regularizer
        )
        model = compiled(built(SYSTEMS["transformer"](projection=projection)))
        model.plain_loss = plain
        losses.append(model.test_on_batch(*batch, return_dict=True)["loss"])
    squares = np.square(to_numpy(model.projection.kernel.value)).sum()
    np.testing.assert_allclose(losses[1] - losses[0], 0.5 * squares, rtol=1e-4)


def test_samples_with_weights_are_refused_rather_than_taken_for_equal():
    model = compiled(system("rnn_none"))
    with pytest.raises(ValueError, match="Translators do not weigh samples"):
        model.test_on_batch(*short_batches("rnn_none", 2)[0], np.ones(B, "float32"))


@pytest.mark.parametrize("name", ["rnn_none", "transformer"])
def test_the_training_loss_is_smoothed_and_what_is_reported_is_not(name):
    model = compiled(built(SYSTEMS[name](label_smoothing=0.1)))
    batches = short_batches(name, 2)
    losses, _ = numpy_losses(model, batches)
    inputs, targets = batches[0]
    rows = to_numpy(model(inputs))[targets["target_out"] != PAD].astype("float64")
    smoothed = 0.9 * losses.mean() - 0.1 * log_softmax(rows).mean()
    results = model.train_on_batch(*batches[0], return_dict=True)
    np.testing.assert_allclose(results["loss"], smoothed, rtol=1e-5)
    np.testing.assert_allclose(results["nll"], losses.mean(), rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("lstm_cosine", {"feeding": "free_running", "visible_padding": 7}),
        ("gru_none", {"dropout": 0.1}),
        ("gru_fed_stacked", {"output_dropout": 0.1}),
        ("encoder_only", {}),
        ("transformer", {"label_smoothing": 0.1, **ONE_BLOCK}),
        ("transformer", {"norm": "pre", "tied": "target", **ONE_BLOCK}),
    ],
)
def test_fit_learns_to_reverse(name, options, tmp_path):
    """A fifth of the loss goes in a few steps; the model is saved as it stands."""
    keras.utils.set_random_seed(0)
    model = SYSTEMS[name](**options)
    model.compile(kernels.Adam(0.02), jit_compile=kernels.JIT_COMPILE)
    batches = TranslationBatches(pairs(48), 16, [(7, 7)], seed=0)
    history = model.fit(batches, epochs=10, shuffle=False, verbose=0).history
    assert history["nll"][-1] < 0.8 * history["nll"][0]
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for one, same in zip(
        (*model.weights, *model.optimizer.variables),
        (*loaded.weights, *loaded.optimizer.variables),
        strict=True,
    ):
        np.testing.assert_array_equal(to_numpy(one.value), to_numpy(same.value))
