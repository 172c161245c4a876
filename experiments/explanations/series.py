"""Trains series around one recipe: a single field changes, all others stay.

    python -m experiments.explanations.series [--base full_transformer_best]
        [--factors dropout,num_heads,model_dim] [--epochs N] [--list]
        [--corpus captions|multi30k|DIR] [--data-dir PATH] [--seed K]
        [--runs-dir results/series]

A run of each value of each factor, and of the base, which belongs to all series.
--list prints the recipes and trains nothing. Every run is an ordinary one: complete
runs are kept, and an interrupted one continues with the same command. With --epochs all
of them are shorter than the recipe says. `experiments.explanations.series_table` makes
the table and the figures.
"""

from experiments import recipes
from keras_nmt.commands import train as command
from keras_nmt.errors import InputError, did_you_mean
from keras_nmt.program.command_line import OptionParser, command_line
from keras_nmt.recipes.from_text import with_settings

FACTORS = {
    "dropout": (0.1, 0.2, 0.3, 0.4, 0.5),
    "num_heads": (1, 2, 4, 8),
    "model_dim": (64, 128, 256, 512),
}
"""Field of the recipe -> its values, from the writeup's claims: "the performance became
worse" with more dropout, more heads "attend to more diverse aspects", a larger hidden
dimension learns "richer feature representations"."""


@command_line(results_in_files=True)
def main(argv=None):
    parser = OptionParser(description=__doc__)
    add = parser.add_argument
    add("--base", default="full_transformer_best", metavar="RECIPE|FILE.toml")
    add("--factors", default=",".join(FACTORS), metavar="FIELD,...")
    add("--list", action="store_true", help="print the recipes and train nothing")
    command.add_options(parser, runs_dir="results/series")
    options = parser.parse_args(argv)
    base = command.found(options.base, recipes.RECIPES)
    chosen = series(base, options.factors.split(","))
    if options.list:
        print("\n".join(recipe.name for recipe in chosen))
        return
    command.train_all(chosen, options)


def series(base, factors):
    """The base, and a recipe for each other value of each factor.

    Raises:
        InputError: there is no such factor, or the base has no such field.
    """
    chosen = [base]
    for factor in factors:
        if factor not in FACTORS:
            raise InputError(
                f"--factors: no series of {factor!r}{did_you_mean(factor, FACTORS)}; "
                f"there are {', '.join(FACTORS)}"
            )
        if not hasattr(base, factor):
            raise InputError(
                f"--base {base.name}: has no {factor}; leave that out of --factors"
            )
        for value in FACTORS[factor]:
            if value != getattr(base, factor):
                chosen.append(with_settings(base, [f"{factor}={value}"]))
    return chosen


if __name__ == "__main__":
    main()
