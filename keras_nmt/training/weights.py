"""Weights on disk: Keras's own format, written whole and with a checksum."""

import contextlib
import hashlib
import io
import math
import re

import h5py
import keras

from keras_nmt.atomic import replacing
from keras_nmt.errors import InputError

OWNER = b"\nkeras_nmt owner "
MARK = b"\nkeras_nmt sha256 "
DIGITS = 2 * hashlib.sha256().digest_size
TAIL = len(MARK) + DIGITS


def save_weights(model, path, owner=""):
    """Writes `<name>.weights.h5`, which `model.load_weights` reads as it is.

    `keras.Model.save_weights` writes over the file that is there, and a kill then
    leaves neither; HDF5 has no checksum, so a flipped bit loads as a wrong weight.
    Here the new file takes the old one's place when it is whole, and the SHA-256 of
    its content stands at its end, which HDF5 does not look at.

    Keras also writes the optimizer's variables, two numbers for each weight. They are
    left out: a state holds them (`states.py`), and translating needs none.

    Args:
        model: built.
        path: what to replace.
        owner: the SHA-256 of what the weights belong to, in hexadecimal. Other
            vocabularies of the same sizes would fit, and translate nonsense.
    """
    file = _Memory()
    with _without_optimizer(model):
        model.save_weights(file, overwrite=True)
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


class _Memory(io.BytesIO):
    """A file that a full disk does not concern: HDF5 tells of one in many tracebacks.

    Keras looks at the end of a file's name.
    """

    def __str__(self):
        return "memory.weights.h5"


def load_weights(model, path, owner=""):
    """Loads what `save_weights` wrote.

    Raises:
        InputError: the file is missing, torn, altered, of another owner or of
            another architecture.
    """
    load_checked(model, path, check_weights(path, owner))


def load_checked(model, path, size):
    """Loads a file of that `size`, which `check_weights` has found good.

    A compiled model keeps the optimizer that it has; files of before hold one, too.

    Raises:
        InputError: it is of another architecture.
    """
    try:
        with h5py.File(path) as file:
            file.visititems(lambda name, item: _check_size(name, item, size))
        skipped = [getattr(model, "optimizer", None)]
        keras.saving.load_weights(model, path, objects_to_skip=skipped)
    except (ValueError, KeyError, TypeError, OSError, RuntimeError) as error:
        cause = str(error).strip().partition("\n")[0]
        raise InputError(f"{path}: is of another architecture: {cause}") from error


def check_weights(path, owner=""):
    """Refuses a file that `save_weights` did not write so; gives its size in bytes.

    Raises:
        InputError: it is missing, torn, altered or of another owner.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    body, tail = content[:-TAIL], content[-TAIL:]
    if tail != MARK + hashlib.sha256(body).hexdigest().encode():
        raise InputError(
            f"{path}: is cut short or altered: its checksum does not match; "
            "train it again with --restart, or restore the file"
        )
    found = re.search(OWNER + rb"([0-9a-f]{%d})\Z" % DIGITS, body)
    if owner and found and found[1].decode() != owner:
        raise InputError(
            f"{path}: belongs to other vocabularies or another model than the files "
            "beside it; restore the files of one run"
        )
    return len(content)


def _check_size(name, item, size):
    """An array that declares more than the file holds would fill the memory."""
    if isinstance(item, h5py.Dataset):
        declared = math.prod(item.shape or ()) * item.dtype.itemsize
        if declared > size:
            raise ValueError(
                f"{name} declares {declared:,} bytes in a file of {size:,}"
            )
