"""SIGINT and SIGTERM as a request: the running step ends, its result is saved."""

import contextlib
import os
import signal
import sys
import threading

from keras_nmt.errors import Interrupted

SIGNALS = (signal.SIGINT, signal.SIGTERM)
GRACE = 8.0
"""Seconds from a signal to the end of the process, saved or not."""

GO_ON = "the same command goes on from there"


class Stopping(contextlib.ExitStack):
    """Listens for signals as long as it is entered.

    A signal raises `Interrupted` at once, but not inside `deferred()`: there it
    only sets `requested`, and whoever works there saves and calls `leave`.

    Python runs its handlers between two of its own instructions, and a compiler or
    a long step may be one instruction that takes minutes. So a thread waits for the
    same signals and ends the process after `GRACE` seconds; what was saved before
    is whole, whenever that happens.
    """

    requested = None
    _deferring = False

    def __enter__(self):
        for number in SIGNALS:
            self.callback(signal.signal, number, signal.signal(number, self._note))
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        over = threading.Event()
        watch = threading.Thread(target=_watch, args=(reader, over), daemon=True)
        watch.start()
        # The last is done first: once no signal writes, the thread is let go.
        self.callback(os.close, writer)
        self.callback(signal.set_wakeup_fd, signal.set_wakeup_fd(writer))
        self.callback(over.set)
        return super().__enter__()

    @contextlib.contextmanager
    def deferred(self):
        """Inside, a signal waits until `leave` is called, or until the end."""
        self._deferring = True
        try:
            yield
        finally:
            self._deferring = False
        if self.requested:
            self.leave("stopped")

    def leave(self, where):
        """Ends the program with one line that says where it stood.

        Raises:
            Interrupted: always.
        """
        raise Interrupted(f"{where}; {GO_ON}", 128 + self.requested)

    def _note(self, number, frame):
        self.requested = number
        if not self._deferring:
            self.leave("stopped")


def _watch(reader, over):
    with os.fdopen(reader, "rb", buffering=0) as signals:
        while number := signals.read(1):
            if number[0] not in SIGNALS:
                continue
            if not over.wait(GRACE):
                print(
                    f"stopped within a step, at the last saved state; {GO_ON}",
                    file=sys.stderr,
                    flush=True,
                )
                os._exit(128 + number[0])
