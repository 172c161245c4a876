"""Where a backend needs a path of its own; the only room that imports one.

chosen.py      which backend it is
adam.py        the optimizer, fused
arrays.py      array operations
execution.py   compiling and building
generators.py  random numbers
"""

from keras_nmt.backends.adam import Adam
from keras_nmt.backends.arrays import (
    added_at,
    argmax,
    exp_of_difference,
    scaled,
    written,
)
from keras_nmt.backends.chosen import (
    BACKEND,
    BATCHES_AT_ONCE,
    JIT_COMPILE,
    compiled_size,
    device,
)
from keras_nmt.backends.execution import (
    build_to_load,
    build_unfilled,
    compiled,
    sync,
)
from keras_nmt.backends.generators import random_state, seed, set_random_state

__all__ = [
    "BACKEND",
    "BATCHES_AT_ONCE",
    "JIT_COMPILE",
    "Adam",
    "added_at",
    "argmax",
    "build_to_load",
    "build_unfilled",
    "compiled",
    "compiled_size",
    "device",
    "exp_of_difference",
    "random_state",
    "scaled",
    "seed",
    "set_random_state",
    "sync",
    "written",
]
