"""Trains recipes and leaves a run folder for each.

    python -m experiments.train RECIPE [RECIPE ...] [--corpus captions|multi30k|DIR]
        [--source-language XX] [--target-language YY] [--test NAME] [--data-dir PATH]
        [--seed K] [--epochs N] [--runs-dir results/runs] [--restart]

`all` stands for the eight systems of the writeup. The backend is Keras's own choice:
KERAS_BACKEND=tensorflow, jax or torch.
"""

import dataclasses
import functools
import sys
from pathlib import Path

import keras

from experiments import corpora, recipes, run_folder
from experiments.corpora import load_corpus
from experiments.epoch_log import BestWeights, EpochLog
from experiments.step_clock import StepClock
from keras_nmt import backends, trained
from keras_nmt.data.batching import TranslationBatches
from keras_nmt.data.statistics import statistics
from keras_nmt.data.text import (
    TextProcessor,
    check_ids,
    encode_pairs,
    tokenize_pairs,
)
from keras_nmt.data.tokenizer import WordTokenizer
from keras_nmt.data.vocabulary import Vocabulary
from keras_nmt.errors import InputError, OptionParser, command_line
from keras_nmt.reporting import runs
from keras_nmt.reporting.runs import run_directory
from keras_nmt.trained import CHECKPOINTS, WEIGHTS, TrainedTranslator
from keras_nmt.training import snapshot
from keras_nmt.training.lock import one_writer
from keras_nmt.training.resume import NotFinite, Resume, fit
from keras_nmt.training.states import States
from keras_nmt.training.stopping import Stopping
from keras_nmt.training.weights import save_weights

ADAM_EPSILON = 1e-8
"""That of the writeup's framework and of the paper; Keras's own is ten times it."""

MOST = 2**32 - 1
"""The highest seed that NumPy takes."""


@command_line
def main(argv=None):
    options = _parser().parse_args(argv)
    for option in ("epochs", "seed"):
        _check_count(option, getattr(options, option))
    names = list(recipes.WRITEUP) if "all" in options.recipes else options.recipes
    chosen = [recipes.find(name) for name in names]
    if options.epochs is not None:
        chosen = [dataclasses.replace(r, epochs=options.epochs) for r in chosen]
    with Stopping():
        _run_all(chosen, options)


def _run_all(chosen, options):
    corpus = load_corpus(options.corpus, options.data_dir, **corpora.choice(options))
    for number, recipe in enumerate(chosen, 1):
        print(f"[{number}/{len(chosen)}] {recipe.name} on {corpus.name}", flush=True)
        folder = run_directory(
            options.runs_dir, corpus.name, recipe.name, backends.BACKEND, options.seed
        )
        run(recipe, corpus, options.seed, folder, restart=options.restart)


def run(recipe, corpus, seed, folder, restart=False):
    """Trains one recipe on one corpus and writes its run folder."""
    text = prepare(
        corpus, recipe.newline_token, recipe.min_frequency, recipe.max_length
    )
    source, target, pairs = text
    config = {
        **dataclasses.asdict(recipe),
        "recipe": recipe.name,
        "corpus": corpus.name,
        "seed": seed,
        "source_vocabulary_size": len(source.vocabulary),
        "target_vocabulary_size": len(target.vocabulary),
        "pairs": {part: len(pairs[part]) for part in pairs},
    }
    if not restart and run_folder.is_complete(folder, config, recipe.defaults()):
        print(f"{folder}: already complete; --restart trains it again")
        return
    lock = folder / CHECKPOINTS / "lock"
    with Stopping() as stop, one_writer(lock):
        run_folder.tidy(folder)
        _train_and_score(recipe, corpus, text, config, folder, stop, restart)


