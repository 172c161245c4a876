"""Trains the same recipes on each backend and lines up what came of it.

    python -m experiments.compare_backends [RECIPE ...]
        [--backends tensorflow,jax,torch] [--corpus captions|multi30k|DIR]
        [--data-dir PATH] [--epochs N] [--seed K] [--runs-dir results/runs]
        [--results-dir results]

One process a backend, one after the other, a run folder each; then the report, whose
tables and figures stand under "backends compared". A backend that is not installed is
named with the command that installs it, and the others go on.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from experiments import report
from keras_nmt.environment import INSTALL, is_installed
from keras_nmt.errors import (
    InputError,
    Interrupted,
    OptionParser,
    command_line,
    did_you_mean,
)
from keras_nmt.training.stopping import GO_ON, SIGNALS


@command_line
def main(argv=None):
    options = _parser().parse_args(argv)
    chosen = _backends(options.backends)
    present = [backend for backend in chosen if is_installed(backend)]
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
                f"unknown backend {name!r}{did_you_mean(name, INSTALL)}; "
                f"choose of {', '.join(INSTALL)}"
            )
    if not names:
        raise InputError(f"--backends names none; choose of {', '.join(INSTALL)}")
    return list(dict.fromkeys(names))


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
    code = _run(command, environment)
    number = -code if code < 0 else code - 128
    if number in SIGNALS:
        raise Interrupted(f"stopped on {backend}; {GO_ON}", 128 + number)
    return code == 0


def _run(command, environment):
    """The exit code of a process, which gets the signals that this one gets.

    `subprocess.run` would kill it a quarter of a second after Ctrl-C, and on SIGTERM
    leave it behind.
    """
    process = subprocess.Popen(command, env=environment)

    def hand_on(number, frame):
        process.send_signal(number)

    before = {number: signal.signal(number, hand_on) for number in SIGNALS}
    try:
        return process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _parser():
    parser = OptionParser(description=__doc__.split("\n\n")[0])
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
