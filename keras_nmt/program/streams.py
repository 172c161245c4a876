"""The three standard streams, which may be closed, narrow, or no files at all.

Three things are decided here for every program: a closed stream leads to nowhere, what
an encoding cannot say is written with backslashes, and a program whose results are
files goes on when nobody reads its standard output.
"""

import contextlib
import errno
import functools
import os
import sys

GONE = (errno.EPIPE, errno.EIO)
"""What writing to a pipe without a reader, or to a terminal that hung up, gives."""

FAILING = ("strict", "surrogateescape")
"""Ways to treat text that an encoding cannot say which may raise an error."""


def reopen_closed():
    """For programs, before all else: opens the null device in place of what is closed.

    The next file that is opened would get the free number, and everything that a
    library tells the standard error of the process would be written into that file.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is taken, which is this one.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    if is_closed(sys.stderr):
        # `print` to None would go to standard output.
        sys.stderr = _nowhere()


def is_closed(stream):
    """Whether nothing can be read from or written to a stream of `sys`."""
    return stream is None or getattr(stream, "closed", False)


def is_terminal(stream):
    """Whether a person sits there. Notebooks and tests have streams of other kinds."""
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


@contextlib.contextmanager
def usable(results_in_files=False):
    """Inside, `print` fails of nothing that is no fault of the disk.

    Args:
        results_in_files: whether standard output may end before the program does.
    """
    with contextlib.ExitStack() as stack:
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            if is_closed(stream):
                stream = _nowhere()
            stack.enter_context(_all_text(stream))
            if name == "stdout" and results_in_files:
                stream = _UntilItsReaderLeaves(stream)
            stack.callback(setattr, sys, name, getattr(sys, name))
            setattr(sys, name, stream)
        yield


def write_utf8(stream):
    """Text goes out as UTF-8 with `\\n` wherever it goes out as bytes."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def drop(stream):
    """Python would try once more, at its end, to write what could not be written."""
    with contextlib.suppress(OSError, AttributeError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextlib.contextmanager
def _all_text(stream):
    """The caller of a `main(argv)` gets the stream back as it was."""
    errors = getattr(stream, "errors", None)
    if errors not in FAILING or not hasattr(stream, "reconfigure"):
        yield
        return
    encoding = stream.encoding
    stream.reconfigure(errors="backslashreplace")
    try:
        yield
    finally:
        with contextlib.suppress(OSError, ValueError):
            stream.reconfigure(encoding=encoding, errors=errors)


class _UntilItsReaderLeaves:
    """A text stream that swallows what is written after its reader has left."""

    def __init__(self, stream):
        self._stream = stream

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def write(self, text):
        with self._while_read():
            self._stream.write(text)
        return len(text)

    def flush(self):
        with self._while_read():
            self._stream.flush()

    @contextlib.contextmanager
    def _while_read(self):
        try:
            yield
        except OSError as error:
            if error.errno not in GONE:
                raise
            drop(self._stream)
            self._stream = _nowhere()


@functools.cache
def _nowhere():
    return open(os.devnull, "w", encoding="utf-8")
