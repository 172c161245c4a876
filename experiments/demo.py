"""Trains the writeup's eight systems and a recipe of our own, and reports on them.

    python -m experiments.demo [--results-dir results/demo] [--processes 2]
        [--only SYSTEM]

The text is the built-in corpus; nothing is downloaded. Two systems are trained at a
time where there are two cores and no GPU. The report is built from the run folders, and
the first test sentences are shown as each system translates them. In the end the
shipped model, which was trained on Multi30k, translates some of its sentences. --only
trains one of the systems, without a report.
"""

import dataclasses
import sys
from pathlib import Path

from experiments import side_by_side
from experiments.recipes import WRITEUP
from experiments.report import __main__ as report
from experiments.report.systems import order
from keras_nmt import kernels
from keras_nmt.corpora import captions
from keras_nmt.errors import InputError
from keras_nmt.program.command_line import OptionParser, command_line
from keras_nmt.recipes import own
from keras_nmt.recipes.from_text import find
from keras_nmt.recipes.recurrent import RecurrentRecipe
from keras_nmt.run.file_formats import read_translations
from keras_nmt.run.model_folder import EXAMPLES, SHIPPED
from keras_nmt.run.runs import Run, load_runs, run_directory
from keras_nmt.run.translator import load
from keras_nmt.train import train

SENTENCES = 3
BATCH_SIZE = 32
"""A quarter of the writeup's, since a small corpus has few batches in an epoch."""
RECURRENT = {"epochs": 4, "learning_rate": 3e-3}
"""Enough to differ; they learn faster at three times the writeup's rate."""
TRANSFORMER = {"epochs": 3, "learning_rate": 1e-3}
WIDE_TRANSFORMER = {"epochs": 2, "learning_rate": 5e-4}
"""The wider one, at half the rate, is ahead of the other after two epochs."""

OWN = dataclasses.replace(
    own.TRANSFORMER,
    epochs=8,
    batch_tokens=1024,
    learning_rate=3e-3,
    warmup_steps=150,
    subword_vocabulary_size=1000,
    shapes=((16, 16), (24, 24), (40, 40), (100, 100)),
    encoder_layers=2,
    decoder_layers=2,
    dropout=0.1,
    embedding_dropout=0.1,
    attention_dropout=0.0,
    activation_dropout=0.0,
)
"""Our transformer, smaller: the grammar has few words, and learns best with little
dropout and many small batches."""


@command_line(results_in_files=True)
def main(argv=None):
    options = _parser().parse_args(argv)
    kernels.overrule_settings()
    runs_dir = options.results_dir / "runs"
    recipes = {x.name: x for x in [*map(shortened, WRITEUP.values()), OWN]}
    if options.only is not None:
        trained(find(options.only, recipes), captions.load(), runs_dir)
        return
    count = processes() if options.processes is None else options.processes
    if count < 1:
        raise InputError(f"--processes {count}: give a positive whole number")
    if count == 1:
        corpus = captions.load()
        for number, recipe in enumerate(recipes.values(), 1):
            print(f"[{number}/{len(recipes)}] {recipe.name}", flush=True)
            trained(recipe, corpus, runs_dir)
    else:
        here = [sys.executable, "-m", "experiments.demo"]
        here += ["--results-dir", str(options.results_dir), "--only"]
        # The last ones take longest, and the short ones then fill the gaps.
        each = {name: [*here, name] for name in reversed(recipes)}
        if code := side_by_side.run(each, count):
            sys.exit(code)
    report.main(
        ["--runs-dir", str(runs_dir), "--results-dir", str(options.results_dir)]
    )
    print(translations(load_runs(runs_dir)))
    print(shipped())


def processes():
    """Systems that are trained at a time, unless told: a GPU has memory for one."""
    return (
        2 if len(side_by_side.cores()) > 1 and kernels.device().startswith("cpu") else 1
    )


def trained(recipe, corpus, runs_dir):
    """Trains a system into its run folder; does nothing if it is complete."""
    train(recipe, corpus, Run(folder(runs_dir, recipe)))


def shortened(recipe):
    """The recipe with fewer epochs, so that it trains in minutes instead of hours."""
    settings = RECURRENT if isinstance(recipe, RecurrentRecipe) else TRANSFORMER
    if recipe.name == "full_transformer_best":
        settings = WIDE_TRANSFORMER
    return dataclasses.replace(recipe, batch_size=BATCH_SIZE, **settings)


def folder(runs_dir, recipe):
    """The demo's run folder of a recipe."""
    return run_directory(runs_dir, "captions", recipe.name, kernels.BACKEND, 0)


def translations(runs):
    """The test sentences that the page shows, with every system's translation."""
    complete = [run for run in runs if run.status == "complete"]
    complete.sort(key=lambda run: order(run.recipe))
    tables = {run.recipe: run.translations for run in complete}
    lines = []
    for index in complete[0].kept_rows[:SENTENCES]:
        first = next(iter(tables.values()))[index]
        lines += ["", f"{'source':>22}  {first.source}"]
        lines += [f"{'reference':>22}  {first.reference}"]
        lines += [
            f"{recipe:>22}  {rows[index].hypothesis}" for recipe, rows in tables.items()
        ]
    return "\n".join(lines)


def shipped(root=SHIPPED):
    """Sentences that the models of the repository translate now; "" without a model."""
    lines = []
    for path in sorted(root.glob(f"*/{EXAMPLES}")):
        examples = read_translations(path)
        found = load(path.parent).translate([row.source for row in examples])
        lines += ["", f"{path.parent.name}, the shipped model:"]
        for row, hypothesis in zip(examples, found, strict=True):
            lines += ["", f"{'source':>11}  {row.source}"]
            lines += [f"{'reference':>11}  {row.reference}"]
            lines += [f"{'translation':>11}  {hypothesis}"]
    return "\n".join(lines)


def _parser():
    parser = OptionParser(description=__doc__)
    parser.add_argument("--results-dir", type=Path, default=Path("results/demo"))
    parser.add_argument("--processes", type=int, help="systems trained at a time")
    parser.add_argument("--only", metavar="SYSTEM", help="train it, without a report")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser


if __name__ == "__main__":
    main()
