"""Replaces a file completely or not at all, even in a power cut."""

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
"""Errors of syncing a folder where that is not possible: on Windows, on network file
systems, in a folder without read permission."""

UNFINISHED = ".unfinished."
"""The prefix of a file's name until it is written completely."""


@contextlib.contextmanager
def replacing(path, keep_as=None):
    """Yields a temporary path to write to, then renames that file to `path`.

    The content is synced to the disk before the rename. So a kill, a full disk or a
    power cut leaves the old file or the new one, never a mixture.

        with replacing(path) as unfinished:
            unfinished.write_bytes(content)

    Args:
        path: what to replace; missing folders are made.
        keep_as: path to which the old file is renamed; None deletes it.

    Raises:
        InputError: `path` cannot be written.
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
            f"cannot write {path}: {error.strerror or error}; the old content is kept"
        ) from error


def _to_disk(path, access=os.O_RDWR):  # Windows asks for the right to write
    descriptor = os.open(path, access)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _folder_to_disk(path):
    """Syncs the file names of a folder, on systems that can."""
    try:
        _to_disk(path, os.O_RDONLY)
    except OSError as error:
        if error.errno not in NO_FOLDERS:
            raise


def remove_unfinished(folder):
    """Removes files of interrupted writes; only the folder's one writer may call it."""
    for path in folder.glob(f"{UNFINISHED}*"):
        path.unlink(missing_ok=True)
