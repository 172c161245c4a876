"""The same work on each backend, in one process after the other."""

import importlib.util
import os
import subprocess
import sys

from keras_nmt.errors import InputError

INSTALL = {
    "tensorflow": "pip install tensorflow tensorflow-text",
    "jax": "pip install jax",
    "torch": "pip install torch --index-url https://download.pytorch.org/whl/cpu",
}
"""Every backend, in the order of the tables, and how to get it."""

BAD_INPUT = 2
"""The exit code of `command_line` for what the user can mend."""


def installed(text):
    """The backends of `tensorflow,jax,torch` that are installed, in that order.

    One that is not is named on stderr with the command that installs it.

    Raises:
        InputError: a name that is no backend, or none of them is installed.
    """
    chosen = _names(text)
    present = [backend for backend in chosen if is_installed(backend)]
    for backend in chosen:
        if backend not in present:
            hint = f"not installed; get it with: {INSTALL[backend]}"
            print(f"{backend}: {hint}", file=sys.stderr, flush=True)
    if not present:
        raise InputError("none of the backends is installed; install one of them")
    return present


def _names(text):
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in INSTALL:
            raise InputError(
                f"unknown backend {name!r}; choose of {', '.join(INSTALL)}"
            )
    if not names:
        raise InputError(f"--backends names none; choose of {', '.join(INSTALL)}")
    return list(dict.fromkeys(names))


def is_installed(backend):
    return importlib.util.find_spec(backend) is not None


def run(backend, module, words, options):
    """The exit code of a module on a backend; it has told by itself what failed.

    Args:
        module: its name, as for `python -m`.
        words: its arguments without a name.
        options: `{"--name": value}`; None is left out.
    """
    print(f"== {backend}", flush=True)
    named = [
        word
        for name, value in options.items()
        if value is not None
        for word in (name, str(value))
    ]
    command = [sys.executable, "-m", module, *words, *named]
    environment = {**os.environ, "KERAS_BACKEND": backend}
    code = subprocess.run(command, env=environment, check=False).returncode
    if code in (130, -2):  # Ctrl-C reaches both processes
        raise KeyboardInterrupt
    return code
