"""Trains recipes and writes a run folder for each.

    python -m experiments.train RECIPE [RECIPE ...] [--corpus captions|multi30k|DIR]
        [--source-language XX] [--target-language YY] [--test NAME] [--data-dir PATH]
        [--set FIELD=VALUE] [--seed K] [--epochs N] [--runs-dir results/runs]
        [--restart] [--tokenize NAME]

`all` stands for the eight systems of the writeup. The backend is Keras's own choice:
KERAS_BACKEND=tensorflow, jax or torch. How a recipe is trained, with `model.fit`, is
in `keras_nmt/train.py`.
"""

from experiments import recipes
from keras_nmt.commands import train as command
from keras_nmt.program.command_line import OptionParser, command_line


@command_line(results_in_files=True)
def main(argv=None):
    options = _parser().parse_args(argv)
    if "all" in options.recipes:
        chosen = list(recipes.WRITEUP.values())
    else:
        known = recipes.RECIPES
        chosen = [command.found(name, known) for name in options.recipes]
    command.train_all(chosen, options)


def _parser():
    parser = OptionParser(description=__doc__)
    parser.add_argument("recipes", nargs="+", metavar="RECIPE|FILE.toml")
    command.add_options(parser, runs_dir="results/runs")
    return parser


if __name__ == "__main__":
    main()
