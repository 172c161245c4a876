"""Converts everything that a training step reads and changes to arrays and back."""

import re

import numpy as np
from keras import ops

from keras_nmt import kernels


def identity(model):
    """What a snapshot's model must have in common with this one; fit for JSON.

    The numbers in names of layers (`dense_1`) are left out, because they depend on what
    else the process has built.
    """
    return {
        "backend": kernels.BACKEND,
        "architecture": _names(model.variables + model.metrics_variables),
        "optimizer": _names(model.optimizer.variables),
    }


def take(model):
    """The variables of model and optimizer as arrays, without metrics."""
    return _arrays(model, _variables(model))


def take_metrics(model):
    """The variables of the metrics as arrays: sums since the epoch began."""
    return _arrays(model, model.metrics_variables)


def split(model, arrays):
    """Splits `[*take, *take_metrics, *random_state]` into its three parts."""
    first = len(_variables(model))
    second = first + len(model.metrics_variables)
    return arrays[:first], arrays[first:second], arrays[second:]


def restore(model, arrays):
    """Assigns the arrays of `take`."""
    for variable, array in zip(_variables(model), arrays, strict=True):
        variable.assign(array)


def restore_metrics(model, arrays):
    """Assigns the arrays of `take_metrics`."""
    for variable, array in zip(model.metrics_variables, arrays, strict=True):
        variable.assign(array)


def is_finite(arrays):
    """Whether no array holds NaN or Inf."""
    return all(np.isfinite(array).all() for array in arrays)


def _variables(model):
    # Unlike `weights`, `variables` contains the seeds.
    return [*model.variables, *model.optimizer.variables]


def _arrays(model, variables):
    kernels.sync(model)
    # Copies, because the array may share memory that the backend will overwrite.
    return [np.array(ops.convert_to_numpy(variable.value)) for variable in variables]


def _names(variables):
    return [
        (re.sub(r"_\d+", "", x.path), x.dtype, [int(size) for size in x.shape])
        for x in variables
    ]