def _train_and_score(recipe, corpus, text, config, folder, stop, restart):
    source, target, pairs = text
    sizes = len(source.vocabulary), len(target.vocabulary)
    model = compiled(recipe, *sizes, config["seed"])
    translator = TrainedTranslator(model, source, target)
    print(f"{folder}: {model.count_params():,} parameters", flush=True)

    train = batches(recipe, pairs["train"], config["seed"])
    checkpoints = folder / CHECKPOINTS
    data = {"config": config, "corpus": run_folder.fingerprint(*text)}
    states = States(checkpoints, {**data, **snapshot.identity(model)})
    log = EpochLog(folder / runs.EPOCHS, train.target_tokens)
    lines = corpus.train.line_numbers(pairs["train"].kept)
    resume = Resume(model, train, states, log, stop, lines)
    where = None if restart else resume.load()
    if where:
        print(f"{folder}: {where}", flush=True)
        (folder / runs.SCORES).unlink(missing_ok=True)
        run_folder.go_on(folder)
    else:
        states.clear()
        run_folder.begin(folder, config, translator)
    parts = statistics(corpus, pairs, recipe.max_length)
    _tell(parts)
    validation = batches(recipe, pairs["validation"], None)
    clock = StepClock()
    owner = trained.digest(translator)
    best = BestWeights(checkpoints / WEIGHTS, log, owner)
    callbacks = [clock, log, best]
    _fit(recipe, model, train, validation, resume, callbacks, folder)
    save_weights(model, checkpoints / run_folder.LAST, owner)

    best_epoch = run_folder.load_best(folder, model)
    found = {
        "parameters": model.count_params(),
        "best_epoch": best_epoch,
        "training": clock.summary(),
        "text": {part.part: part.record() for part in parts},
    }
    run_folder.finish(folder, translator, corpus.test, pairs["test"].kept, found)
    states.clear()


def _tell(parts):
    """What there is to learn from, a line a part; warnings on stderr."""
    for part in parts:
        print(part.line(), flush=True)
    for warning in [line for part in parts for line in part.warnings()]:
        print(f"warning: {warning}", file=sys.stderr, flush=True)


def _fit(recipe, model, train, validation, resume, callbacks, folder):
    options = {"verbose": run_folder.verbosity()}
    try:
        with backends.products_in(recipe.precision):
            epochs = recipe.epochs
            fit(model, train, validation, epochs, resume, callbacks, **options)
    except NotFinite as error:
        run_folder.fail(folder, "nan", error.reason)
        raise


def compiled(recipe, source_vocabulary_size, target_vocabulary_size, seed):
    """The recipe's model as its training begins."""
    # Layers are numbered anew, so that a run's files do not tell what ran before it.
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    model = recipe.build(source_vocabulary_size, target_vocabulary_size)
    model.build()
    optimizer = backends.Adam(recipe.learning_rate, epsilon=ADAM_EPSILON)
    optimizer.build(model.trainable_variables)
    model.compile(optimizer, jit_compile=backends.JIT_COMPILE)
    return model


@functools.lru_cache(maxsize=1)
def prepare(corpus, newline_token, min_frequency, max_length):
    """Both text processors, and the encoded pairs of the three parts.

    The vocabularies come from all of train; pairs that are too long are left out
    afterwards, as the writeup does. Recipes in a row share one preparation.
    """
    tokenizers = [
        WordTokenizer(language, newline_token=newline_token)
        for language in (corpus.source_language, corpus.target_language)
    ]
    tokens = {
        part: tokenize_pairs(getattr(corpus, part), *tokenizers)
        for part in ("train", "validation", "test")
    }
    source, target = (
        TextProcessor(tokenizer, Vocabulary.build(side, min_frequency))
        for tokenizer, side in zip(
            tokenizers, (tokens["train"].source, tokens["train"].target), strict=True
        )
    )
    pairs = {
        part: encode_pairs(tokens[part], source, target, max_length) for part in tokens
    }
    for found in statistics(corpus, pairs, max_length):
        found.check(corpus.name)
    sizes = len(source.vocabulary), len(target.vocabulary)
    for part in pairs:
        lines = getattr(corpus, part).line_numbers(pairs[part].kept)
        check_ids(pairs[part], *sizes, part, lines)
    return source, target, pairs


def batches(recipe, pairs, seed):
    """Batches of a recipe's shapes; in order if there is no seed."""
    return TranslationBatches(
        pairs, recipe.batch_size, recipe.shapes, score_sos=recipe.score_sos, seed=seed
    )


def _check_count(option, value):
    least = int(option == "epochs")
    if value is not None and not least <= value <= MOST:
        raise InputError(
            f"--{option} {value}: give a whole number from {least} to {MOST:,}"
        )


def _parser():
    parser = OptionParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("recipes", nargs="+", metavar="RECIPE")
    corpora.add_options(parser)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="instead of the recipe's own")
    parser.add_argument("--runs-dir", type=Path, default=Path("results/runs"))
    parser.add_argument(
        "--restart", action="store_true", help="train a complete run again"
    )
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser


if __name__ == "__main__":
    main()
