"""Means over tokens, and their intervals over resampled sentences.

A loss is a mean over tokens, but the tokens of a sentence are not independent. So whole
sentences are drawn (Efron 1979), and the draws are the same for every system: a
difference of two systems on the same sentences is paired.
"""

import numpy as np

from keras_nmt.evaluation.bleu import interval

SAMPLES = 1000
SEED = 12345


def draws(sentences):
    """How often each sentence is in each resampled text, int (1 + SAMPLES, N).

    The first row is the text itself.
    """
    generator = np.random.default_rng(SEED)
    found = np.ones((1 + SAMPLES, sentences), int)
    for row in found[1:]:
        chosen = generator.integers(sentences, size=sentences)
        row[:] = np.bincount(chosen, minlength=sentences)
    return found


def means(sums, counts, times):
    """The mean of the words of each group, for each resampled text.

    Args:
        sums: float (N, G), the sum of a sentence's values in each of G groups.
        counts: int (N, G), how many values that is.
        times: int (R, N), as of `draws`.

    Returns:
        float (R, G); NaN where a text has no value in a group.
    """
    with np.errstate(invalid="ignore"):
        return (times @ sums) / (times @ counts)


def with_interval(samples):
    """`(value, low, high)`: the first sample, and the middle 95 % of the others."""
    rest = samples[1:]
    return float(samples[0]), *interval(rest[np.isfinite(rest)])


def slopes(heights, places, weights):
    """The slope of a line through points, fitted by weighted least squares.

    Args:
        heights: float (R, G), a row for each line.
        places, weights: float (G,), the same for all.

    Returns:
        float (R,).
    """
    places, weights = np.asarray(places, float), np.asarray(weights, float)
    centred = places - np.average(places, weights=weights)
    return heights @ (weights * centred / (weights * centred**2).sum())
