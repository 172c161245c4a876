"""Runs the suite on every backend, one process each, and says how each ended.

    python -m tests.all_backends [tensorflow jax torch] [-- pytest options]

Tests that no backend can influence (`backend_free`) run with the first one only.
"""

import os
import subprocess
import sys
import time

BACKENDS = ("tensorflow", "jax", "torch")


def main(argv):
    split = argv.index("--") if "--" in argv else len(argv)
    backends, options = argv[:split] or BACKENDS, argv[split + 1 :]
    results = {}
    for index, backend in enumerate(backends):
        print(f"== {backend}", flush=True)
        began = time.monotonic()
        code = run(backend, [*options, *(["-m", "not backend_free"] if index else [])])
        results[backend] = code, time.monotonic() - began
    for backend, (code, seconds) in results.items():
        print(f"== {backend}: {'passed' if not code else 'FAILED'} in {seconds:.0f} s")
    sys.exit(max(code for code, _ in results.values()))


def run(backend, options):
    """Exit status of the suite on one backend."""
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "pytest", *options]
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    main(sys.argv[1:])
