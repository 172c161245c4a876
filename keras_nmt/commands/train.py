"""`keras-nmt train`: trains a recipe on a corpus and writes a run folder."""

import dataclasses
import inspect
from pathlib import Path

from keras_nmt.corpora import options as corpus_options
from keras_nmt.errors import InputError

MOST = 2**32 - 1
"""The highest seed that NumPy takes."""


def add_to(commands):
    parser = commands.add_parser("train", help="a recipe on a corpus, to a run folder")
    parser.set_defaults(run=run)
    parser.add_argument(
        "recipe",
        nargs="?",
        metavar="RECIPE|FILE.toml",
        help="a recipe's name, or a file that names one and what differs from it",
    )
    parser.add_argument("--list", action="store_true", help="show the recipes")
    parser.add_argument(
        "--out", type=Path, metavar="RUN_DIR", help="instead of a folder in --runs-dir"
    )
    add_options(parser, runs_dir="runs")


def add_options(parser, runs_dir):
    """Adds the options that all programs that train share."""
    corpus_options.add_options(parser)
    parser.set_defaults(default_runs_dir=Path(runs_dir))
    add = parser.add_argument
    add(
        "--prepared",
        type=Path,
        metavar="DIR",
        help="instead of --corpus: what keras-nmt prepare --out wrote",
    )
    add(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="a field of the recipe that differs; may be given several times",
    )
    add("--seed", type=int, default=0, help="0; of weights, dropout, order of batches")
    add("--epochs", type=int, help="instead of the recipe's own")
    add(
        "--max-updates",
        type=int,
        metavar="N",
        help="instead of --epochs, for a recipe whose epochs are epoch_updates long",
    )
    add(
        "--runs-dir",
        type=Path,
        help=f"{runs_dir}; a run is <corpus>/<recipe>/<backend>-seed<k> in it",
    )
    add(
        "--devices",
        type=int,
        default=1,
        metavar="N",
        help="1; of this machine that share each batch (JAX)",
    )
    add(
        "--split-model",
        type=int,
        default=1,
        metavar="N",
        help="1; of the --devices that split a transformer's weights (JAX)",
    )
    add("--restart", action="store_true", help="train a complete run again")
    add(
        "--tokenize",
        metavar="NAME",
        help="of sacreBLEU's tokenizers, for BLEU; by default the target language's",
    )
    add("--debug", action="store_true", help="show tracebacks")


def run(options):
    from keras_nmt.recipes.own import RECIPES

    if options.list:
        print(listed(RECIPES))
        return
    if options.recipe is None:
        raise InputError("name a recipe or a TOML file; --list shows the recipes")
    train_all([found(options.recipe, RECIPES)], options, options.out)


def found(name, known):
    """The recipe of that name, or that of a TOML file.

    Raises:
        InputError: there is none.
    """
    from keras_nmt.recipes.from_text import find, read_recipe

    return read_recipe(name, known) if name.endswith(".toml") else find(name, known)


def listed(known):
    """One line for each recipe of `{name: recipe}`: its name and purpose."""
    width = max(map(len, known))
    return "\n".join(
        f"{name:{width}}  {inspect.cleandoc(recipe.about)}"
        for name, recipe in known.items()
    )


def train_all(recipes, options, out=None):
    """Trains recipes one after the other, each into its run folder.

    Args:
        recipes: a list of `Recipe`.
        options: the parsed options of `add_options`.
        out: the run folder of a single recipe; None for its place in `--runs-dir`.
    """
    from keras_nmt.distributed.session import session
    from keras_nmt.run.earlier_text import mended_by

    for option in ("epochs", "seed", "devices", "split_model"):
        check_count(option, getattr(options, option))
    if out and options.runs_dir:
        raise InputError("--out is the run's own folder; leave out --runs-dir")
    option = "--out" if out else "--runs-dir"
    with session(options.devices, options.split_model), mended_by(option):
        check_folder(option, out or _runs_dir(options))
        _train_all(recipes, options, out)


def _train_all(recipes, options, out):
    from keras_nmt import kernels
    from keras_nmt.evaluation import tokenizer_checks
    from keras_nmt.recipes.from_text import with_settings
    from keras_nmt.run.runs import Run, run_directory
    from keras_nmt.train import train_prepared
    from keras_nmt.training.stopping import Stopping

    kernels.overrule_settings()
    recipes = [with_settings(recipe, options.set) for recipe in recipes]
    recipes = [_with_length(recipe, options) for recipe in recipes]
    with Stopping():
        tokenizer_checks.chosen_tokenizer(options.tokenize)
        corpus, prepared_for = _text(options)
        for number, recipe in enumerate(recipes, 1):
            progress = f"[{number}/{len(recipes)}] {recipe.name} on {corpus.name}"
            print(progress, flush=True)
            place = corpus.name, recipe.name, kernels.BACKEND, options.seed
            train_prepared(
                recipe,
                prepared_for(recipe),
                Run(out or run_directory(_runs_dir(options), *place)),
                seed=options.seed,
                restart=options.restart,
                tokenize=options.tokenize,
            )


def _runs_dir(options):
    return options.runs_dir or options.default_runs_dir


def _with_length(recipe, options):
    """The recipe with the epochs of `--epochs` or `--max-updates`."""
    epochs, updates, each = options.epochs, options.max_updates, recipe.epoch_updates
    if updates is not None:
        if epochs is not None:
            raise InputError("--epochs and --max-updates: give one of them")
        if not each:
            raise InputError(
                f"--max-updates {updates}: an epoch of recipe {recipe.name} is a pass "
                "over train; give --epochs, or --set epoch_updates=N to count updates"
            )
        if updates < each or updates % each:
            raise InputError(
                f"--max-updates {updates}: give a multiple of the recipe's "
                f"epoch_updates, {each}, after which it validates and saves"
            )
        epochs = updates // each
    return recipe if epochs is None else dataclasses.replace(recipe, epochs=epochs)


def _text(options):
    """The corpus, and a function that gives a recipe's `Prepared`."""
    if options.prepared is None:
        from keras_nmt.preparation.in_memory import prepare

        corpus = corpus_options.chosen_corpus(options)
        return corpus, lambda recipe: prepare(corpus, **recipe.text_options())
    from keras_nmt.preparation.stored import open_prepared

    corpus_options.refuse_beside("--prepared", options)
    prepared = open_prepared(options.prepared)

    def checked(recipe):
        prepared.check_options(recipe.name, recipe.text_options())
        return prepared

    return prepared.corpus, checked


def check_folder(option, path):
    """Refuses a path that is or lies below a file."""
    there = path and next((p for p in (path, *path.parents) if p.exists()), None)
    if there and not there.is_dir():
        raise InputError(f"{option} {path}: {there} is a file; name a folder")


def check_count(option, value):
    """Refuses a number that is too small or too large for its option."""
    least = int(option in ("epochs", "trials", "devices", "split_model"))
    if value is not None and not least <= value <= MOST:
        name = option.replace("_", "-")
        raise InputError(
            f"--{name} {value}: give a whole number from {least} to {MOST:,}"
        )
