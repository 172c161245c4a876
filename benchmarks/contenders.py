"""Processes that are asked in turn, so that only one of them computes at a time.

A machine's speed drifts from minute to minute. Contenders that stay alive and are
asked for a little work each, round after round, meet the same drift; ratios within
a round are then worth more than times from different hours.
"""

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np
from tqdm import tqdm

from keras_nmt.errors import InputError

BACKENDS = ("tensorflow", "jax", "torch")
REQUIREMENTS = "pip install -r requirements.txt -r requirements-backends.txt"
PAUSE = 0.3
"""Seconds between two turns; threads of the last contender have gone to sleep."""


class Contender:
    """A process that answers requests, one JSON object a line.

    Its module speaks through a `Driver`, and says something when it is ready, kept
    here as `greeting`.

    Args:
        module: what `python -m` runs.
        arguments: its arguments.
        environment: variables besides those of this process.
    """

    def __init__(self, module, *arguments, **environment):
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
            encoding="utf-8",
        )
        self.greeting = self.reply()

    def ask(self, **request):
        """What the process answers, a dict.

        Raises:
            InputError: it ended instead; the message is the last line it wrote.
        """
        self.send(**request)
        return self.reply()

    def send(self, **request):
        """Asks without waiting for the answer, which `reply` returns."""
        with contextlib.suppress(BrokenPipeError):  # its last words say more
            print(json.dumps(request), file=self._process.stdin, flush=True)

    def reply(self):
        """The next answer, as `ask` returns it."""
        line = self._process.stdout.readline()
        if line:
            return json.loads(line)
        self.close()
        raise InputError(self._last_words())

    def _last_words(self):
        self._errors.seek(0)
        words = self._errors.read().decode("utf-8", "replace").strip()
        words = words.rpartition("\n")[2].removeprefix("error: ")
        return words or "ended without a word"

    def close(self):
        """Ends the process: its input ends, and with it its work."""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


class Driver:
    """The other end, for the process that is asked.

    What libraries print goes to stderr, so that only replies are on stdout.
    """

    def __init__(self):
        self._replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)

    def reply(self, **values):
        print(json.dumps(values), file=self._replies, flush=True)

    def receive(self):
        """The next request; there being no more ends the process."""
        line = sys.stdin.readline()
        if not line:
            sys.exit()
        return json.loads(line)


def chosen_backends(text):
    """The backends named in a list with commas, those that are installed.

    Raises:
        InputError: a name is no backend, or none of them is installed.
    """
    names = list(dict.fromkeys(text.split(",")))
    for name in names:
        if name not in BACKENDS:
            raise InputError(f"unknown backend {name!r}; choose from {BACKENDS}")
    found = installed(names)
    if not found:
        raise InputError(f"none of {names} is there to be timed; install one")
    return found


def installed(libraries):
    """Those of the libraries that are there; a line on stderr for each other one."""
    return [library for library in libraries if _is_installed(library)]


def _is_installed(library):
    if importlib.util.find_spec(library) is not None:
        return True
    print(f"{library}: not installed, left out; {REQUIREMENTS}", file=sys.stderr)
    return False


def enter(stack, name, module, *arguments, **environment):
    """A contender that `stack` closes, or None and a line on stderr if it failed."""
    try:
        return stack.enter_context(Contender(module, *arguments, **environment))
    except InputError as error:
        print(f"{name}: left out; {error}", file=sys.stderr)
        return None


def interleave(entrants, rounds):
    """Every entrant's work in every round, each of them first in turn.

    Args:
        entrants: `{key: (contender, request)}`.

    Returns:
        `{key: [reply, ...]}`, a reply a round.
    """
    replies = {key: [] for key in entrants}
    order = list(entrants)
    for _ in tqdm(range(rounds), desc="rounds", disable=None):
        for key in order:
            contender, request = entrants[key]
            time.sleep(PAUSE)
            replies[key].append(contender.ask(**request))
        order = [*order[1:], order[0]]
    return replies


def quartiles(name, values, digits=4):
    """`{name, name_q1, name_q3}`: median and quartiles to so many digits."""
    low, median, high = np.percentile(values, [25, 50, 75])
    numbers = {name: median, f"{name}_q1": low, f"{name}_q3": high}
    return {key: float(f"{value:.{digits}g}") for key, value in numbers.items()}
