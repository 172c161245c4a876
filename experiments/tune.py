"""Searches for good values of a recipe's fields, the writeup's recipes among them.

    python -m experiments.tune SPACE.toml --trials N [--corpus captions|multi30k|DIR]
        [--study results/tuning/<name of SPACE>] [--seed K] [--data-dir PATH]

The same as `keras-nmt tune`, but `base` may name a recipe of `experiments/recipes.py`.
Several processes that name the same study share its trials. A process that was stopped
or killed continues with the same command.
"""

from pathlib import Path

from experiments import recipes
from keras_nmt.commands import tune as command
from keras_nmt.program.command_line import OptionParser, command_line


@command_line(results_in_files=True)
def main(argv=None):
    parser = OptionParser(description=__doc__)
    command.add_options(parser, studies=Path("results/tuning"))
    command.tune(parser.parse_args(argv), recipes.RECIPES)


if __name__ == "__main__":
    main()
