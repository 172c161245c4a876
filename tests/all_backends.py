"""Runs the suite on every backend, one process each, and says how each ended.

    python -m tests.all_backends [tensorflow jax torch] [-- pytest options]

Two run at a time. The first backend is watched; what the others said follows. Tests
that no backend can influence (`backend_free`) run with one only: torch, if it is among
them, since it compiles nothing.
"""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

BACKENDS = ("tensorflow", "jax", "torch")
QUICKEST = "torch"


class Result(NamedTuple):
    """How a backend's process ended, and what it said if nobody watched it."""

    code: int
    seconds: float
    said: str


def main(argv):
    split = argv.index("--") if "--" in argv else len(argv)
    backends, options = argv[:split] or BACKENDS, argv[split + 1 :]
    first, *others = backends
    with ThreadPoolExecutor(2) as pool:
        print(f"== {first}", flush=True)
        found = {
            backend: pool.submit(
                *(run, backend, options_of(backend, backends, options)),
                sys.stdout if backend == first else None,
            )
            for backend in backends
        }
        results = {backend: result.result() for backend, result in found.items()}
    for backend in others:
        print(f"== {backend}\n{results[backend].said}", flush=True)
    for backend, (code, seconds, _) in results.items():
        print(f"== {backend}: {'passed' if not code else 'FAILED'} in {seconds:.0f} s")
    sys.exit(max(result.code for result in results.values()))


def options_of(backend, backends, options):
    """pytest's options for one of the backends."""
    one = QUICKEST if QUICKEST in backends else backends[0]
    return options if backend == one else [*options, "-m", "not backend_free"]


def run(backend, options, output=None):
    """The `Result` of the suite on one backend; kept silent without `output`."""
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "pytest", *options]
    began = time.monotonic()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as file:
        done = subprocess.run(
            command,
            env=environment,
            check=False,
            stdout=output or file,
            stderr=subprocess.STDOUT,
        )
        file.seek(0)
        return Result(done.returncode, time.monotonic() - began, file.read())


if __name__ == "__main__":
    main(sys.argv[1:])
