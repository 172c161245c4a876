"""Runs a module on several backends, one process after the other."""

import os
import subprocess
import sys

from keras_nmt.errors import InputError, Interrupted, did_you_mean
from keras_nmt.program.environment import INSTALL, is_installed
from keras_nmt.training.stopping import GO_ON, SIGNALS, Listening

BAD_INPUT = 2
"""The exit code of `command_line` for bad input."""


def installed(text):
    """The backends of a text such as "tensorflow,jax" that are installed, in its order.

    For each of the others a line on stderr names the command that installs it.

    Raises:
        InputError: a name is unknown, or none of the backends is installed.
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
                f"unknown backend {name!r}{did_you_mean(name, INSTALL)}; "
                f"choose from {', '.join(INSTALL)}"
            )
    if not names:
        raise InputError(f"--backends names none; choose from {', '.join(INSTALL)}")
    return list(dict.fromkeys(names))


def run(backend, module, words, options):
    """Runs a module on a backend; returns its exit code. It prints its own errors.

    Args:
        module: its name, as for `python -m`.
        words: its positional arguments.
        options: `{"--name": value}`; options whose value is None are left out.
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
    code = wait_for(command, environment)
    number = -code if code < 0 else code - 128
    if number in SIGNALS:
        raise Interrupted(f"stopped on {backend}; {GO_ON}", 128 + number)
    return code


def wait_for(command, environment):
    """Runs a process and passes signals on to it; returns its exit code.

    `subprocess.run` would kill the process a quarter of a second after Ctrl-C, and
    leave it running after SIGTERM.
    """
    process = subprocess.Popen(command, env=environment)

    def hand_on(number, frame):
        process.send_signal(number)

    with Listening(hand_on):
        return process.wait()
