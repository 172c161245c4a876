"""Reads standard input in chunks of the lines that are available."""

import io
import queue
import sys
import threading

from keras_nmt.errors import InputError
from keras_nmt.program import streams


def own_stdin():
    """Standard input as a binary file that does not use `sys.stdin`.

    Python closes `sys.stdin` at exit, which is a `Fatal Python error` if a thread still
    waits there for a line. A stream without a file descriptor (StringIO, a notebook's)
    is read in full.

    Raises:
        InputError: standard input is closed.
    """
    if streams.is_closed(sys.stdin):
        raise InputError("stdin is closed; give it the lines: < FILE, or a pipe")
    try:
        number = sys.stdin.fileno()
    except (AttributeError, OSError):  # UnsupportedOperation is an OSError
        return io.BytesIO(sys.stdin.read().encode("utf-8", "surrogateescape"))
    return io.BufferedReader(io.FileIO(number, closefd=False))


def available_lines(lines, most):
    """Yields lists of the lines that are available, at most `most` in each.

    A thread reads ahead. So lines of a slow writer are translated one by one, and those
    of a file in large batches.

    Args:
        lines: an iterable of lines that may block.
        most: the largest length of a list.
    """
    waiting, end = queue.Queue(4 * most), object()

    def read():
        try:
            for line in lines:
                waiting.put(line)
            waiting.put(end)
        except Exception as error:
            waiting.put(error)

    threading.Thread(target=read, daemon=True).start()
    return _chunks(waiting, end, most)


def _chunks(waiting, end, most):
    while True:
        chunk = [waiting.get()]
        while len(chunk) < most and not waiting.empty():
            chunk.append(waiting.get())
        ended = [x for x in chunk if x is end or isinstance(x, Exception)]
        lines = chunk[: len(chunk) - len(ended)]
        if lines:
            yield lines
        if ended:
            if ended[0] is not end:
                raise ended[0]
            return
