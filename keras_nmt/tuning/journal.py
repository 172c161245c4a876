"""Optuna's journal in a file that several processes write, any of which may be killed.

Optuna's own locks are files that a killed process leaves behind: the others wait for 30
seconds and then take the lock by force, at worst while its holder is only slow. Here
the kernel holds the lock and releases it when the process ends.
"""

import os
from pathlib import Path

import filelock
import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from keras_nmt.errors import InputError


class KernelLock:
    """The lock of a study, with the methods of Optuna's `JournalFileOpenLock`.

    Its holder may take it again.

    A process that was killed while it wrote may have left half a line at the journal's
    end; the next holder removes it, so that its own line is a line. The record that is
    lost is that of a step which its process never took.

    Args:
        journal: path of the journal.
        path: of the lock file.
    """

    def __init__(self, journal, path):
        self.journal = journal
        self._lock = filelock.FileLock(path)

    def acquire(self):
        """Waits for the lock; always True.

        Raises:
            InputError: the file system has no locks.
        """
        try:
            self._lock.acquire()
        except (NotImplementedError, OSError) as error:
            raise InputError(
                f"cannot lock {self._lock.lock_file}: {error}; keep the study on a "
                "file system with locks"
            ) from error
        _remove_half_line(self.journal)
        return True

    def release(self):
        self._lock.release()

    def __enter__(self):
        self.acquire()

    def __exit__(self, *error):
        self.release()


def open_journal(folder):
    """The storage of a study, and the lock that keeps its other processes out.

    Args:
        folder: of the study; it is made if it is missing.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        journal = folder / "journal.log"
        lock = KernelLock(journal, folder / "journal.lock")
        with lock:
            return JournalStorage(JournalFileBackend(str(journal), lock)), lock
    except OSError as error:
        raise InputError(f"cannot write {folder}: {error.strerror}") from error
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{folder / 'journal.log'}: is damaged ({error}); give another --study"
        ) from error


def _remove_half_line(path):
    if not path.exists() or not path.stat().st_size:
        return
    with path.open("rb+") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) == b"\n":
            return
        file.seek(0)
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)
