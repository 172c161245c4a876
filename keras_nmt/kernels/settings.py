"""Settings of Keras and the backends that alter numbers.

What a model of float32 needs is set: for a whole program by `overrule_settings`,
which says what it changed; for a library user by `in_float32` and `without_limits`,
while something is loaded, translated or trained. What is left to the user is in
`recorded_settings`.
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
"""What JAX is set to; a version that does not know one of them needs it not."""

ROUNDING = {
    "NVIDIA_TF32_OVERRIDE": ("", "0"),
    "ONEDNN_DEFAULT_FPMATH_MODE": ("", "STRICT"),
    "DNNL_DEFAULT_FPMATH_MODE": ("", "STRICT"),
}
"""Variables with which libraries round the factors of all products, and the values
with which they do not. They are read too early to be overruled."""

LEFT = (
    "CUBLAS_WORKSPACE_CONFIG",
    "DNNL_MAX_CPU_ISA",
    "MKL_CBWR",
    "MKL_ENABLE_INSTRUCTIONS",
    "MKL_NUM_THREADS",
    "NVIDIA_TF32_OVERRIDE",
    "OMP_NUM_THREADS",
    "ONEDNN_MAX_CPU_ISA",
)
"""Variables that may move the last bits of numbers, on every backend."""

LEFT_BY_BACKEND = {
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
    """What is set of the variables that are left to the user, by name; for JSON."""
    names = sorted({*LEFT, *LEFT_BY_BACKEND[BACKEND]})
    return {name: os.environ[name] for name in names if os.environ.get(name)}


def overrule_settings():
    """For programs: sets what float32 needs; tells on stderr what was set otherwise.

    Raises:
        InputError: a variable rounds products, and nothing can be done about it here.
    """
    for name, exact in ROUNDING.items():
        value = os.environ.get(name, "")
        if value.upper() not in exact and _concerns(name):
            raise InputError(
                f"{name}={value} rounds the factors of float32 products; unset it "
                "(recipes that end in _bfloat16 ask for such products)"
            )
    forbid_tf32()
    for name, value, needed in _set_as_needed():
        print(f"{name} {value} is overruled: {needed} here", file=sys.stderr)


def _concerns(name):
    """NVIDIA's libraries compute on their devices, oneDNN on processors."""
    return (device().partition(":")[0] != "cpu") == name.startswith("NVIDIA")


def _set_as_needed():
    """`(name, value before, value now)` of every setting that was another one."""
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


# === For a while ===


_FLOAT32 = WhileNeeded(
    lambda: keras.config.floatx(), lambda x: keras.config.set_floatx(x), "float32"
)


@contextlib.contextmanager
def in_float32(policy=None):
    """What is built, compiled and computed inside is of float32 and int32.

    Keras's `floatx` and JAX's x64 mode give plain Python numbers, sums and new arrays
    another type, with which a compiled loop ends or a translation becomes another; GPUs
    round products (`precision.all_bits`).
    `floatx` belongs to the process: other threads see float32 meanwhile, too.

    Args:
        policy: of the layers made inside, a `DTypePolicy`, its name or its config;
            None to leave it as it is.
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
    """Inside, `fit` and `evaluate` take all epochs and steps that they are told.

    KERAS_MAX_EPOCHS and KERAS_MAX_STEPS_PER_EPOCH cut them short for debugging.
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
