"""Replaces a file completely or not at all, even in a power cut; folders, nearly so."""

import contextlib
import errno
import os
import shutil
import tempfile
from pathlib import Path

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
"""The prefix of the name of a file or folder until it is written completely."""


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


@contextlib.contextmanager
def replacing_folder(folder, check, whole_with, kept=()):
    """Yields a new folder, whose content in the end replaces that of `folder`.

    A folder that is there stays, since a shell may stand in it. If anything fails or is
    interrupted, what it held is put back. Only a kill within the moves leaves its
    content in two places, the earlier one in a folder `.unfinished.*`.

    Args:
        folder: absolute path, free of symbolic links.
        check: function of the folder that raises an error if something there must not
            be replaced; called before the move, since writing may take minutes.
        whole_with: the name of the file without which a folder does not count: it is
            moved away first, and comes last.
        kept: names of what stays in the folder, unless the new one has it, too.

    Raises:
        OSError: the folder cannot be written.
    """
    beside = folder if folder.is_dir() else folder.parent
    beside.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=beside))
    made = unfinished / folder.name
    try:
        made.mkdir()
        yield made
        check(folder)
        _move_in(made, folder, whole_with, kept)
    finally:
        shutil.rmtree(made, ignore_errors=True)
        with contextlib.suppress(OSError):  # what could not be put back is in it
            unfinished.rmdir()


def _move_in(made, folder, whole_with, kept):
    if not folder.exists():
        made.rename(folder)
        return
    earlier = made.with_name(f"{made.name}.earlier")
    earlier.mkdir()
    there = [
        path
        for path in folder.iterdir()
        if not (path.name.startswith(UNFINISHED) or path.name in kept)
    ]
    there.sort(key=lambda path: path.name != whole_with)
    ours = sorted(made.iterdir(), key=lambda path: path.name == whole_with)
    moves = [(path, earlier / path.name) for path in there]
    moves += [(path, folder / path.name) for path in ours]
    try:
        for old, new in moves:
            old.replace(new)
    except BaseException:  # Ctrl-C, too
        for old, new in reversed(moves):
            if os.path.lexists(new) and not os.path.lexists(old):
                new.replace(old)
        earlier.rmdir()
        raise
    shutil.rmtree(earlier, ignore_errors=True)


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
