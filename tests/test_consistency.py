"""R-Drop, SimCut and word dropout: losses of two passes, removed tokens."""

import functools

import keras
import numpy as np
import pytest
from keras import ops

from keras_nmt.models.consistency import (
    ScoredPositions,
    Shares,
    consistent_cross_entropy,
    doubled_positions,
    shares,
)
from keras_nmt.models.fast_consistency import fast_consistent_cross_entropy
from keras_nmt.models.fast_loss import BLOCK
from keras_nmt.models.word_dropout import without_some_tokens
from keras_nmt.specials import PAD
from keras_nmt.text.batching import TranslationBatches
from tests import checks
from tests.checks import log_softmax, random, to_numpy
from tests.running import built, computed

D, V = 5, 11
KINDS = {
    "r_drop": (0.5, 0.5, 1.25, 1.25),
    "simcut": (1.0, 0.0, 5.0, 0.0),
    "all apart": (0.3, 0.9, 2.0, 0.7),
}
KERNEL, BIAS = random(8, D, V), random(9, V)


def batch(rows):
    """Hidden vectors of two passes, and tokens of which the last third is `PAD`."""
    tokens = np.random.default_rng(0).integers(PAD + 1, V, rows).astype("int32")
    tokens[-rows // 3 :] = PAD
    return random(0, 2 * rows, D), tokens


def reference(hidden, tokens, kind, smoothing):
    """Loss, log-probabilities of the first pass and the three gradients in float64."""
    first, second, forward, backward = KINDS[kind]
    hidden, kernel, bias = (x.astype("float64") for x in (hidden, KERNEL, BIAS))
    log_p, log_q = np.split(log_softmax(hidden @ kernel + bias), 2)
    p, q = np.exp(log_p), np.exp(log_q)
    target = (1 - smoothing) * np.eye(V)[tokens] + smoothing / V
    weight = (tokens != PAD) / (tokens != PAD).sum()
    ratio = log_p - log_q
    kl_pq, kl_qp = (p * ratio).sum(-1, keepdims=True), -(q * ratio).sum(-1, keepdims=1)
    losses = -(target * (first * log_p + second * log_q)).sum(axis=-1)
    losses += forward * kl_pq[:, 0] + backward * kl_qp[:, 0]
    d_u = first * (p - target) + forward * p * (ratio - kl_pq) + backward * (p - q)
    d_v = second * (q - target) + forward * (q - p) - backward * q * (ratio + kl_qp)
    d_logits = np.concatenate([d_u, d_v]) * np.tile(weight, 2)[:, None]
    gradients = d_logits @ kernel.T, hidden.T @ d_logits, d_logits.sum(axis=0)
    return weight @ losses, log_p[np.arange(len(tokens)), tokens], gradients


def plainly(hidden, kernel, bias, tokens, kind, smoothing):
    logits = ops.matmul(hidden, kernel) + bias
    first, second = logits[: len(tokens)], logits[len(tokens) :]
    return consistent_cross_entropy(first, second, tokens, kind, smoothing)


LOSSES = {"plain": plainly, "fast": fast_consistent_cross_entropy}


class Projection(keras.Model):
    """Hidden vectors, kernel and bias as weights: what they lose is the gradient."""

    def __init__(self, loss, hidden, kind, smoothing):
        super().__init__()
        self.loss_of, self.options = loss, (Shares(*KINDS[kind]), smoothing)
        self.values = [
            self.add_weight(shape=x.shape, initializer=lambda *_, x=x, **__: x)
            for x in (hidden, KERNEL, BIAS)
        ]

    def call(self, inputs):
        return inputs

    def compute_loss(self, x, y, y_pred, sample_weight, training=True):
        tensors = [ops.reshape(value, value.shape) for value in self.values]
        return 4.0 * self.loss_of(*tensors, y, *self.options)[0]


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", LOSSES)
def test_losses_and_gradients_are_those_of_numpy(name, kind, smoothing):
    hidden, tokens = batch(BLOCK)
    expected, expected_log_probs, gradients = reference(hidden, tokens, kind, smoothing)
    tensors = map(ops.convert_to_tensor, (hidden, KERNEL, BIAS, tokens))
    loss, log_probs = to_numpy(LOSSES[name](*tensors, Shares(*KINDS[kind]), smoothing))
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
    np.testing.assert_allclose(log_probs, expected_log_probs, rtol=1e-5, atol=1e-5)
    model = Projection(LOSSES[name], hidden, kind, smoothing)
    model.compile(keras.optimizers.SGD(256.0), run_eagerly=True)
    model.train_on_batch(np.zeros(len(tokens), "float32"), tokens)
    for before, value, gradient in zip(
        (hidden, KERNEL, BIAS), model.values, gradients, strict=True
    ):
        moved = (before - to_numpy(value.value)) / 1024
        atol = 1e-5 * np.abs(gradient).max()
        np.testing.assert_allclose(moved, gradient, rtol=1e-5, atol=atol)


def test_r_drop_is_half_the_papers_loss():
    weight = 5.0
    paper = 1.0, 1.0, weight / 2, weight / 2
    assert [2 * share for share in shares("r_drop", weight)] == [*paper]
    assert shares("simcut", weight) == (1.0, 0.0, weight, 0.0)


def test_two_passes_have_twice_the_places():
    places, rows = [0, 3, 4, 0], [[0, 4, 4], [1, 2, 4]]
    scored = ScoredPositions(
        *(ops.convert_to_tensor(x, dtype="int32") for x in (places, rows))
    )
    places, rows = to_numpy(tuple(doubled_positions(scored)))
    np.testing.assert_array_equal(places, [0, 3, 4, 0, 6, 9, 10, 6])
    expected = [[0, 8, 8], [1, 2, 8], [4, 8, 8], [5, 6, 8]]
    np.testing.assert_array_equal(rows, expected)


# === Translators ===

TRAINED = {
    "transformer": checks.transformer,
    "encoder_only": checks.encoder_only,
    "teacher_forcing": checks.recurrent,
    "free_running": lambda **options: checks.recurrent(
        "gru", "cosine", feeding="free_running", **options
    ),
}


def trained(make, plain_loss, **options):
    """Logs of a step on one batch, and the logs and the weights after it.

    Weights, seeds and batch are always the same.
    """
    keras.utils.set_random_seed(3)
    model = built(make(**options), seed=1)
    model.plain_loss = plain_loss
    model.compile(keras.optimizers.SGD(0.1), run_eagerly=True)
    x, y = TranslationBatches(checks.pairs(8), 8, [(7, 7)])[0]
    logs = model.train_on_batch(x, y, return_dict=True)
    before = {name: float(value) for name, value in logs.items()}
    model.reset_metrics()
    after = model.test_on_batch(x, y, return_dict=True)
    after = {name: float(value) for name, value in after.items()}
    return before, after, checks.weights_of(model)


@functools.cache
def trained_without(name):
    """The logs of the same step without consistency."""
    return trained(TRAINED[name], False, label_smoothing=0.1)[0]


@pytest.mark.parametrize("consistency", ["r_drop", "simcut"])
@pytest.mark.parametrize("name", TRAINED)
def test_the_fast_loss_of_two_passes_is_the_plain_one(name, consistency):
    options = {"consistency": consistency, "cutoff": 0.8, "label_smoothing": 0.1}
    options["consistency_weight"] = 30.0
    fast, fast_after, weights = trained(TRAINED[name], False, **options)
    plain, plain_after, expected = trained(TRAINED[name], True, **options)
    for found, other in ((fast, plain), (fast_after, plain_after)):
        assert found == pytest.approx(other, rel=1e-5)
    for path, value in expected.items():
        np.testing.assert_allclose(weights[path], value, rtol=1e-5, atol=1e-5)
    # With neither dropout nor a cutoff both passes are the same.
    once = trained_without(name)
    assert fast["nll"] == pytest.approx(once["nll"], rel=1e-5)
    excess = fast["loss"] - once["loss"]
    assert excess > 1e-3 if consistency == "simcut" else abs(excess) < 1e-5


def test_r_drop_pulls_two_dropouts_together():
    apart, *_ = trained(checks.encoder_only, False, dropout=0.5, consistency="r_drop")
    heavy, *_ = trained(
        *(checks.encoder_only, False),
        **{"dropout": 0.5, "consistency": "r_drop", "consistency_weight": 30.0},
    )
    assert heavy["nll"] == apart["nll"]
    assert heavy["loss"] > apart["loss"] + 0.1


@pytest.mark.parametrize("name", ["transformer", "encoder_only", "lstm_additive"])
def test_a_removed_token_is_one_whose_embedding_is_zero(name):
    inputs = checks.inputs_for(name)
    masks = {
        f"{side}_kept": (ids != 5).astype("float32") for side, ids in inputs.items()
    }
    model = built(checks.SYSTEMS[name]())
    removed = computed(model, {**inputs, **masks}, "hidden_states")
    kept = computed(model, inputs, "hidden_states")
    assert np.abs(removed - kept).max() > 1e-3
    for weight in model.weights:
        if "positions" not in weight.path and weight.path.endswith("embeddings"):
            table = to_numpy(weight.value).copy()
            table[5] = 0
            weight.assign(table)
    zeroed = computed(model, inputs, "hidden_states")
    np.testing.assert_allclose(removed, zeroed, rtol=1e-5, atol=1e-6)


def test_free_running_removes_the_tokens_of_their_position():
    model = built(checks.recurrent(feeding="free_running"))
    ids = {"source": checks.SOURCE, "target_in": checks.TARGET_IN}
    kept = np.ones(checks.TARGET_IN.shape, "float32")
    kept[:, 2] = 0
    all_kept, cut = (
        computed(model, {**ids, **masks}, "hidden_states")
        for masks in ({}, {"target_in_kept": kept})
    )
    np.testing.assert_array_equal(cut[:, :2], all_kept[:, :2])
    assert np.abs(cut[:, 2] - all_kept[:, 2]).min() > 0


def test_a_share_of_the_tokens_is_removed_each_time_anew():
    seeds = keras.random.SeedGenerator(1)
    ids = np.zeros((200, 100), "int32")
    first = without_some_tokens({"source": ids, "target_in": ids}, 0.2, seeds)
    second = without_some_tokens(first, 0.5, seeds)
    masks = {name: to_numpy(x) for name, x in first.items() if name.endswith("kept")}
    for mask in masks.values():
        assert {*np.unique(mask)} == {0.0, 1.0}
        assert mask.mean() == pytest.approx(0.8, abs=0.015)
    assert (masks["source_kept"] != masks["target_in_kept"]).any()
    # Earlier masks stay in force.
    assert to_numpy(second["source_kept"]).mean() == pytest.approx(0.4, abs=0.015)


def test_noise_is_for_training_alone():
    noisy, *_ = trained(checks.encoder_only, False, word_dropout=0.5)
    plain, *_ = trained(checks.encoder_only, True, word_dropout=0.5)
    clean, *_ = trained(checks.encoder_only, False)
    assert abs(noisy["loss"] - clean["loss"]) > 1e-4
    assert plain == pytest.approx(noisy, rel=1e-5)
    model = built(checks.encoder_only(word_dropout=0.5, consistency="simcut"))
    inputs = checks.inputs_for("encoder_only")
    np.testing.assert_array_equal(
        computed(model, inputs), computed(checks.system("encoder_only"), inputs)
    )


def test_configs_name_what_differs_alone():
    given = {"word_dropout": 0.1, "consistency": "simcut", "cutoff": 0.2}
    config = checks.transformer(**given).get_config()
    assert {name: config[name] for name in given} == given
    assert checks.transformer().get_config().keys().isdisjoint(given)
    copy = type(checks.transformer()).from_config(config)
    assert copy.get_config() == config


def test_a_consistency_that_does_not_exist():
    with pytest.raises(ValueError, match=r"consistency must be one of.*'rdrop'"):
        checks.transformer(consistency="rdrop")
