"""How far the heads of a layer look, and how different they are.

Attention weights are float (B, H, T, S): sentences or images, heads, positions that
look, positions that are looked at. Each row over S sums to 1.
"""

import numpy as np


def line_distances(queries, keys):
    """|t - s| of positions in a sentence, (T, S)."""
    return np.abs(np.arange(queries)[:, None] - np.arange(keys)).astype("float64")


def grid_distances(rows, columns):
    """Distances between the patches of an image, in patches, (rows * columns,) twice.

    Patches are numbered row by row.
    """
    row, column = np.divmod(np.arange(rows * columns), columns)
    return np.hypot(row[:, None] - row, column[:, None] - column)


def among_real(weights, is_real):
    """The weights of the positions that count, rows again summing to 1.

    Where a system sees its padding, heads that avoid it would seem to look near.

    Args:
        weights: float (B, H, T, S).
        is_real: bool (B, S), of those that are looked at.
    """
    kept = np.asarray(weights, "float64") * np.asarray(is_real)[:, None, None, :]
    return kept / np.maximum(kept.sum(axis=-1, keepdims=True), np.finfo("float64").tiny)


def mean_distances(weights, distances, is_real=None):
    """How far each head looks on average, (H,).

        distance_h = mean over b, t of sum_s weights_bhts distance_ts

    (Raghu et al. 2021, section 4, after Dosovitskiy et al. 2021, figure 7.)

    Args:
        weights: float (B, H, T, S).
        distances: float (T, S).
        is_real: bool (B, T), the positions that count; None for all.
    """
    per_query = np.einsum("bhts,ts->bht", np.asarray(weights, "float64"), distances)
    return _mean_over_queries(per_query, is_real)


def uniform_distance(distances):
    """The mean distance of a head that looks at all positions alike."""
    return float(np.mean(distances))


def reach(weights, distances, is_real=None):
    """The mean distance of a head that looks alike at all positions it can see.

    The arguments are those of `mean_distances`. What no weight is put on is not seen:
    later positions in a decoder, masked padding.
    """
    seen = (np.asarray(weights)[:, :1] > 0).astype("float64")
    uniform = seen / seen.sum(axis=-1, keepdims=True)
    return float(mean_distances(uniform, distances, is_real)[0])


def head_diversity(weights, is_real=None):
    """The mean pairwise Jensen-Shannon divergence of the heads, in bits, 0 to 1.

        JS(p, q) = (KL(p || m) + KL(q || m)) / 2,    m = (p + q) / 2

    (Lin 1991.) 0 if all heads look alike, 1 if no two look at the same position.

    Args:
        weights: float (B, H, T, S), at least two heads.
        is_real: bool (B, T), the positions that count; None for all.

    Raises:
        ValueError: there is one head only.
    """
    weights = np.asarray(weights, "float64")
    heads = weights.shape[1]
    if heads < 2:
        raise ValueError(f"diversity needs two heads or more. Received: {heads}")
    first, second = np.triu_indices(heads, 1)
    divergences = _jensen_shannon(weights[:, first], weights[:, second])
    return float(_mean_over_queries(divergences, is_real).mean())


def _jensen_shannon(p, q):
    middle = (p + q) / 2
    return (_divergence(p, middle) + _divergence(q, middle)) / 2


def _divergence(p, q):
    """KL(p || q) along the last axis, in bits; 0 log 0 is 0."""
    logs = np.log2(p, where=p > 0, out=np.zeros_like(p))
    logs -= np.log2(q, where=p > 0, out=np.zeros_like(q))
    return (p * logs).sum(axis=-1)


def _mean_over_queries(values, is_real):
    """(B, H, T) -> (H,)."""
    if is_real is None:
        return values.mean(axis=(0, 2))
    real = np.asarray(is_real, bool)[:, None, :]
    return np.where(real, values, 0.0).sum(axis=(0, 2)) / real.sum()
