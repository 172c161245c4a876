"""Trains recipes and leaves a run folder for each.

    python -m experiments.train RECIPE [RECIPE ...] [--corpus captions|multi30k|DIR]
        [--source-language XX] [--target-language YY] [--test NAME] [--data-dir PATH]
        [--seed K] [--epochs N] [--runs-dir results/runs] [--restart]
        [--tokenize NAME]

`all` stands for the eight systems of the writeup. The backend is Keras's own choice:
KERAS_BACKEND=tensorflow, jax or torch.
"""

import dataclasses
import functools
import sys
from pathlib import Path

import keras

from experiments import recipes
from keras_nmt import kernels
from keras_nmt.corpora import choice as corpora
from keras_nmt.corpora.choice import load_corpus
from keras_nmt.errors import InputError
from keras_nmt.evaluation import scoring
from keras_nmt.program.command_line import OptionParser, command_line
from keras_nmt.run import earlier as earlier_run
from keras_nmt.run import runs
from keras_nmt.run import translator as trained
from keras_nmt.run import writing as run_folder
from keras_nmt.run.earlier import Earlier
from keras_nmt.run.runs import CHECKPOINTS, WEIGHTS, run_directory
from keras_nmt.run.translator import TrainedTranslator
from keras_nmt.text.batching import TranslationBatches
from keras_nmt.text.processing import (
    TextProcessor,
    check_ids,
    encode_pairs,
    tokenize_pairs,
)
from keras_nmt.text.spaces import learn_spaces
from keras_nmt.text.statistics import statistics
from keras_nmt.text.tokenizer import WordTokenizer
from keras_nmt.text.vocabulary import Vocabulary
from keras_nmt.training import snapshot
from keras_nmt.training.epoch_log import BestWeights, EpochLog
from keras_nmt.training.lock import one_training, one_writer
from keras_nmt.training.resume import NotFinite, Resume, fit
from keras_nmt.training.states import States
from keras_nmt.training.step_clock import StepClock
from keras_nmt.training.stopping import Stopping

ADAM_EPSILON = 1e-8
"""That of the writeup's framework and of the paper; Keras's own is ten times it."""

MOST = 2**32 - 1
"""The highest seed that NumPy takes."""


@command_line(results_in_files=True)
def main(argv=None):
    options = _parser().parse_args(argv)
    kernels.overrule_settings()
    for option in ("epochs", "seed"):
        _check_count(option, getattr(options, option))
    names = list(recipes.WRITEUP) if "all" in options.recipes else options.recipes
    chosen = [recipes.find(name) for name in names]
    if options.epochs is not None:
        chosen = [dataclasses.replace(r, epochs=options.epochs) for r in chosen]
    with Stopping():
        _run_all(chosen, options)


def _run_all(chosen, options):
    scoring.tokenizer(options.tokenize)
    corpus = load_corpus(options.corpus, options.data_dir, **corpora.choice(options))
    for number, recipe in enumerate(chosen, 1):
        print(f"[{number}/{len(chosen)}] {recipe.name} on {corpus.name}", flush=True)
        folder = run_directory(
            options.runs_dir, corpus.name, recipe.name, kernels.BACKEND, options.seed
        )
        run(recipe, corpus, options.seed, folder, options.restart, options.tokenize)


def run(recipe, corpus, seed, folder, restart=False, tokenize=None):
    """Trains one recipe on one corpus and writes its run folder.

    Args:
        tokenize: name of sacreBLEU's tokenizer; None for that of the target language.
    """
    text = prepare(
        corpus, recipe.newline_token, recipe.min_frequency, recipe.max_length
    )
    config = run_folder.config_of(recipe, corpus, seed, text)
    if not restart:
        earlier = earlier_run.find(folder, config, corpus, recipe.defaults())
        if earlier in (Earlier.COMPLETE, Earlier.UNRECORDED):
            print(f"{folder}: {earlier.value}; --restart trains it again")
            scoring.tell_other_tokenizer(folder, tokenize)
            return
        config = earlier_run.extended(folder, config, earlier)
    tokenize = scoring.tokenizer(tokenize, corpus.target_language)
    scoring.tell_round_trip(text[1].tokenizer, corpus.test.target, tokenize)
    lock = folder / CHECKPOINTS / "lock"
    with one_training(folder), Stopping() as stop, one_writer(lock):
        run_folder.tidy(folder)
        _train_and_score(recipe, corpus, text, config, folder, stop, restart, tokenize)


def _train_and_score(recipe, corpus, text, config, folder, stop, restart, tokenize):
    source, target, pairs = text
    sizes = len(source.vocabulary), len(target.vocabulary)
    model = compiled(recipe, *sizes, config["seed"])
    translator = TrainedTranslator(model, source, target)
    print(f"{folder}: {model.count_params():,} parameters", flush=True)

    train = batches(recipe, pairs["train"], config["seed"])
    checkpoints = folder / CHECKPOINTS
    lasting = earlier_run.lasting(config)
    data = {"config": lasting, "corpus": run_folder.fingerprint(*text)}
    states = States(checkpoints, {**data, **snapshot.identity(model)})
    log = EpochLog(folder / runs.EPOCHS, train.target_tokens)
    lines = corpus.train.line_numbers(pairs["train"].kept)
    resume = Resume(model, train, states, log, stop, lines)
    where = None if restart else resume.load()
    if where:
        print(f"{folder}: {where}", flush=True)
        run_folder.go_on(folder, recipe.epochs)
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
    best_epoch = run_folder.load_best(folder, model)
    found = {
        "parameters": model.count_params(),
        "best_epoch": best_epoch,
        "training": clock.summary(),
        "text": {part.part: part.record() for part in parts},
    }
    kept = pairs["test"].kept
    run_folder.finish(folder, translator, corpus.test, kept, found, tokenize)
    states.keep_newest()


def _tell(parts):
    """What there is to learn from, a line a part; warnings on stderr."""
    for part in parts:
        print(part.line(), flush=True)
    for warning in [line for part in parts for line in part.warnings()]:
        print(f"warning: {warning}", file=sys.stderr, flush=True)


def _fit(recipe, model, train, validation, resume, callbacks, folder):
    options = {"verbose": run_folder.verbosity()}
    try:
        with kernels.products_in(recipe.precision):
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
    optimizer = kernels.Adam(recipe.learning_rate, epsilon=ADAM_EPSILON)
    optimizer.build(model.trainable_variables)
    model.compile(optimizer, jit_compile=kernels.JIT_COMPILE)
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
    tokenizers[1] = learn_spaces(
        tokenizers[1], corpus.train.target, tokens["train"].target
    )
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
    parser = OptionParser(description=__doc__)
    parser.add_argument("recipes", nargs="+", metavar="RECIPE")
    corpora.add_options(parser)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="instead of the recipe's own")
    parser.add_argument("--runs-dir", type=Path, default=Path("results/runs"))
    parser.add_argument(
        "--restart", action="store_true", help="train a complete run again"
    )
    parser.add_argument(
        "--tokenize",
        metavar="NAME",
        help="of sacreBLEU's tokenizers, for BLEU; by default the target language's",
    )
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser


if __name__ == "__main__":
    main()
