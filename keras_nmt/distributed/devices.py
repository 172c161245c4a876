"""Which devices train together, and how JAX spreads a batch over them."""

import contextlib
import dataclasses

import keras

from keras_nmt import kernels
from keras_nmt.distributed.splitting import MODEL, ROWS, layout_map, split_share
from keras_nmt.errors import InputError

INSTEAD = (
    "train with KERAS_BACKEND=jax and --devices, or KERAS_BACKEND=torch and torchrun"
)


def check_backend(device_count, launch, split=1):
    """Refuses what the backend cannot do.

    Args:
        device_count: devices of this process that train together.
        launch: a `Launch`, or None.
        split: over how many devices the weights are split.

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
    if split == 1:
        return
    if kernels.BACKEND != "jax" or launch:
        raise InputError(
            f"--split-model {split}: JAX splits weights among the devices of one "
            "process; train with KERAS_BACKEND=jax and --devices, and without the "
            "variables that start several processes"
        )
    if device_count % split:
        raise InputError(
            f"--split-model {split} with --devices {device_count}: give a number that "
            "divides that of the devices"
        )


@dataclasses.dataclass(frozen=True)
class Spread:
    """Devices of JAX that train together.

    Args:
        devices: their names, those of all processes.
        split: over how many of them each large weight is split; 1 if every device has
            all weights.
    """

    devices: tuple
    split: int = 1

    def distribution(self, model):
        """What `keras.distribution` needs.

        Args:
            model: a function that returns a built model whose weights need no values.
        """
        # Every process reads its own rows, so Keras need not share them out.
        options = {"auto_shard_dataset": False}
        if self.split == 1:
            return keras.distribution.DataParallel(devices=[*self.devices], **options)
        mesh = keras.distribution.DeviceMesh(
            (len(self.devices) // self.split, self.split),
            (ROWS, MODEL),
            [*self.devices],
        )
        return keras.distribution.ModelParallel(
            layout_map=layout_map(model(), mesh), batch_dim_name=ROWS, **options
        )


@contextlib.contextmanager
def spread_over(device_count, split, launch):
    """Inside, trainings on JAX use several devices, as a `Spread` says.

    Raises:
        InputError: there are fewer devices, or the weights cannot be split over them.
    """
    there = keras.distribution.list_devices()
    if not launch and device_count > len(there):
        raise InputError(
            f"--devices {device_count}: this machine has {len(there)} for JAX "
            f"({', '.join(there)}); on a CPU, more are made by "
            f"XLA_FLAGS=--xla_force_host_platform_device_count={device_count}"
        )
    _current.append(Spread((*(there if launch else there[:device_count]),), split))
    try:
        yield
    finally:
        _current.pop()
        keras.distribution.set_distribution(None)


_current = []


def spread():
    """The `Spread` of a training; None on one device, and on torch."""
    return _current[-1] if _current else None


def splits_model():
    """Whether the weights are split among devices."""
    return bool(_current) and _current[-1].split > 1


def split_in_words(model):
    """How much of a model is split.

    Raises:
        InputError: nothing of it.
    """
    count = spread().split
    share = split_share(model, count)
    if not share:
        raise InputError(
            f"--split-model {count}: splits transformers only, whose heads, or whose "
            f"intermediate_dim or vocabularies, can be divided by {count}"
        )
    return f"{share:.0%} of the parameters are split over {count} devices"


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
        **({"split_model": _current[-1].split} if splits_model() else {}),
    }


def device_count():
    """The devices of all processes that train together."""
    if _current:
        return len(_current[-1].devices)
    return kernels.processes.current().count
