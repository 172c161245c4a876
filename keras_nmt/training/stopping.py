"""Signals as a request to stop: the running step ends, its result is saved."""

import contextlib
import os
import signal
import sys
import threading

from keras_nmt.errors import Interrupted

SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)  # Windows has no SIGHUP
)
GRACE = 8.0
"""Seconds from a signal to the end of the process, saved or not."""

GO_ON = "the same command goes on from there"


class Listening(contextlib.ExitStack):
    """As long as it is entered, `handler` is called for each of `SIGNALS`.

    Signals are the main thread's: in another one, where Python lets nobody listen,
    nothing is changed, and the program decides what Ctrl-C does. A handler that was
    set from outside Python, and a signal that is ignored (SIGHUP under `nohup`), are
    left as they are, too.
    """

    def __init__(self, handler):
        super().__init__()
        self.handler = handler

    @property
    def is_possible(self):
        """Whether this thread may listen."""
        return threading.current_thread() is threading.main_thread()

    def __enter__(self):
        if self.is_possible:
            for number in SIGNALS:
                self._listen(number, signal.getsignal(number))
        return super().__enter__()

    def _listen(self, number, before):
        # Shells let background jobs ignore SIGINT, and `kill -INT` is to work there.
        is_ignored = before is signal.SIG_IGN and number != signal.SIGINT
        if before is not None and not is_ignored:
            signal.signal(number, self.handler)
            self.callback(signal.signal, number, before)


class Stopping(Listening):
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

    def __init__(self):
        super().__init__(self._note)

    def __enter__(self):
        if self.is_possible:
            # Before the handlers: there may be no file descriptor left to take.
            self._watch_signals()
        return super().__enter__()

    def _watch_signals(self):
        reader, writer = os.pipe()
        if hasattr(os, "set_blocking"):  # Windows has it since Python 3.12
            os.set_blocking(writer, False)
        over = threading.Event()
        watch = threading.Thread(target=_watch, args=(reader, over), daemon=True)
        watch.start()
        # The last is done first: once no signal writes, the thread is let go.
        self.callback(os.close, writer)
        self.callback(signal.set_wakeup_fd, signal.set_wakeup_fd(writer))
        self.callback(over.set)

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
                with contextlib.suppress(OSError, ValueError):  # nobody may read it
                    print(
                        f"stopped within a step, at the last saved state; {GO_ON}",
                        file=sys.stderr,
                        flush=True,
                    )
                os._exit(128 + number[0])
