"""Weights on disk in Keras's format, written completely and with a checksum."""

import contextlib
import hashlib
import io
import math
import re

import h5py
import keras
import numpy as np

from keras_nmt.atomic import replacing
from keras_nmt.errors import InputError

# Both are appended to the HDF5 content, followed by a SHA-256 in hexadecimal.
OWNER = b"\nkeras_nmt owner "
MARK = b"\nkeras_nmt sha256 "
DIGITS = 2 * hashlib.sha256().digest_size
TAIL = len(MARK) + DIGITS


def save_weights(model, path, owner="", half=False):
    """Writes `<name>.weights.h5`, which `model.load_weights` can read, too.

    `keras.Model.save_weights` overwrites the old file, so a kill leaves neither file.
    HDF5 has no checksum, so a flipped bit loads as a wrong weight. Here the new file
    replaces the old one when it is complete, and the SHA-256 of its content is appended
    at its end, where HDF5 ignores it.

    The optimizer's variables, which Keras also writes, are left out: a state holds them
    (`states.py`), and translating does not need them.

    Args:
        model: built.
        path: the file to replace.
        owner: the SHA-256, in hexadecimal, of the run's `translator.json`; "" to store
            none. Loading compares it, because weights of another run with vocabularies
            of the same sizes would load without an error and translate nonsense.
        half: whether weights are stored in float16: half the size, and precise to 3
            digits. They are float32 again when they are loaded.
    """
    file = _NamedBytes()
    with _without_optimizer(model):
        model.save_weights(file, overwrite=True)
    if half:
        file = _in_half_precision(file)
    if owner:
        file.seek(0, io.SEEK_END)
        file.write(OWNER + owner.encode())
    digest = hashlib.sha256(file.getbuffer()).hexdigest()
    file.seek(0, io.SEEK_END)
    file.write(MARK + digest.encode())
    with replacing(path) as unfinished:
        unfinished.write_bytes(file.getbuffer())


@contextlib.contextmanager
def _without_optimizer(model):
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        yield
        return
    model.optimizer = None
    try:
        yield
    finally:
        model.optimizer = optimizer


def _in_half_precision(file):
    """The same HDF5 file with float32 arrays as float16.

    Raises:
        InputError: a weight is outside the range of float16.
    """
    halved = _NamedBytes()
    with h5py.File(file) as source, h5py.File(halved, "w") as target:

        def copy(name, item):
            if isinstance(item, h5py.Group):
                place = target.require_group(name)
            else:
                array = item[()]
                if array.dtype == np.float32:
                    if array.size and np.abs(array).max() > np.finfo("float16").max:
                        raise InputError(
                            f"{name}: has weights above float16's range; train it with "
                            "clip_norm or a lower learning_rate"
                        )
                    array = array.astype("float16")
                place = target.create_dataset(name, data=array)
            place.attrs.update(item.attrs)

        source.visititems(copy)
        target.attrs.update(source.attrs)
    return halved


class _NamedBytes(io.BytesIO):
    """A file in memory: on a full disk HDF5 would print many tracebacks.

    Its string has the suffix by which Keras recognizes the format.
    """

    def __str__(self):
        return "memory.weights.h5"


def load_weights(model, path, owner=""):
    """Loads a file that `save_weights` wrote.

    Args:
        model: built.
        path: the file.
        owner: that was saved; "" to compare none.

    Raises:
        InputError: the file is missing or damaged, or has another owner or the weights
            of another architecture.
    """
    load_checked(model, path, check_weights(path, owner))


def load_checked(model, path, size):
    """Loads a file of which `check_weights` returned the `size`.

    The optimizer's variables, which files of earlier versions hold, are not loaded.

    Raises:
        InputError: the weights are those of another architecture.
    """
    try:
        with h5py.File(path) as file:
            file.visititems(lambda name, item: _check_size(name, item, size))
        skipped = [getattr(model, "optimizer", None)]
        keras.saving.load_weights(model, path, objects_to_skip=skipped)
    except (ValueError, KeyError, TypeError, OSError, RuntimeError) as error:
        cause = str(error).strip().partition("\n")[0]
        raise InputError(f"{path}: does not fit the model: {cause}") from error


def check_weights(path, owner=""):
    """Checks the checksum and the owner of a file; returns its size in bytes.

    Raises:
        InputError: the file is missing or damaged, or has another owner.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError(
            f"{path}: no such file; it is written at the end of the first epoch"
        ) from None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    body, tail = content[:-TAIL], content[-TAIL:]
    if tail != MARK + hashlib.sha256(body).hexdigest().encode():
        raise InputError(
            f"{path}: is cut short or altered: its checksum does not match; "
            "train again with --restart, or restore the file"
        )
    found = re.search(OWNER + rb"([0-9a-f]{%d})\Z" % DIGITS, body)
    if owner and found and found[1].decode() != owner:
        raise InputError(
            f"{path}: belongs to other vocabularies or another model than the files "
            "beside it; restore the files of one run"
        )
    return len(content)


def _check_size(name, item, size):
    """Refuses an array that declares more bytes than the file has."""
    if isinstance(item, h5py.Dataset):
        declared = math.prod(item.shape or ()) * item.dtype.itemsize
        if declared > size:
            raise ValueError(
                f"{name} declares {declared:,} bytes in a file of {size:,}"
            )
