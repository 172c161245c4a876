"""All that a training step reads and changes, to arrays and back."""

import re

import numpy as np
from keras import ops

from keras_nmt import kernels


def identity(model):
    """What a snapshot must agree with to fit a compiled model; for JSON.

    Keras numbers the layers of a process (`dense_1`), so what else was built there
    shows in a name; numbers are left out, order and shapes tell enough.
    """
    return {
        "backend": kernels.BACKEND,
        "architecture": _names(model.variables + model.metrics_variables),
        "optimizer": _names(model.optimizer.variables),
    }


def take(model):
    """Variables of model and optimizer as arrays; see `take_metrics` for the rest."""
    return _arrays(model, _variables(model))


def take_metrics(model):
    """What was summed up for the log since the epoch began."""
    return _arrays(model, model.metrics_variables)


def split(model, arrays):
    """The parts of `[*take, *take_metrics, *random_state]`."""
    first = len(_variables(model))
    second = first + len(model.metrics_variables)
    return arrays[:first], arrays[first:second], arrays[second:]


def restore(model, arrays):
    """Takes up what `take` gave."""
    for variable, array in zip(_variables(model), arrays, strict=True):
        variable.assign(array)


def restore_metrics(model, arrays):
    """Takes up what `take_metrics` gave."""
    for variable, array in zip(model.metrics_variables, arrays, strict=True):
        variable.assign(array)


def is_finite(arrays):
    """Whether no array holds NaN or Inf."""
    return all(np.isfinite(array).all() for array in arrays)


def _variables(model):
    # Unlike `weights`, `variables` holds the seeds.
    return [*model.variables, *model.optimizer.variables]


def _arrays(model, variables):
    kernels.sync(model)
    # Copies: what a backend shows as an array may be the memory it goes on to use.
    return [np.array(ops.convert_to_numpy(variable.value)) for variable in variables]


def _names(variables):
    return [
        (re.sub(r"_\d+", "", x.path), x.dtype, [int(size) for size in x.shape])
        for x in variables
    ]
