"""Literal numbers that every backend must meet.

With the weights that `checks.fill` gives each tiny system, to seven digits:

    golden/logits.json     its logits
    golden/gradients.json  of each weight's gradient the norm, and the product with
                           random numbers, which any change of an entry changes
    golden/losses.json     the losses of its first steps of training

and `<backend>.weights.h5`, those very weights of one system as each backend saves
them. All change only with the mathematics of a system; then look at why, and write
them anew, the first three on any backend, the last on each:

    KERAS_BACKEND=jax python -m tests.test_golden [weights]
"""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from experiments.parity_measures import Gradients, training_losses
from keras_nmt import kernels
from keras_nmt.text.batching import TranslationBatches
from keras_nmt.training.weights import load_weights, save_weights
from tests import checks
from tests.checks import RECURRENT, VARIANTS, inputs_for, system
from tests.running import built, to_numpy

FOLDER = Path(__file__).parent / "golden"
FREE_RUNNING = ", free running"

SYSTEMS = {name: x for name, x in checks.SYSTEMS.items() if name not in VARIANTS}

CASES = {name: (name, {}) for name in SYSTEMS} | {
    name + FREE_RUNNING: (name, {"feeding": "free_running"}) for name in RECURRENT
}


def logits_of(case):
    name, options = CASES[case]
    return to_numpy(system(name, **options)(inputs_for(name)))


TRAINED = (
    "rnn_cosine",
    "lstm_additive",
    "gru_multiplicative",
    "lstm_fed",
    "encoder_only",
    "transformer",
)
COMPILED = ("encoder_only",)
"""Of these, with a compiled step; the others run theirs operation by operation, which
is quicker: JAX has most operations from other tests, and TensorFlow traces nothing."""
STEPS = 6
SAVED = "lstm_cosine"
BACKENDS = ("tensorflow", "jax", "torch")
ROUNDING = 1e-7
"""Of the numbers in the files."""


def golden(name):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def filled(name):
    """A system of its own, to be trained."""
    return built(SYSTEMS[name]())


def batches():
    return TranslationBatches(checks.pairs(48), 16, [(7, 7)], score_sos=True, seed=0)


def gradients_of(name):
    """`{weight: [norm, product with random numbers]}`, and the weight's largest."""
    model = filled(name)
    model.compile(Gradients(), run_eagerly=True)
    model.train_on_batch(*batches()[0])
    found, largest = {}, {}
    for path, gradient in checks.weights_of(model).items():
        product = np.sum(gradient * checks.random(1, *gradient.shape))
        found[path] = [float(np.linalg.norm(gradient)), float(product)]
        largest[path] = np.abs(gradient).max()
    return found, largest


def losses_of(name):
    model = filled(name)
    compiled = {"jit_compile": kernels.JIT_COMPILE}
    how = compiled if name in COMPILED else {"run_eagerly": True}
    model.compile(kernels.Adam(0.01), **how)
    train = batches()
    steps = [train[step % len(train)] for step in range(STEPS)]
    return training_losses(model, steps, STEPS)


def test_golden_files_hold_exactly_the_systems_there_are():
    assert list(golden("logits")) == list(CASES)
    assert list(golden("gradients")) == list(SYSTEMS)
    assert list(golden("losses")) == list(TRAINED)


@pytest.mark.parametrize("case", CASES)
def test_logits_are_the_golden_ones(case):
    actual, expected = logits_of(case), golden("logits")[case]
    assert actual.shape == np.shape(expected)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", SYSTEMS)
def test_gradients_are_the_golden_ones(name):
    expected = golden("gradients")[name]
    found, largest = gradients_of(name)
    assert found.keys() == expected.keys()
    floor = 1e-3 * max(largest.values())
    for path, numbers in found.items():
        bound = ROUNDING + 1e-4 * max(largest[path], floor)
        np.testing.assert_allclose(
            numbers, expected[path], rtol=0, atol=bound, err_msg=path
        )


@pytest.mark.parametrize("name", TRAINED)
def test_losses_of_training_are_the_golden_ones(name):
    np.testing.assert_allclose(losses_of(name), golden("losses")[name], rtol=1e-3)


@pytest.mark.parametrize("saver", BACKENDS)
def test_weights_that_any_backend_saved_are_loaded_to_the_bit(saver):
    """On three backends these are the nine pairs of who saves and who loads."""
    model = SYSTEMS[SAVED]()
    model.build()
    load_weights(model, weights_path(saver))
    expected = checks.weights_of(filled(SAVED))
    for path, array in checks.weights_of(model).items():
        np.testing.assert_array_equal(array, expected[path], err_msg=path)


def weights_path(saver):
    return FOLDER / f"{saver}.weights.h5"


def _write(name, blocks):
    text = ",\n".join(f'"{key}": {block}' for key, block in blocks.items())
    (FOLDER / f"{name}.json").write_text(f"{{\n{text}\n}}\n", encoding="utf-8")


def _lines(items):
    return ",\n  ".join(items)


def regenerate():
    """Writes the files anew; one sentence, or one weight, a line."""
    blocks = {}
    for case in CASES:
        sentences = logits_of(case).astype("float64").round(7).tolist()
        blocks[case] = f"[\n  {_lines(map(json.dumps, sentences))}\n]"
    _write("logits", blocks)
    blocks = {}
    for name in SYSTEMS:
        weights = {
            path: [round(number, 7) for number in numbers]
            for path, numbers in gradients_of(name)[0].items()
        }
        items = (f'"{path}": {numbers}' for path, numbers in weights.items())
        blocks[name] = f"{{\n  {_lines(items)}\n}}"
    _write("gradients", blocks)
    losses = {name: [round(x, 6) for x in losses_of(name)] for name in TRAINED}
    _write("losses", losses)


if __name__ == "__main__":
    if sys.argv[1:] == ["weights"]:
        save_weights(filled(SAVED), weights_path(kernels.BACKEND))
    else:
        regenerate()
