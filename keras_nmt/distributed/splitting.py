"""Which weights of a transformer are split among devices, and along which axis.

This is tensor parallelism (Shoeybi et al. 2019, "Megatron-LM"): a device computes some
heads of each attention and some columns of each feed-forward network, and the outputs
are summed over the devices. `keras.distribution.ModelParallel` does it from a map of
layouts by the paths of variables, as keras-hub's `get_layout_map` makes one for its
models.
"""

import math
import re

import keras

ROWS, MODEL = "batch", "model"
"""The axes of the devices: those that share the batch, those that share the weights."""

SPLIT = {
    r"(query|key|value)/kernel": (1,),  # (D, H, K)
    r"(query|key|value)/bias": (0,),  # (H, K)
    r"attention_output/kernel": (0,),  # (H, K, D)
    r"expand/kernel": (1,),  # (D, F)
    r"expand/bias": (0,),
    r"contract/kernel": (0,),  # (F, D)
    r"tokens/embeddings": (0, 1),  # (V, D)
    r"projection/kernel": (1, 0),  # (D, V)
    r"projection/bias": (0,),
}
"""The axes to split by the ends of paths. The first that the devices divide is taken;
a variable without any stays whole."""


def layout_map(model, mesh):
    """The `keras.distribution.LayoutMap` of a model.

    Args:
        model: built; its weights need no values.
        mesh: a `keras.distribution.DeviceMesh` with the axes `ROWS` and `MODEL`.
    """
    layouts = keras.distribution.LayoutMap(mesh)
    count = mesh.shape[mesh.axis_names.index(MODEL)]
    for variable in model.trainable_variables:
        axis = split_axis(variable.path, variable.shape, count)
        if axis is not None:
            axes = [None] * len(variable.shape)
            axes[axis] = MODEL
            layouts[variable.path] = tuple(axes)
    return layouts


def split_axis(path, shape, count):
    """The axis along which a variable is split over `count` devices; None if it is not.

    Example:
    >>> split_axis("translator/encoder_0/expand/kernel", (512, 2048), 2)
    1
    """
    for end, axes in SPLIT.items():
        if re.search(rf"(^|/){end}$", path):
            return next((axis for axis in axes if shape[axis] % count == 0), None)
    return None


def split_share(model, count):
    """The share of a model's parameters that are split over `count` devices."""
    sizes = {True: 0, False: 0}
    for x in model.trainable_variables:
        is_split = split_axis(x.path, x.shape, count) is not None
        sizes[is_split] += math.prod(x.shape)
    return sizes[True] / sum(sizes.values())
