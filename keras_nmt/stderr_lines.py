"""Standard error of the process without the lines that nobody asked for."""

import contextlib
import os
import re
import sys
import tempfile

_LOG = re.compile(
    rb"[IWE]\d{4} \d\d[:\d.]* |WARNING: All log messages before absl::InitializeLog"
)
"""How lines of TensorFlow's C++ log begin."""


@contextlib.contextmanager
def without_tensorflow_log():
    """Keeps TensorFlow's log from stderr where Keras is imported for the first time.

    C++ writes to the file descriptor, and several of its lines come before any setting
    of TensorFlow's own can stop them. What else is written there meanwhile, by whatever
    thread, is written afterwards. Lines that TensorFlow would log later are left to
    TF_CPP_MIN_LOG_LEVEL, which is 3 (fatal errors) unless the user has set it.
    """
    if "keras" in sys.modules or "tensorflow" in sys.modules:
        yield
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with contextlib.suppress(AttributeError, OSError, ValueError):
        sys.stderr.flush()
    with contextlib.ExitStack() as stack:
        try:
            kept = os.dup(2)
            stack.callback(os.close, kept)
            written = stack.enter_context(tempfile.TemporaryFile())
        except OSError:  # stderr is closed, or there is no room
            yield
            return
        os.dup2(written.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            written.seek(0)
            rest = [line for line in written if not _LOG.match(line)]
            with contextlib.suppress(OSError):
                os.write(2, b"".join(rest))
