"""Allows one writer for each folder, and one training in each process."""

import contextlib
import errno
import logging
import os
import re
import socket
import threading
import time

from filelock import lock_descriptor

from keras_nmt.errors import InputError

PATIENCE = 1.0
"""Seconds that a process may take between locking the file and writing its name."""

MOST_BYTES = 400
"""Bytes that are read of a lock file, which may have any content."""

NO_LOCKS = (
    errno.EINVAL,
    errno.ENOLCK,
    errno.ENOSYS,
    errno.ENOTSUP,
    errno.EOPNOTSUPP,
)
"""Errors of systems and file systems without locks."""


class Held(InputError):
    """Another process holds the lock."""


_TRAINING = threading.Lock()
_LOG = logging.getLogger("keras_nmt")


@contextlib.contextmanager
def one_writer(path, say=print, option="--runs-dir", place=None):
    """Locks the file `path`, which then names the process that holds the lock.

    The kernel holds the lock (`flock`, on Windows `LockFileEx`) and releases it when
    the process ends, even if it is killed. So a stale lock file does no harm, and two
    processes cannot take over from a dead one. The file is never removed, because a
    second process might have opened it just before. On file systems without locks (some
    network file systems) a warning is logged and a second writer is not stopped.

    Args:
        path: the lock file; missing folders are made.
        say: called with a line if a killed process left its name in the file.
        option: by which another folder is given, for the message.
        place: what is written, for the message; the lock's folder if None.

    Raises:
        Held: another process holds it; the message says which.
        InputError: the folder cannot be written.
    """
    with _open(path) as file:
        is_kept = _lock(file, path, option, place or path.parent)
        stale = _read(path)
        if stale and is_kept:
            say(f"{path}: left by {stale}, which no longer runs; taken over")
        try:
            _write(file, f"process {os.getpid()} on {socket.gethostname()}\n")
        except OSError as error:
            raise InputError(f"cannot write {path}: {error.strerror}") from error
        try:
            yield
        finally:
            # If this fails, the next writer takes over.
            with contextlib.suppress(OSError):
                _write(file, "")


@contextlib.contextmanager
def one_training(folder):
    """Refuses a second training in this process.

    Both would share the backend's random numbers and Keras's numbering of layers.

    Raises:
        InputError: this thread or another one is training already.
    """
    if not _TRAINING.acquire(blocking=False):
        raise InputError(
            f"{folder}: another run is training in this process, and both would draw "
            "from the same random numbers; wait for it, or start a process of its own"
        )
    try:
        yield
    finally:
        _TRAINING.release()


def _open(path):
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Without a buffer, so that closing has nothing to write to a full disk.
        return path.open("ab", buffering=0)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from error


def _lock(file, path, option, place):
    """True if the file was locked; False if the file system has no locks."""
    try:
        is_free = lock_descriptor(file.fileno(), blocking=False)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise InputError(f"cannot lock {path}: {error.strerror}") from error
        _LOG.warning(
            "%s: no locks on this file system (%s); let no other process train there",
            path,
            error.strerror,
        )
        return False
    if not is_free:
        raise Held(
            f"{place}: {_holder(path)} is writing there; "
            f"wait for it, or give another {option}"
        )
    return True


def _write(file, text):
    file.truncate(0)
    if text:
        # On Windows others cannot read the locked byte, which is the first.
        file.write(f"\n{text}".encode())


def _holder(path):
    """The process that holds the lock; it may not have written its name yet."""
    deadline = time.monotonic() + PATIENCE
    while True:
        holder = _read(path)
        if (holder and _may_live(holder)) or time.monotonic() > deadline:
            return holder or "another process"
        time.sleep(0.01)


def _read(path):
    # The file may have any content; it becomes one printable line.
    with path.open("rb", buffering=0) as file:
        try:
            content = file.read(MOST_BYTES)
        except PermissionError:  # Windows, see `_write`
            file.seek(1)
            content = file.read(MOST_BYTES)
    text = content.decode("utf-8", errors="replace")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _may_live(holder):
    match = re.fullmatch(r"process (\d+) on (\S+)", holder)
    if not match or match[2] != socket.gethostname():
        return True
    if os.name == "nt":  # signal 0 is Ctrl-C there
        return True
    process = match[1]
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True
