"""The plain cross-entropy against NumPy; the loss of an epoch per token."""

import numpy as np
import pytest
from keras import ops

from keras_nmt.models.losses import TokenLoss, masked_cross_entropy
from keras_nmt.specials import PAD, SOS
from tests.checks import log_softmax, random, to_numpy

V = 7
TARGET_OUT = np.array([[4, 5, 3], [6, PAD, PAD]], "int32")


# === The loss ===


def compute(logits, target_out, *smoothing):
    tensors = ops.convert_to_tensor(logits), ops.convert_to_tensor(target_out)
    return to_numpy(masked_cross_entropy(*tensors, *smoothing))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_is_the_mean_over_real_tokens(smoothing):
    logits = random(0, *TARGET_OUT.shape, V)
    loss, log_probs = compute(logits, TARGET_OUT, smoothing)
    rows = log_softmax(logits[TARGET_OUT != PAD].astype("float64"))
    tokens = TARGET_OUT[TARGET_OUT != PAD]
    wanted = (1 - smoothing) * np.eye(V)[tokens] + smoothing / V
    expected = -(wanted * rows).sum(axis=-1).mean()
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
    np.testing.assert_allclose(
        log_probs[TARGET_OUT != PAD], rows[np.arange(len(tokens)), tokens], rtol=1e-5
    )


def test_even_chances_cost_the_logarithm_of_the_vocabulary():
    loss, _ = compute(np.zeros((*TARGET_OUT.shape, V), "float32"), TARGET_OUT)
    np.testing.assert_allclose(loss, np.log(V), rtol=1e-6)


def test_padding_alone_costs_nothing():
    logits = random(0, *TARGET_OUT.shape, V)
    assert compute(logits, np.full_like(TARGET_OUT, PAD))[0] == 0.0


def test_logits_of_half_precision_are_scored_in_float32():
    logits = ops.cast(random(0, *TARGET_OUT.shape, V), "float16")
    loss, log_probs = masked_cross_entropy(logits, ops.convert_to_tensor(TARGET_OUT))
    assert to_numpy(loss).dtype == to_numpy(log_probs).dtype == np.float32


# === The metric ===


def test_every_token_of_an_epoch_counts_the_same():
    generator = np.random.default_rng(0)
    metric, scored = TokenLoss(), []
    for real in (1, 2, 300):  # a mean of the batches' means would be far off
        tokens = np.full(384, PAD, "int32")
        tokens[:real] = generator.integers(SOS, V, real)
        log_probs = -generator.exponential(3.0, 384).astype("float32")
        log_probs[real:] = -1e3  # padding must not count, whatever is there
        metric.update_state(*map(ops.convert_to_tensor, (tokens, log_probs)))
        scored += zip(tokens[:real], log_probs[:real], strict=True)
    tokens, log_probs = (np.array(x) for x in zip(*scored, strict=True))
    assert (tokens == SOS).any()
    expected = {
        "nll": -log_probs.mean(),
        "perplexity": np.exp(-log_probs.mean()),
        "nll_without_sos": -log_probs[tokens != SOS].mean(),
        "perplexity_without_sos": np.exp(-log_probs[tokens != SOS].mean()),
    }
    actual = to_numpy(metric.result())
    assert actual.keys() == expected.keys()
    for name in expected:
        np.testing.assert_allclose(actual[name], expected[name], rtol=1e-5)


def test_a_new_epoch_begins_from_nothing():
    metric = TokenLoss()
    for log_prob in (-9.0, -2.0):
        metric.reset_state()
        tokens, log_probs = (
            ops.convert_to_tensor([4]),
            ops.convert_to_tensor([log_prob]),
        )
        metric.update_state(tokens, log_probs)
    assert float(metric.result()["nll"]) == 2.0


def test_without_sos_is_nan_where_only_sos_was_scored():
    metric = TokenLoss()
    metric.update_state(ops.convert_to_tensor([SOS]), ops.convert_to_tensor([-1.0]))
    result = to_numpy(metric.result())
    assert result["nll"] == 1.0
    assert np.isnan(result["nll_without_sos"])
