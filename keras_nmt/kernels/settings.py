"""Settings of Keras and the backends that change the numbers a model computes.

A float32 model needs fixed values of some settings. `overrule_settings` sets them for a
whole program and prints what it changed. `in_float32` and `without_limits` set them for
library users, while a model is loaded, trained or translates. Users may choose all
other settings; `recorded_settings` says which they chose.
"""

import contextlib
import os
import sys

import keras

from keras_nmt.errors import InputError
from keras_nmt.kernels.chosen import BACKEND, device
from keras_nmt.kernels.precision import all_bits, forbid_tf32
from keras_nmt.kernels.while_needed import WhileNeeded

OF_JAX = {
    "jax_enable_x64": False,
    "jax_default_dtype_bits": "64",
    "jax_default_matmul_precision": "highest",
    "jax_disable_jit": False,
    "jax_numpy_dtype_promotion": "standard",
    "jax_numpy_rank_promotion": "allow",
    "jax_default_prng_impl": "threefry2x32",
    "jax_enable_custom_prng": False,
    "jax_threefry_partitionable": True,
    "jax_random_seed_offset": 0,
}
"""Values that JAX's settings need. A version of JAX may lack some of the settings."""

ROUNDING = {
    "NVIDIA_TF32_OVERRIDE": ("", "0"),
    "ONEDNN_DEFAULT_FPMATH_MODE": ("", "STRICT"),
    "DNNL_DEFAULT_FPMATH_MODE": ("", "STRICT"),
}
"""Environment variables that make libraries round the factors of matrix products, and
the values with which they do not. Libraries read them too early to overrule them."""

FREE = (
    "CUBLAS_WORKSPACE_CONFIG",
    "DNNL_MAX_CPU_ISA",
    "MKL_CBWR",
    "MKL_ENABLE_INSTRUCTIONS",
    "MKL_NUM_THREADS",
    "NVIDIA_TF32_OVERRIDE",
    "OMP_NUM_THREADS",
    "ONEDNN_MAX_CPU_ISA",
)
"""Environment variables that may change the last bits of numbers on any backend. Users
may choose them."""

FREE_BY_BACKEND = {
    "tensorflow": (
        "TF_CUDNN_DETERMINISTIC",
        "TF_DETERMINISTIC_OPS",
        "TF_ENABLE_ONEDNN_OPTS",
        "TF_NUM_INTEROP_THREADS",
        "TF_NUM_INTRAOP_THREADS",
        "TF_XLA_FLAGS",
        "XLA_FLAGS",
    ),
    "jax": (
        "JAX_ALLOW_F16_REDUCTIONS",
        "JAX_DISABLE_MOST_OPTIMIZATIONS",
        "JAX_OPTIMIZATION_LEVEL",
        "JAX_PLATFORMS",
        "LIBTPU_INIT_ARGS",
        "XLA_FLAGS",
    ),
    "torch": ("ATEN_CPU_CAPABILITY", "KERAS_TORCH_DEVICE"),
}


def recorded_settings():
    """The set variables of `FREE` and `FREE_BY_BACKEND`, as `{name: value}`."""
    names = sorted({*FREE, *FREE_BY_BACKEND[BACKEND]})
    return {name: os.environ[name] for name in names if os.environ.get(name)}


def overrule_settings():
    """Sets what float32 needs for the whole program, and prints changes on stderr.

    Commands call it before they load or build a model.

    Raises:
        InputError: a variable of `ROUNDING` rounds products; it cannot be overruled.
    """
    for name, exact in ROUNDING.items():
        value = os.environ.get(name, "")
        if value.upper() not in exact and _concerns(name):
            raise InputError(
                f"{name}={value} rounds the factors of float32 products; unset it "
                "(recipes that end in _bfloat16 ask for such products)"
            )
    forbid_tf32()
    for name, value, needed in _set_all():
        print(f"{name} {value} is overruled: {needed} here", file=sys.stderr)


def _concerns(name):
    """Whether a variable's library computes here: NVIDIA's on GPUs, oneDNN on CPUs."""
    return (device().partition(":")[0] != "cpu") == name.startswith("NVIDIA")


def _set_all():
    """Sets every setting; yields `(name, old value, new value)` of the changed ones."""
    config = keras.config
    by_keras = [
        ("floatx", config.floatx, config.set_floatx, "float32"),
        ("dtype policy", _policy, config.set_dtype_policy, "float32"),
        ("KERAS_MAX_EPOCHS", config.max_epochs, config.set_max_epochs, None),
        (
            "KERAS_MAX_STEPS_PER_EPOCH",
            config.max_steps_per_epoch,
            config.set_max_steps_per_epoch,
            None,
        ),
    ]
    for name, get, put, needed in by_keras + _OF_BACKEND[BACKEND]():
        before = get()
        if before != needed:
            put(needed)
            yield name, before, "no limit" if needed is None else needed


def _policy():
    return keras.config.dtype_policy().name


def _of_jax():
    import jax

    def setting(name, needed):
        def get():
            value = getattr(jax.config, name, needed)
            return "highest" if (name, value) == _SAME else value

        return name.upper(), get, lambda value: jax.config.update(name, value), needed

    return [setting(name, needed) for name, needed in OF_JAX.items()]


_SAME = "jax_default_matmul_precision", "float32"
"""For JAX "float32" means the same as "highest"."""


def _of_torch():
    import torch

    return [
        (
            "torch's float32 matmul precision",
            torch.get_float32_matmul_precision,
            torch.set_float32_matmul_precision,
            "highest",
        ),
        (
            "torch's default dtype",
            lambda: str(torch.get_default_dtype()),
            lambda _: torch.set_default_dtype(torch.float32),
            "torch.float32",
        ),
    ]


_OF_BACKEND = {"tensorflow": list, "jax": _of_jax, "torch": _of_torch}


# === Temporary settings ===


_FLOAT32 = WhileNeeded(
    lambda: keras.config.floatx(), lambda x: keras.config.set_floatx(x), "float32"
)


@contextlib.contextmanager
def in_float32(policy=None):
    """Inside this context everything is built and computed in float32 and int32.

    Keras's `floatx` and JAX's x64 mode may give Python numbers, sums and new arrays
    another type, which makes a compiled loop fail or changes a translation. GPUs may
    round the factors of products (`precision.all_bits`). `floatx` belongs to the
    process, so other threads see float32 at that time, too.

    Args:
        policy: of the layers that are created inside: a `DTypePolicy`, its name or its
            config; None does not change it.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(_FLOAT32)
        stack.enter_context(all_bits())
        if BACKEND == "jax":
            import jax

            if jax.config.jax_enable_x64:
                stack.enter_context(jax.enable_x64(False))
        if policy is not None:
            before = keras.config.dtype_policy()
            stack.callback(keras.config.set_dtype_policy, before)
            keras.config.set_dtype_policy(keras.dtype_policies.get(policy))
        yield


@contextlib.contextmanager
def without_limits():
    """Inside this context `fit` and `evaluate` run all requested epochs and steps.

    KERAS_MAX_EPOCHS and KERAS_MAX_STEPS_PER_EPOCH, meant for debugging, limit them.
    """
    config = keras.config
    epochs, steps = config.max_epochs(), config.max_steps_per_epoch()
    config.set_max_epochs(None)
    config.set_max_steps_per_epoch(None)
    try:
        yield
    finally:
        config.set_max_epochs(epochs)
        config.set_max_steps_per_epoch(steps)
