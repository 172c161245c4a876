"""Code for a single backend; no other package of the library imports one.

chosen.py         which backend Keras uses
adam.py           the optimizer, fused
arrays.py         array operations
execution.py      compiling functions, building models
for_device.py     what pays on a CPU and what on a GPU
forking.py        what fork leaves behind
generators.py     random numbers
kept_programs.py  what JAX compiles, kept on the disk
lstm.py           a step of an LSTM on torch
precision.py      matrix products in float32 or bfloat16
products.py       matrix products
processes.py      what processes that train together exchange
projected_cell.py a step of a recurrent cell without its inputs' product
recurrence.py     recurrent layers and cells
rows_apart.py     steps of several devices on JAX
scan.py           a loop over positions
settings.py       settings that change numbers: set here, or recorded
jax_processes.py  several processes on JAX
torch_processes.py several processes on torch
training_step.py  training steps for a loss that does not need `call`
while_needed.py   a setting of the process, while a thread needs it
"""

from keras_nmt.kernels import processes
from keras_nmt.kernels.adam import Adam
from keras_nmt.kernels.arrays import (
    added_at,
    argmax,
    contiguous,
    dense,
    dense_together,
    exp_of_difference,
    of_the_first,
    scaled,
    written,
)
from keras_nmt.kernels.chosen import (
    BACKEND,
    JIT_COMPILE,
    compiled_size,
    device,
    peak_device_memory,
)
from keras_nmt.kernels.execution import (
    build_to_load,
    build_unfilled,
    compiled,
    compiled_by_size,
    mapped,
    pays_in_two,
    sync,
)
from keras_nmt.kernels.for_device import rows_at_once
from keras_nmt.kernels.forking import hold_model
from keras_nmt.kernels.generators import (
    dropped_out,
    random_state,
    seed,
    set_random_state,
)
from keras_nmt.kernels.groups import processes_of
from keras_nmt.kernels.kept_programs import keep_compiled
from keras_nmt.kernels.precision import PRECISIONS, products_in
from keras_nmt.kernels.products import matmul
from keras_nmt.kernels.projected_cell import (
    projected,
    projected_bias,
    projected_step,
)
from keras_nmt.kernels.recurrence import recurrent_cell, recurrent_layer
from keras_nmt.kernels.rows_apart import RowsApart, weights_are_split
from keras_nmt.kernels.scan import scan
from keras_nmt.kernels.settings import (
    in_float32,
    overrule_settings,
    recorded_settings,
    without_limits,
)
from keras_nmt.kernels.training_step import LossWithoutCall

__all__ = [
    "BACKEND",
    "JIT_COMPILE",
    "PRECISIONS",
    "Adam",
    "LossWithoutCall",
    "RowsApart",
    "added_at",
    "argmax",
    "build_to_load",
    "build_unfilled",
    "compiled",
    "compiled_by_size",
    "compiled_size",
    "contiguous",
    "dense",
    "dense_together",
    "device",
    "dropped_out",
    "exp_of_difference",
    "hold_model",
    "in_float32",
    "keep_compiled",
    "mapped",
    "matmul",
    "of_the_first",
    "overrule_settings",
    "pays_in_two",
    "peak_device_memory",
    "processes",
    "processes_of",
    "products_in",
    "projected",
    "projected_bias",
    "projected_step",
    "random_state",
    "recorded_settings",
    "recurrent_cell",
    "recurrent_layer",
    "rows_at_once",
    "scaled",
    "scan",
    "seed",
    "set_random_state",
    "sync",
    "weights_are_split",
    "without_limits",
    "written",
]
