"""Signals ask training to stop: it completes the current step and saves its state."""

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
"""Seconds after a signal until the process is ended, even if it has not saved."""

GO_ON = "the same command continues from there"


class Listening(contextlib.ExitStack):
    """A context in which `handler` is called for each of `SIGNALS`.

    Python allows signal handlers in the main thread only; in another thread this
    changes nothing. It also leaves handlers alone that were not set by Python, and
    signals that are ignored (SIGHUP under `nohup`).
    """

    def __init__(self, handler):
        super().__init__()
        self.handler = handler

    @property
    def is_possible(self):
        """Whether this thread may set signal handlers."""
        return threading.current_thread() is threading.main_thread()

    def __enter__(self):
        if self.is_possible:
            for number in SIGNALS:
                self._listen(number, signal.getsignal(number))
        return super().__enter__()

    def _listen(self, number, before):
        # Shells ignore SIGINT in background jobs, where `kill -INT` should work.
        is_ignored = before is signal.SIG_IGN and number != signal.SIGINT
        if before is not None and not is_ignored:
            signal.signal(number, self.handler)
            self.callback(signal.signal, number, before)


class Stopping(Listening):
    """A context in which signals stop training.

    A signal raises `Interrupted` at once. Inside `deferred()` it only sets `requested`;
    the code there saves its state and then calls `leave`.

    Python runs signal handlers between two bytecode instructions, but compiling or a
    long step is a single instruction that may take minutes. So a thread waits for the
    same signals and ends the process after `GRACE` seconds. That never damages files
    that were saved before.
    """

    requested = None
    _deferring = False

    def __init__(self):
        super().__init__(self._note)

    def __enter__(self):
        if self.is_possible:
            # Before the handlers are set, because `os.pipe` may fail.
            self._watch_signals()
        return super().__enter__()

    def _watch_signals(self):
        reader, writer = os.pipe()
        if hasattr(os, "set_blocking"):  # Windows has it since Python 3.12
            os.set_blocking(writer, False)
        over = threading.Event()
        watch = threading.Thread(target=_watch, args=(reader, over), daemon=True)
        watch.start()
        # Callbacks run in reverse order: first no more signals are written to the
        # pipe, then it is closed, which ends the thread.
        self.callback(os.close, writer)
        self.callback(signal.set_wakeup_fd, signal.set_wakeup_fd(writer))
        self.callback(over.set)

    @contextlib.contextmanager
    def deferred(self):
        """A context in which signals wait for `leave`, or for the context's end."""
        self._deferring = True
        try:
            yield
        finally:
            self._deferring = False
        if self.requested:
            self.leave("stopped")

    def leave(self, where):
        """Ends the program with one line that says where it stopped.

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
                with contextlib.suppress(OSError, ValueError):  # stderr may be closed
                    print(
                        f"stopped within a step, at the last saved state; {GO_ON}",
                        file=sys.stderr,
                        flush=True,
                    )
                os._exit(128 + number[0])
