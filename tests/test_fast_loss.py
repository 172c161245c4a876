"""The fast cross-entropy and its gradients against NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_nmt.models.fast_loss import (
    BLOCK,
    fast_cross_entropy,
    token_log_probs,
)
from keras_nmt.specials import PAD
from tests.checks import log_softmax, random, to_numpy

D, V = 5, 11
ROWS = (BLOCK, 2 * BLOCK)


def batch(rows, seed=0):
    """Hidden vectors and tokens of which the last third is `PAD`."""
    tokens = np.random.default_rng(seed).integers(PAD + 1, V, rows).astype("int32")
    tokens[-rows // 3 :] = PAD
    return random(seed, rows, D), tokens


KERNEL, BIAS = random(8, D, V), random(9, V)


def reference(hidden, tokens, smoothing=0.0):
    """Loss, log-probabilities and the three gradients in float64."""
    hidden, kernel, bias = (x.astype("float64") for x in (hidden, KERNEL, BIAS))
    log_probs = log_softmax(hidden @ kernel + bias)
    target = (1 - smoothing) * np.eye(V)[tokens] + smoothing / V
    weight = (tokens != PAD) / max((tokens != PAD).sum(), 1)
    loss = -(weight * (target * log_probs).sum(axis=-1)).sum()
    d_logits = (np.exp(log_probs) - target) * weight[:, None]
    gradients = d_logits @ kernel.T, hidden.T @ d_logits, d_logits.sum(axis=0)
    return loss, log_probs[np.arange(len(tokens)), tokens], gradients


def compute(hidden, tokens, smoothing=0.0):
    """Loss and log-probabilities as the library gives them."""
    tensors = map(ops.convert_to_tensor, (hidden, KERNEL, BIAS, tokens))
    return to_numpy(fast_cross_entropy(*tensors, smoothing))


class Projection(keras.Model):
    """Hidden vectors, kernel and bias as weights: what they lose is the gradient."""

    def __init__(self, hidden, smoothing):
        super().__init__()
        self.smoothing = smoothing
        self.values = [
            self.add_weight(shape=x.shape, initializer=lambda *_, x=x, **__: x)
            for x in (hidden, KERNEL, BIAS)
        ]

    def call(self, inputs):
        return inputs

    def compute_loss(self, x, y, y_pred, sample_weight, training=True):
        tensors = [ops.reshape(value, value.shape) for value in self.values]
        loss, _ = fast_cross_entropy(*tensors, y, self.smoothing)
        return 4.0 * loss


def gradients(hidden, tokens, smoothing=0.0):
    """What a step of gradient descent takes away, over its size.

    The step is so large (4 * 256) that the difference of two weights is exact
    enough, and the loss is scaled so that the factor has to come through.
    """
    model = Projection(hidden, smoothing)
    model.compile(keras.optimizers.SGD(256.0), run_eagerly=True)
    model.train_on_batch(np.zeros(len(tokens), "float32"), tokens)
    before = (hidden, KERNEL, BIAS)
    return [
        (x - to_numpy(value.value)) / 1024
        for x, value in zip(before, model.values, strict=True)
    ]


def assert_gradients_close(actual, expected):
    for gradient, other in zip(actual, expected, strict=True):
        atol = 1e-5 * np.abs(other).max()
        np.testing.assert_allclose(gradient, other, rtol=1e-5, atol=atol)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("rows", ROWS)
def test_loss_and_log_probs_are_those_of_numpy(rows, smoothing):
    hidden, tokens = batch(rows)
    loss, log_probs = compute(hidden, tokens, smoothing)
    expected_loss, expected_log_probs, _ = reference(hidden, tokens, smoothing)
    np.testing.assert_allclose(loss, expected_loss, rtol=1e-6)
    np.testing.assert_allclose(log_probs, expected_log_probs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("rows", ROWS)
def test_gradients_are_those_of_numpy(rows, smoothing):
    hidden, tokens = batch(rows)
    *_, expected = reference(hidden, tokens, smoothing)
    assert_gradients_close(gradients(hidden, tokens, smoothing), expected)


def test_one_real_token_bears_the_whole_gradient():
    hidden, tokens = batch(BLOCK)
    tokens[:] = PAD
    tokens[17] = 4
    *_, expected = reference(hidden, tokens)
    assert np.abs(expected[0][17]).max() > 0.1
    assert_gradients_close(gradients(hidden, tokens), expected)


def test_padding_alone_costs_nothing_and_teaches_nothing():
    hidden, tokens = batch(BLOCK)
    tokens[:] = PAD
    assert compute(hidden, tokens)[0] == 0.0
    for gradient in gradients(hidden, tokens):
        np.testing.assert_array_equal(gradient, 0.0)


def test_loss_of_the_largest_logits_stays_finite():
    hidden, tokens = batch(BLOCK)
    loss, log_probs = compute(1e3 * hidden, tokens)
    expected, *_ = reference(1e3 * hidden, tokens)
    assert np.isfinite(log_probs).all()
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


@pytest.mark.parametrize("rows", ROWS)
def test_log_probs_alone_are_those_beside_the_loss(rows):
    hidden, tokens = batch(rows)
    tensors = map(ops.convert_to_tensor, (hidden, KERNEL, BIAS, tokens))
    alone = to_numpy(token_log_probs(*tensors))
    np.testing.assert_allclose(alone, compute(hidden, tokens)[1], rtol=1e-6, atol=1e-6)
