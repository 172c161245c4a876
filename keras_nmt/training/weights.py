"""Weights on disk: Keras's own format, written whole and with a checksum."""

import hashlib

from keras_nmt.errors import InputError
from keras_nmt.training.atomic import replacing

MARK = b"\nkeras_nmt sha256 "
TAIL = len(MARK) + 2 * hashlib.sha256().digest_size


def save_weights(model, path):
    """Writes `<name>.weights.h5`, which `model.load_weights` reads as it is.

    `keras.Model.save_weights` writes over the file that is there, and a kill then
    leaves neither; HDF5 has no checksum, so a flipped bit loads as a wrong weight.
    Here the new file takes the old one's place when it is whole, and the SHA-256 of
    its content stands at its end, which HDF5 does not look at.
    """
    with replacing(path) as unfinished:
        model.save_weights(unfinished, overwrite=True)
        with unfinished.open("rb+") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.write(MARK + digest.encode())


def load_weights(model, path):
    """Loads what `save_weights` wrote.

    Raises:
        InputError: the file is missing, torn, altered, or of another architecture.
    """
    _check(path)
    try:
        model.load_weights(path)
    except ValueError as error:
        cause = str(error).strip().splitlines()[0]
        raise InputError(f"{path}: is of another architecture: {cause}") from error


def _check(path):
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
