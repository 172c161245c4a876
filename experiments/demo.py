"""The whole project in one go, on the built-in corpus; nothing is downloaded.

    python -m experiments.demo [--results-dir results/demo]

Trains the writeup's eight systems on `captions`, rebuilds the report from their run
folders and shows what they make of sentences they have never seen.
"""

import dataclasses
from pathlib import Path

from experiments.recipes import WRITEUP
from experiments.report import __main__ as report
from keras_nmt import kernels
from keras_nmt.corpora import captions
from keras_nmt.program.command_line import OptionParser, command_line
from keras_nmt.run.runs import Run, load_runs, run_directory
from keras_nmt.train import train

SENTENCES = 3
BATCH_SIZE = 32
"""A small corpus needs small batches: four times as many steps an epoch."""
EPOCHS = {20: 4, 10: 3}
"""Epochs here for epochs in the recipe; enough for the systems to part."""
LEARNING_RATES = {20: 3e-3, 10: 1e-3}
"""By the recipe's epochs, too: recurrent systems say sentences sooner at three times
the writeup's rate; the transformers learn less so."""


@command_line(results_in_files=True)
def main(argv=None):
    options = _parser().parse_args(argv)
    kernels.overrule_settings()
    runs_dir = options.results_dir / "runs"
    corpus = captions.load()
    for number, recipe in enumerate(WRITEUP.values(), 1):
        print(f"[{number}/{len(WRITEUP)}] {recipe.name}", flush=True)
        train(shortened(recipe), corpus, Run(folder(runs_dir, recipe)))
    report.main(
        ["--runs-dir", str(runs_dir), "--results-dir", str(options.results_dir)]
    )
    print(translations(load_runs(runs_dir)))


def shortened(recipe):
    """The recipe, made for minutes instead of hours."""
    return dataclasses.replace(
        recipe,
        batch_size=BATCH_SIZE,
        epochs=EPOCHS[recipe.epochs],
        learning_rate=LEARNING_RATES[recipe.epochs],
    )


def folder(runs_dir, recipe):
    """Where the demo keeps its run of a recipe."""
    return run_directory(runs_dir, "captions", recipe.name, kernels.BACKEND, 0)


def translations(runs):
    """The first test sentences beside every system's translation."""
    tables = {run.recipe: run.translations for run in runs if run.status == "complete"}
    lines = []
    for index in range(SENTENCES):
        first = next(iter(tables.values()))[index]
        lines += ["", f"{'source':>22}  {first.source}"]
        lines += [f"{'reference':>22}  {first.reference}"]
        lines += [
            f"{recipe:>22}  {rows[index].hypothesis}" for recipe, rows in tables.items()
        ]
    return "\n".join(lines)


def _parser():
    parser = OptionParser(description=__doc__)
    parser.add_argument("--results-dir", type=Path, default=Path("results/demo"))
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser


if __name__ == "__main__":
    main()
