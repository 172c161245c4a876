"""Dropout: the share it drops, what becomes of the rest, where chance comes from."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_nmt.kernels.generators import threefry
from keras_nmt.layers.dropout import Dropout

SIZE = 100_003
"""Not a multiple of the four values that share a random number on torch."""


def dropped(rate, seed=0, training=True):
    keras.utils.set_random_seed(seed)
    ones = ops.ones((SIZE,))
    return ops.convert_to_numpy(Dropout(rate)(ones, training=training))


@pytest.mark.parametrize("rate", [0.2, 0.3, 0.5, 0.999])
def test_a_share_of_the_values_is_zero_and_the_rest_is_scaled_up(rate):
    values = dropped(rate)
    share, deviation = np.mean(values == 0), np.sqrt(rate * (1 - rate) / SIZE)
    assert abs(share - rate) < 5 * deviation
    np.testing.assert_allclose(values[values != 0], 1 / (1 - rate), rtol=0.01)


def test_a_rate_within_rounding_of_one_makes_no_infinity():
    values = dropped(1 - 2**-20)
    assert np.all(np.isfinite(values))
    assert np.mean(values == 0) > 0.999


def test_neighbours_are_dropped_by_chances_of_their_own():
    zero = dropped(0.5) == 0
    for distance in range(1, 9):
        both = np.mean(zero[distance:] & zero[:-distance])
        assert abs(both - 0.25) < 5 * np.sqrt(3 / 16 / SIZE)
    for lane in range(4):
        assert abs(np.mean(zero[lane::4]) - 0.5) < 5 * np.sqrt(1 / SIZE)


def test_nothing_is_dropped_at_rate_zero_or_outside_training():
    assert np.all(dropped(0.0) == 1)
    assert np.all(dropped(0.5, training=False) == 1)


def test_chances_follow_from_the_seed():
    np.testing.assert_array_equal(dropped(0.5), dropped(0.5))
    assert np.any(dropped(0.5) != dropped(0.5, seed=1))


@pytest.mark.parametrize(
    ("key", "counters", "expected"),
    [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((2**32 - 1,) * 2, (2**32 - 1,) * 2, (0x1CB996FC, 0xBB002BE7)),
        (
            (0x13198A2E, 0x03707344),
            (0x243F6A88, 0x85A308D3),
            (0xC4923A9C, 0x483DF7A0),
        ),
    ],
)
def test_threefry_gives_the_known_answers(key, counters, expected):
    """Those of Random123, the authors' own implementation."""
    found = threefry(*(np.array([x], "uint32") for x in (*key, *counters)))
    assert tuple(int(x[0]) for x in found) == expected
