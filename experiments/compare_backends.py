"""Trains the same recipes on each backend and lines up what came of it.

    python -m experiments.compare_backends [RECIPE ...]
        [--backends tensorflow,jax,torch] [--corpus captions|multi30k|DIR]
        [--data-dir PATH] [--epochs N] [--seed K] [--runs-dir results/runs]
        [--results-dir results]

One process a backend, one after the other, a run folder each; then the report, whose
tables and figures stand under "backends compared". A backend that is not installed is
named with the command that installs it, and the others go on.
"""

import argparse
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from experiments import report
from keras_nmt.errors import InputError, command_line

INSTALL = {
    "tensorflow": "pip install tensorflow tensorflow-text",
    "jax": "pip install jax",
    "torch": "pip install torch --index-url https://download.pytorch.org/whl/cpu",
}
"""Every backend, in the order of the tables, and how to get it."""


@command_line
def main(argv=None):
    options = _parser().parse_args(argv)
    chosen = _backends(options.backends)
    present = [backend for backend in chosen if _is_installed(backend)]
    for backend in chosen:
        if backend not in present:
            hint = f"not installed; get it with: {INSTALL[backend]}"
            print(f"{backend}: {hint}", file=sys.stderr, flush=True)
    if not present:
        raise InputError("none of the backends is installed; install one of them")
    failed = [backend for backend in present if not _train(backend, options)]
    report.main(
        [
            *("--runs-dir", str(options.runs_dir)),
            *("--results-dir", str(options.results_dir)),
        ]
    )
    if failed:
        raise InputError(
            f"training failed on {', '.join(failed)}; its own message stands above"
        )


def _backends(text):
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in INSTALL:
            raise InputError(
                f"unknown backend {name!r}; choose of {', '.join(INSTALL)}"
            )
    if not names:
        raise InputError(f"--backends names none; choose of {', '.join(INSTALL)}")
    return list(dict.fromkeys(names))


def _is_installed(backend):
    return importlib.util.find_spec(backend) is not None


def _train(backend, options):
    """Whether all recipes were trained; the process has told why if not."""
    print(f"== {backend}", flush=True)
    given = {
        "--corpus": options.corpus,
        "--data-dir": options.data_dir,
        "--epochs": options.epochs,
        "--seed": options.seed,
        "--runs-dir": options.runs_dir,
    }
    arguments = [
        word
        for name, value in given.items()
        if value is not None
        for word in (name, str(value))
    ]
    command = [sys.executable, "-m", "experiments.train", *options.recipes, *arguments]
    environment = {**os.environ, "KERAS_BACKEND": backend}
    code = subprocess.run(command, env=environment, check=False).returncode
    if code in (130, -2):  # Ctrl-C reaches both processes
        raise KeyboardInterrupt
    return code == 0


def _parser():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "recipes", nargs="*", metavar="RECIPE", default=["all"], help="all, if none"
    )
    parser.add_argument("--backends", default=",".join(INSTALL))
    parser.add_argument("--corpus", default="captions")
    parser.add_argument("--data-dir", help="local copy of Multi30k")
    parser.add_argument("--epochs", type=int, help="instead of the recipe's own")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs-dir", type=Path, default=Path("results/runs"))
    parser.add_argument("--results-dir", type=Path, default=Path("results"))
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser


if __name__ == "__main__":
    main()
