"""A file is replaced whole or not at all, power cuts included."""

import contextlib
import os

from keras_nmt.errors import InputError


@contextlib.contextmanager
def replacing(path, keep_as=None):
    """Gives a path to write to, and then puts that file in the place of `path`.

    The content is on the disk before it gets its name, so that a kill, a full disk
    or a power cut at any moment leaves the old file or the new one, never a mixture.

        with replacing(path) as unfinished:
            unfinished.write_bytes(content)

    Args:
        path: what to replace; missing folders are made.
        keep_as: where the old file goes; None to lose it.

    Raises:
        InputError: the place cannot be written.
    """
    unfinished = path.with_name(f".unfinished.{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield unfinished
        _to_disk(unfinished)
        if keep_as is not None and path.exists():
            os.replace(path, keep_as)
        os.replace(unfinished, path)
        _to_disk(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise InputError(
            f"cannot write {path}: {error.strerror}; what was there is kept"
        ) from error


def _to_disk(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
