"""How much of a sublayer's output comes past it, by the skip connection."""

import numpy as np


def norm_ratio(skip, branch, is_real=None):
    """The mean of |skip| / |branch| over positions.

    Above 1 the skip connection prevails (Raghu et al. 2021, section 5).

    Args:
        skip: float (B, T, D), what goes past the sublayer.
        branch: float (B, T, D), what the sublayer adds.
        is_real: bool (B, T), the positions that count; None for all.
    """
    skip, branch = (np.linalg.norm(x, axis=-1) for x in (skip, branch))
    if is_real is None:
        is_real = np.ones(skip.shape, bool)
    with np.errstate(divide="ignore"):
        ratios = skip[is_real] / branch[is_real]
    return float(ratios.mean())
