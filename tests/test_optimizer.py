"""The schedule of the learning rate and our Adam, both against NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_nmt import kernels
from keras_nmt.layers.embedding import TokenEmbedding
from keras_nmt.training.schedules import WarmUp
from tests.checks import random, to_numpy

STEPS = 7
START = [random(0, 3, 2), random(1, 4)]
GRADIENTS = [[random(10 + n, 3, 2), 5 * random(20 + n, 4)] for n in range(STEPS)]


def rates(schedule, steps):
    return [float(ops.convert_to_numpy(schedule(step))) for step in steps]


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (WarmUp(2.0, "constant", 4), [0.5, 1.0, 1.5, 2.0, 2.0, 2.0, 2.0, 2.0]),
        (
            WarmUp(2.0, "inverse_sqrt", 4),
            [0.5, 1.0, 1.5, 2.0, *(2 * np.sqrt(4 / n) for n in (5, 6, 7, 8))],
        ),
        (
            WarmUp(2.0, "cosine", 2, 6),
            [1.0, 2.0, *(1 + np.cos(np.pi * n / 4) for n in (1, 2, 3)), 0.0, 0.0, 0.0],
        ),
        (WarmUp(2.0, "cosine", 0, 2), [1.0, *[0.0] * 7]),
        (
            WarmUp(2.0, "constant", 4, accumulation=3),
            [0.5, 0.5, 0.5, 1.0, 1.0, 1.0, 1.5, 1.5],
        ),
    ],
)
def test_the_learning_rate_rises_and_falls_as_its_formula_says(schedule, expected):
    np.testing.assert_allclose(rates(schedule, range(8)), expected, atol=1e-6)
    copy = WarmUp.from_config(schedule.get_config())
    assert rates(copy, range(8)) == rates(schedule, range(8))


def trained(**options):
    """The weights after each batch of `GRADIENTS`."""
    variables = [
        keras.Variable(array, name=name)
        for array, name in zip(START, ("kernel", "bias"), strict=True)
    ]
    optimizer = kernels.Adam(epsilon=1e-8, **options)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer.build(variables)
    after = []
    for gradients in GRADIENTS:
        tensors = [ops.convert_to_tensor(g) for g in gradients]
        optimizer.apply(tensors, variables)
        after.append(to_numpy([v.value for v in variables]))
    assert int(to_numpy(optimizer.steps.value)) == STEPS
    assert int(to_numpy(optimizer.finite_steps.value)) == STEPS
    return after


def expected_weights(
    rate=0.1, beta_1=0.9, beta_2=0.999, decay=0.0, clip=0.0, accumulation=1
):
    """The same in NumPy."""
    weights = [array.astype("float64") for array in START]
    moments = [[0.0, 0.0] for _ in weights]
    waiting, after, updates = [], [], 0
    for gradients in GRADIENTS:
        waiting.append([g.astype("float64") for g in gradients])
        if len(waiting) == accumulation:
            updates += 1
            means = [np.mean(x, axis=0) for x in zip(*waiting, strict=True)]
            waiting = []
            norm = np.sqrt(sum((g**2).sum() for g in means))
            if clip and norm > clip:
                means = [g * clip / norm for g in means]
            lr = rate(updates) if callable(rate) else rate
            for i, g in enumerate(means):
                if i == 0:
                    weights[i] = weights[i] * (1 - lr * decay)
                m, v = moments[i]
                moments[i] = m, v = (
                    beta_1 * m + (1 - beta_1) * g,
                    beta_2 * v + (1 - beta_2) * g**2,
                )
                corrected = np.sqrt(1 - beta_2**updates) / (1 - beta_1**updates)
                weights[i] = weights[i] - lr * corrected * m / (np.sqrt(v) + 1e-8)
        after.append(list(weights))
    return after


@pytest.mark.parametrize(
    ("options", "in_numpy"),
    [
        ({}, {}),
        ({"beta_1": 0.8, "beta_2": 0.98}, {"beta_1": 0.8, "beta_2": 0.98}),
        ({"global_clipnorm": 1.0}, {"clip": 1.0}),
        ({"weight_decay": 0.5}, {"decay": 0.5}),
        ({"gradient_accumulation_steps": 3}, {"accumulation": 3}),
        (
            {
                "learning_rate": WarmUp(0.1, "inverse_sqrt", 2, accumulation=2),
                "global_clipnorm": 1.0,
                "weight_decay": 0.5,
                "gradient_accumulation_steps": 2,
            },
            {
                "rate": lambda n: 0.1 * min(n / 2, np.sqrt(2 / n)),
                "clip": 1.0,
                "decay": 0.5,
                "accumulation": 2,
            },
        ),
    ],
    ids=["adam", "betas", "clip", "decay", "accumulation", "all"],
)
def test_adam_updates_as_its_formula_says(options, in_numpy):
    found = trained(**{"learning_rate": 0.1, **options})
    for ours, expected in zip(found, expected_weights(**in_numpy), strict=True):
        for array, wanted in zip(ours, expected, strict=True):
            np.testing.assert_allclose(array, wanted, rtol=1e-4, atol=1e-6)


# === Repeated tokens under Adam ===


class Lookup(keras.Model):
    """Only an embedding, to be pulled towards targets."""

    def __init__(self):
        super().__init__()
        self.embedding = TokenEmbedding(5, 3)

    def call(self, token_ids):
        return self.embedding(token_ids)


def numpy_adam(table, token_ids, target, steps, learning_rate, epsilon=1e-7):
    """Kingma & Ba 2015 as Keras writes it, on the summed gradient of each row."""
    first, second = np.zeros_like(table), np.zeros_like(table)
    for step in range(1, steps + 1):
        error = table[token_ids] - target
        gradient = np.zeros_like(table)
        np.add.at(gradient, token_ids, 2 * error / error.size)
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        rate = learning_rate * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        table = table - rate * first / (np.sqrt(second) + epsilon)
    return table


@pytest.mark.parametrize("optimizer", [keras.optimizers.Adam, kernels.Adam])
def test_a_token_that_occurs_twice_has_one_gradient(optimizer):
    token_ids = np.array([[1, 1, 2], [1, 3, 2]], "int32")
    target = np.random.default_rng(0).standard_normal((2, 3, 3)).astype("float32")
    model = Lookup()
    model(token_ids)
    before = to_numpy(model.embedding.embeddings.value).astype("float64")
    model.compile(optimizer(0.1), loss="mse")
    for _ in range(3):
        model.train_on_batch(token_ids, target)
    np.testing.assert_allclose(
        to_numpy(model.embedding.embeddings.value),
        numpy_adam(before, token_ids, target, steps=3, learning_rate=0.1),
        rtol=1e-5,
        atol=1e-5,
    )
