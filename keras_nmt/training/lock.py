"""One writer a folder, one training a process."""

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
"""Seconds that a holder may take between locking a file and writing its name."""

MOST_BYTES = 400
"""Of a lock file that is looked at: it may be anything."""

NO_LOCKS = (
    errno.EINVAL,
    errno.ENOLCK,
    errno.ENOSYS,
    errno.ENOTSUP,
    errno.EOPNOTSUPP,
)
"""What asking for a lock gives where the system or its file system has none."""

_TRAINING = threading.Lock()
_LOG = logging.getLogger("keras_nmt")


@contextlib.contextmanager
def one_writer(path, say=print):
    """Holds the lock file `path`, which names the process that holds it.

    The kernel keeps the lock (`flock`, on Windows `LockFileEx`) and drops it with the
    process, however that ends: there is nothing to clean up after a kill and no moment
    at which two could take over from a dead one. The file itself stays, since to remove
    it would be such a moment. Where there are no locks (some network file systems) a
    warning says so, and nothing keeps a second writer away.

    Raises:
        InputError: another process holds it; the message says which. Or the folder
            cannot be written.
    """
    with _open(path) as file:
        is_kept = _lock(file, path)
        stale = _read(path)
        if stale and is_kept:
            say(f"{path}: left by {stale}, which is gone; taken over")
        try:
            _write(file, f"process {os.getpid()} on {socket.gethostname()}\n")
        except OSError as error:
            raise InputError(f"cannot write {path}: {error.strerror}") from error
        try:
            yield
        finally:
            # A name that stays is taken over by the next writer.
            with contextlib.suppress(OSError):
                _write(file, "")


@contextlib.contextmanager
def one_training(folder):
    """A backend's random numbers and Keras's names belong to the whole process.

    Raises:
        InputError: another thread trains, or this one does already.
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


def _lock(file, path):
    """Whether the lock was taken; False where there are none to be had."""
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
        raise InputError(
            f"{path.parent}: {_holder(path)} is writing there; "
            "wait for it, or give another --runs-dir"
        )
    return True


def _write(file, text):
    file.truncate(0)
    if text:
        # Windows lets nobody else read the first byte, which is the one it locks.
        file.write(f"\n{text}".encode())


def _holder(path):
    """Who holds the lock: for a moment the file may name no one, or someone dead."""
    deadline = time.monotonic() + PATIENCE
    while True:
        holder = _read(path)
        if (holder and _may_live(holder)) or time.monotonic() > deadline:
            return holder or "another process"
        time.sleep(0.01)


def _read(path):
    # Whatever somebody may have written there instead is shown, never parsed in vain.
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
    if os.name == "nt":  # where signal 0 would be a Ctrl-C
        return True
    process = match[1]
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True
