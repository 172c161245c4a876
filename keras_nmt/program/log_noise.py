"""Keeps TensorFlow's log lines off a program's stderr.

Importing TensorFlow prints five lines that none of its settings can stop.
"""

import contextlib
import importlib.abc
import importlib.util
import os
import sys

TALKATIVE = ("tensorflow", "tensorflow_text")


def hush_tensorflow():
    """Programs call this before TensorFlow is imported; it does not import it."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Each of several would ask all others, in every order.
    if not any(isinstance(finder, _Hush) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Hush())


class _Hush(importlib.abc.MetaPathFinder):
    """Finds the talkative packages as usual, and silences stderr while they load."""

    def find_spec(self, name, path=None, target=None):
        if name not in TALKATIVE:
            return None
        with _out_of_the_way(self):
            spec = importlib.util.find_spec(name)
        if spec is not None:
            load = spec.loader.exec_module

            def exec_module(module):
                with _closed_stderr():
                    load(module)

            spec.loader.exec_module = exec_module
        return spec


@contextlib.contextmanager
def _out_of_the_way(finder):
    sys.meta_path.remove(finder)
    try:
        yield
    finally:
        sys.meta_path.insert(0, finder)


@contextlib.contextmanager
def _closed_stderr():
    """Redirects the file descriptor, which C++ uses, to the null device."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # it is closed already
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
