"""Trains the same recipes on each backend and compares the results.

    python -m experiments.compare_backends [RECIPE ...]
        [--backends tensorflow,jax,torch] [--corpus captions|multi30k|DIR]
        [--source-language XX] [--target-language YY] [--test NAME]
        [--data-dir PATH] [--epochs N] [--seed K] [--runs-dir results/runs]
        [--results-dir results]

The backends train one after the other, in a process each, and every run has its folder.
Then the report is written, which compares them under "Backends". A backend that is not
installed is named with the command that installs it, and the others are compared.
"""

from pathlib import Path

from experiments import each_backend
from experiments.report import __main__ as report
from keras_nmt.corpora import options as corpus_options
from keras_nmt.errors import InputError
from keras_nmt.program.command_line import OptionParser, command_line
from keras_nmt.program.environment import INSTALL


@command_line(results_in_files=True)
def main(argv=None):
    options = _parser().parse_args(argv)
    present = each_backend.installed(options.backends)
    failed = [backend for backend in present if not _train(backend, options)]
    report.main(
        [
            *("--runs-dir", str(options.runs_dir)),
            *("--results-dir", str(options.results_dir)),
        ]
    )
    if failed:
        raise InputError(
            f"training failed on {', '.join(failed)}; see the message above"
        )


def _train(backend, options):
    """Whether all recipes were trained; if not, the process has printed why."""
    given = {
        **corpus_options.given(options),
        "--epochs": options.epochs,
        "--seed": options.seed,
        "--runs-dir": options.runs_dir,
    }
    return not each_backend.run(backend, "experiments.train", options.recipes, given)


def _parser():
    parser = OptionParser(description=__doc__)
    parser.add_argument(
        "recipes", nargs="*", metavar="RECIPE", default=["all"], help="default: all"
    )
    parser.add_argument("--backends", default=",".join(INSTALL))
    corpus_options.add_options(parser)
    parser.add_argument("--epochs", type=int, help="instead of the recipe's own")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs-dir", type=Path, default=Path("results/runs"))
    parser.add_argument("--results-dir", type=Path, default=Path("results"))
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser


if __name__ == "__main__":
    main()
