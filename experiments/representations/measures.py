"""All measures of layers together, as numbers for a JSON file."""

import numpy as np
from keras import ops

from experiments.representations.attention import (
    among_real,
    head_diversity,
    mean_distances,
    uniform_distance,
)
from experiments.representations.probes import position_accuracy
from experiments.representations.similarity import LinearCka, uniformity
from experiments.representations.skips import norm_ratio


def layer_measures(outputs, distances=None, is_real=None):
    """What each layer shows by itself.

    Args:
        outputs: `{name: BlockOutputs}` of one batch.
        distances: float (T, T), for heads of self-attention; None leaves them out.
        is_real: bool (B, T), the positions that count; None for all.

    Returns:
        `{name: {"position_probe": share, "norm_ratios": {sublayer: ratio},
        "head_distances": [one a head], "head_diversity": bits}}`, without what a layer
        has not.
    """
    found = {}
    for name, layer in outputs.items():
        values = found[name] = {
            "position_probe": position_accuracy(_array(layer.output), is_real)
        }
        if layer.skips:
            values["norm_ratios"] = {
                sublayer: norm_ratio(*map(_array, pair), is_real)
                for sublayer, pair in layer.skips.items()
            }
        weights = layer.weights.get("self_attention")
        if weights is not None and distances is not None:
            weights = _array(weights)
            if is_real is not None:
                weights = among_real(weights, is_real)
            values["head_distances"] = [
                float(x) for x in mean_distances(weights, distances, is_real)
            ]
            if weights.shape[1] > 1:
                values["head_diversity"] = head_diversity(weights, is_real)
    if distances is not None:
        found["uniform_distance"] = uniform_distance(distances)
    return found


def cka_of(one, other):
    """CKA between all layers of two networks, a list of rows, and its uniformity.

    Args:
        one, other: lists of minibatches of the same examples; a minibatch is a list of
            arrays (n, ...), one a layer.
    """
    found = LinearCka(len(one[0]), len(other[0]))
    for mine, theirs in zip(one, other, strict=True):
        found.add(mine, theirs)
    matrix = found.matrix()
    result = {"cka": matrix.round(4).tolist()}
    if one is other:
        result["uniformity"] = round(uniformity(matrix), 4)
    return result


def _array(x):
    return np.asarray(ops.convert_to_numpy(x))
