"""A file is replaced whole or not at all, power cuts included."""

import contextlib
import errno
import os

from keras_nmt.errors import InputError

NO_FOLDERS = (
    errno.EACCES,
    errno.EBADF,
    errno.EINVAL,
    errno.EISDIR,
    errno.ENOSYS,
    errno.ENOTSUP,
    errno.EOPNOTSUPP,
    errno.EPERM,
)
"""What opening a folder, or putting it on the disk, gives where that is not done:
on Windows, on network file systems, in a folder that may be written but not read."""

UNFINISHED = ".unfinished."
"""What the name of a file begins with until it is whole."""


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
    unfinished = path.with_name(f"{UNFINISHED}{os.getpid()}.{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield unfinished
        _to_disk(unfinished)
        if keep_as is not None and path.exists():
            os.replace(path, keep_as)
        os.replace(unfinished, path)
        _folder_to_disk(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise InputError(
            f"cannot write {path}: {error.strerror}; what was there is kept"
        ) from error


def _to_disk(path, access=os.O_RDWR):  # Windows asks for the right to write
    descriptor = os.open(path, access)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _folder_to_disk(path):
    """The names in it. A system that cannot do that keeps them in its own time."""
    try:
        _to_disk(path, os.O_RDONLY)
    except OSError as error:
        if error.errno not in NO_FOLDERS:
            raise


def remove_unfinished(folder):
    """Removes what a kill within a write has left; for a folder's only writer."""
    for path in folder.glob(f"{UNFINISHED}*"):
        path.unlink(missing_ok=True)
