"""The three standard streams, which may be closed or have a limited encoding.

In every program a closed stream is replaced by the null device, and characters that an
encoding lacks are written as backslash escapes. A program whose results are files
continues when nobody reads its standard output.
"""

import contextlib
import errno
import functools
import os
import sys

GONE = (errno.EPIPE, errno.EIO)
"""Errors of writing to a pipe without a reader, or to a closed terminal."""

FAILING = ("strict", "surrogateescape")
"""Error handlers of encodings that raise an error for some text."""


def reopen_closed():
    """Programs call this first: it opens the null device for each closed stream.

    Otherwise the next file that is opened gets the free descriptor, and all that
    libraries print on standard error is written into that file.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            # `open` takes the lowest free descriptor, which is this one.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    if is_closed(sys.stderr):
        # `print(file=None)` would print to standard output.
        sys.stderr = _nowhere()


def is_closed(stream):
    """Whether a stream of `sys` is absent or closed."""
    return stream is None or getattr(stream, "closed", False)


def is_terminal(stream):
    """Whether a stream is a terminal; notebooks and tests use other streams."""
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


@contextlib.contextmanager
def usable(results_in_files=False):
    """Inside, `print` does not fail because of a closed stream or an encoding.

    Args:
        results_in_files: whether to ignore that the reader of standard output is gone.
    """
    with contextlib.ExitStack() as stack:
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            if is_closed(stream):
                stream = _nowhere()
            stack.enter_context(_all_text(stream))
            if name == "stdout" and results_in_files:
                stream = _IgnoresLostReader(stream)
            stack.callback(setattr, sys, name, getattr(sys, name))
            setattr(sys, name, stream)
        yield


def write_utf8(stream):
    """Sets a text stream to UTF-8 and `\\n`, if it encodes its text at all."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def drop(stream):
    """Discards what a stream has not written; Python would try again at exit."""
    with contextlib.suppress(OSError, AttributeError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextlib.contextmanager
def _all_text(stream):
    """Escapes what the encoding lacks; afterwards the stream is as it was."""
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


class _IgnoresLostReader:
    """A text stream that discards its text once the reader has closed the pipe."""

    def __init__(self, stream):
        self._stream = stream

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def write(self, text):
        with self._ignoring_lost_reader():
            self._stream.write(text)
        return len(text)

    def flush(self):
        with self._ignoring_lost_reader():
            self._stream.flush()

    @contextlib.contextmanager
    def _ignoring_lost_reader(self):
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
