"""One writer a folder."""

import contextlib
import fcntl
import os
import re
import socket
import time

from keras_nmt.errors import InputError

PATIENCE = 1.0
"""Seconds that a holder may take between locking a file and writing its name."""


@contextlib.contextmanager
def one_writer(path, say=print):
    """Holds the lock file `path`, which names the process that holds it.

    The kernel keeps the lock (`flock`) and drops it with the process, however that
    ends: there is nothing to clean up after a kill and no moment at which two could
    take over from a dead one. The file itself stays, since to remove it would be
    such a moment.

    Raises:
        InputError: another process holds it; the message says which. Or the folder
            cannot be written.
    """
    with _open(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"{path.parent}: {_holder(path)} is writing there; "
                "wait for it, or give another --runs-dir"
            ) from None
        stale = _read(path)
        if stale:
            say(f"{path}: left by {stale}, which is gone; taken over")
        _write(file, f"process {os.getpid()} on {socket.gethostname()}\n")
        try:
            yield
        finally:
            _write(file, "")


def _open(path):
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a+", encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from error


def _write(file, text):
    file.truncate(0)
    file.write(text)
    file.flush()


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
    return " ".join(path.read_text(encoding="utf-8", errors="replace").split())


def _may_live(holder):
    match = re.fullmatch(r"process (\d+) on (\S+)", holder)
    if not match or match[2] != socket.gethostname():
        return True
    process = match[1]
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
