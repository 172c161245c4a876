"""Notices that another process is dead, and ends this one.

A process that ends closes its connections, and the others' next exchange fails. One
that hangs, or whose machine is gone, does not; they would wait for ever. So each
process counts up a number in a store that all share, and process 0 compares.
"""

import contextlib
import os
import threading
import time

BEAT = 2.0
"""Seconds between two beats."""

PATIENCE = 30.0
"""Seconds without a beat after which a process counts as dead."""

START = 3600.0
"""The same for a process that has not beaten yet: it may still prepare its text."""

PAUSE = 5 * BEAT
"""Seconds between two looks that mean that this process was stopped itself. Then it
begins to watch anew, because it did not see the beats of the others."""


class Watch:
    """A thread that shows that this process lives, and watches others.

    Process 0 watches all, the others watch process 0, which tells them of a dead one.

    Args:
        store: shared by the processes: `add(key, amount)` adds to a number that begins
            with 0 and returns it. Used by this thread alone. An error means that
            process 0, which holds the store, is gone.
        prefix: of the keys of this training.
        rank, count: the number of this process, and of all.
        end: called in the thread with a line about a dead process.
    """

    def __init__(self, store, prefix, rank, count, end):
        self._store = store
        self._prefix = prefix
        self._rank = rank
        self._others = [other for other in range(count) if other != rank]
        self._end = end
        self._looked_at = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, error, traceback):
        self._over.set()
        self._thread.join(BEAT)
        if kind is None:
            with contextlib.suppress(RuntimeError):
                self._add(f"left/{self._rank}", 1)

    def _run(self):
        seen = {}
        while not self._over.wait(BEAT):
            try:
                dead = self._look(seen, time.monotonic())
            except RuntimeError:
                dead = 0
            if dead is not None and not self._over.is_set():
                self._end(
                    f"error: process {dead} of this training no longer answers; once "
                    "all have ended, the same command continues from the last saved "
                    "state"
                )

    def _look(self, seen, now):
        """The number of a dead process; None if there is none."""
        self._add(f"beat/{self._rank}", 1)
        dead = self._add("dead", 0)
        if dead:
            return dead - 1
        if self._has_paused(now):
            seen.clear()
        for other in self._others if self._rank == 0 else [0]:
            beats = self._add(f"beat/{other}", 0)
            before, at = seen.get(other, (None, now))
            if beats != before or self._add(f"left/{other}", 0):
                seen[other] = beats, now
            elif now - at > (PATIENCE if beats else START):
                self._add("dead", other + 1)
                return other
        return None

    def _has_paused(self, now):
        before, self._looked_at = self._looked_at, now
        return before is not None and now - before > PAUSE

    def _add(self, key, amount):
        return self._store.add(self._prefix + key, amount)


def end_process(line, code=2):
    """Prints a last line on stderr and ends the process, whatever it waits for."""
    with contextlib.suppress(OSError):
        os.write(2, f"{line}\n".encode())
    os._exit(code)
