"""A GPU computes otherwise than a CPU, and the same: here a CPU that says it is one."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_nmt import kernels
from keras_nmt.kernels import for_device
from keras_nmt.layers.dropout import Dropout
from tests import test_fast_loss
from tests.checks import random, to_numpy


@pytest.fixture
def as_gpu(monkeypatch):
    monkeypatch.setattr(for_device, "device", lambda: "NVIDIA H100 80GB HBM3")
    for_device.choices.cache_clear()
    yield
    for_device.choices.cache_clear()


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("cpu", for_device.CPU),
        ("cpu:0", for_device.CPU),
        ("NVIDIA H100 80GB HBM3", for_device.GPU),
    ],
)
def test_the_device_decides(device, expected, monkeypatch):
    monkeypatch.setattr(for_device, "device", lambda: device)
    for_device.choices.cache_clear()
    found = for_device.choices()
    for_device.choices.cache_clear()
    assert found is expected


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("count", "on_cpu", "on_gpu"),
    [(384, 384, 384), (1920, 384, 1920), (960, 320, 960), (10_000, 250, 5000)],
)
def test_blocks_divide_the_rows(count, on_cpu, on_gpu, monkeypatch):
    for choices, expected in ((for_device.CPU, on_cpu), (for_device.GPU, on_gpu)):
        monkeypatch.setattr(for_device, "choices", lambda choices=choices: choices)
        assert for_device.rows_at_once(count) == expected
    assert for_device.rows_at_once(None) == 384


@pytest.mark.parametrize("rows", [2 * test_fast_loss.BLOCK, 320])
def test_the_loss_of_all_rows_at_once_is_that_of_numpy(rows, as_gpu):
    if rows % test_fast_loss.BLOCK and kernels.BACKEND == "tensorflow":
        pytest.skip("TensorFlow trains in one process, whose rows fill whole blocks")
    hidden, tokens = test_fast_loss.batch(rows)
    loss, _ = test_fast_loss.compute(hidden, tokens, 0.1)
    expected, _, gradients = test_fast_loss.reference(hidden, tokens, 0.1)
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
    found = test_fast_loss.gradients(hidden, tokens, 0.1)
    test_fast_loss.assert_gradients_close(found, gradients)


def test_argmax_without_blocks_is_the_first_of_the_highest(as_gpu):
    x = np.random.default_rng(0).integers(-9, 9, (64, 600)).astype("float32")
    found = kernels.argmax(ops.convert_to_tensor(x))
    assert keras.backend.standardize_dtype(found.dtype) == "int32"
    np.testing.assert_array_equal(to_numpy(found), x.argmax(axis=-1))


def test_dropout_by_the_devices_own_generator_keeps_the_mean(as_gpu):
    keras.utils.set_random_seed(0)
    values = to_numpy(Dropout(0.2)(ops.ones((50_000,)), training=True))
    assert abs(np.mean(values == 0) - 0.2) < 5 * np.sqrt(0.16 / 50_000)
    np.testing.assert_allclose(values[values != 0], 1.25, rtol=1e-6)


def test_an_lstm_steps_as_with_the_written_gradient(as_gpu):
    cell = keras.layers.LSTMCell(5)
    cell.build((3, 4))
    x = ops.convert_to_tensor(random(0, 3, 4))
    states = [ops.convert_to_tensor(random(seed, 3, 5)) for seed in (1, 2)]
    _, expected = cell(x, states)
    _, found = kernels.recurrent_cell(cell, x, states)
    step = kernels.projected_step(cell, 4)
    after = step(kernels.projected(cell, x), None, states)
    for state, other, wanted in zip(found, after, expected, strict=True):
        np.testing.assert_allclose(to_numpy(state), to_numpy(wanted), atol=1e-6)
        np.testing.assert_allclose(to_numpy(other), to_numpy(wanted), atol=1e-6)
