"""Log-odds that two kinds of words are glued: a logistic regression with a prior."""

import collections

import numpy as np

from keras_nmt.text.joining import QUOTE_KINDS, mark_sides

MOST_KINDS = 200
"""The most frequent kinds have log-odds of their own; the rules decide for others."""

BY_RULES = 3.0
"""The prior's log-odds for kinds that the rules glue."""

RIDGE = 0.1
"""The weight of the prior, about that of one or two words of train."""

NEWTON_STEPS = 30
DECIMALS = 3


def fit(counts, join_hyphens):
    """The log-odds `(base, after, before)`: ridge regression by Newton's method.

    Args:
        counts: (kind on the left, kind on the right) -> [times apart, times glued].
        join_hyphens: as for `joining.join_words`, whose rules are the prior.
    """
    columns = [_most_frequent(counts, side) for side in (0, 1)]
    sizes = [len(column) for column in columns]
    features = np.zeros((len(counts), 1 + sum(sizes)))
    features[:, 0] = 1
    for row, pair in enumerate(counts):
        for side, first in ((0, 1), (1, 1 + sizes[0])):
            if pair[side] in columns[side]:
                features[row, first + columns[side][pair[side]]] = 1
    prior = np.array(
        [0.0]
        + [BY_RULES * _glues(kind, 1, join_hyphens) for kind in columns[0]]
        + [BY_RULES * _glues(kind, 0, join_hyphens) for kind in columns[1]]
    )
    tallies = np.array(list(counts.values()), float).reshape(-1, 2)
    weights = _regress(features, tallies[:, 1], tallies.sum(axis=1), prior)
    base, *others = (round(float(weight), DECIMALS) for weight in weights)
    after = dict(zip(columns[0], others, strict=False))
    return base, after, dict(zip(columns[1], others[sizes[0] :], strict=True))


def _most_frequent(counts, side):
    """The most frequent kinds on a side, sorted, each with its index."""
    totals = collections.Counter()
    for pair, tally in counts.items():
        totals[pair[side]] += sum(tally)
    kinds = sorted(totals, key=lambda kind: (-totals[kind], kind))[:MOST_KINDS]
    return {kind: place for place, kind in enumerate(sorted(kinds))}


def _glues(kind, side, join_hyphens):
    """Whether the rules glue a mark to its left (side 0) or right (side 1)."""
    if kind.strip() in QUOTE_KINDS:
        return (side == 1) == kind.endswith(" ")
    return mark_sides(kind, join_hyphens)[side]


def _regress(features, tight, total, prior):
    """Weights of a logistic regression, regularized towards `prior`."""
    weights = prior.copy()
    for _ in range(NEWTON_STEPS):
        chances = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        gradient = features.T @ (total * chances - tight) + RIDGE * (weights - prior)
        spread = total * np.maximum(chances * (1 - chances), 1e-3)
        hessian = (features.T * spread) @ features + RIDGE * np.eye(len(weights))
        step = np.linalg.solve(hessian, gradient)
        weights = weights - step
        if np.abs(step).max() < 10.0**-DECIMALS:
            break
    return weights
