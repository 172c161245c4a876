"""Which devices train together, and how JAX spreads a batch over them."""

import contextlib

import keras

from keras_nmt import kernels
from keras_nmt.errors import InputError

INSTEAD = (
    "train with KERAS_BACKEND=jax and --devices, or KERAS_BACKEND=torch and torchrun"
)


def check_backend(device_count, launch):
    """Refuses what the backend cannot do.

    Args:
        device_count: devices of this process that train together.
        launch: a `Launch`, or None.

    Raises:
        InputError: naming what can.
    """
    asked = f"--devices {device_count}" if device_count > 1 else ""
    if launch:
        asked = f"{launch.count} processes"
    if kernels.BACKEND == "tensorflow" and asked:
        raise InputError(f"{asked}: TensorFlow trains on one device here; {INSTEAD}")
    if kernels.BACKEND == "torch" and device_count > 1:
        raise InputError(
            f"--devices {device_count}: a process on torch trains on one device; start "
            f"one for each: torchrun --nproc-per-node {device_count} -m keras_nmt "
            "train ..."
        )


@contextlib.contextmanager
def data_parallel(device_count, launch):
    """Inside, Keras gives every device its rows of a batch and a copy of the weights.

    Raises:
        InputError: there are fewer devices.
    """
    there = keras.distribution.list_devices()
    if not launch and device_count > len(there):
        raise InputError(
            f"--devices {device_count}: this machine has {len(there)} for JAX "
            f"({', '.join(there)}); on a CPU, more are made by "
            f"XLA_FLAGS=--xla_force_host_platform_device_count={device_count}"
        )
    # Every process reads its own rows, so Keras need not share them out.
    spread = keras.distribution.DataParallel(
        devices=there if launch else there[:device_count], auto_shard_dataset=False
    )
    _current.append(spread)
    try:
        yield
    finally:
        _current.remove(spread)
        keras.distribution.set_distribution(None)


_current = []


def spread():
    """What `keras.distribution` is set to in a training; None on one device."""
    return _current[-1] if _current else None


def recorded():
    """What config.json says of processes and devices, where there is more than one.

    A run goes on with the same numbers only, because each has random numbers of its
    own, and the state holds those of all.
    """
    processes = kernels.processes.current().count
    each = device_count() // processes
    return {
        **({"processes": processes} if processes > 1 else {}),
        **({"devices": each} if each > 1 else {}),
    }


def device_count():
    """The devices of all processes that train together."""
    if _current:
        return _current[-1].device_mesh.devices.size
    return kernels.processes.current().count
