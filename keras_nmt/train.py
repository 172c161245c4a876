"""Trains a recipe on a corpus and leaves a run folder.

    prepare     text to ids, vocabularies from train              preparation/
    compile     the recipe's model, Adam                          compiling.py
    fit         Keras's `model.fit`, from where the run stopped   training/resume.py
    finish      the best epoch translates the test set; scores    run/writing.py

With recipes that ask for it, `val_bleu` is measured (run/validation_bleu.py), training
ends early (training/selection.py), and an average of weights translates
(run/chosen_weights.py).

A run that was interrupted continues with the same command. Its results are the same as
without the interruption.
"""

import contextlib

import keras

from keras_nmt import kernels
from keras_nmt.compiling import compiled, on_one_device
from keras_nmt.distributed import devices, rows
from keras_nmt.distributed.session import check_same, watching
from keras_nmt.evaluation import tokenizer_checks
from keras_nmt.kernels.processes import is_first, of_first
from keras_nmt.preparation.in_memory import prepare
from keras_nmt.run import earlier, writing
from keras_nmt.run.chosen_weights import load_chosen
from keras_nmt.run.earlier import Earlier
from keras_nmt.run.epoch_log import BestWeights, EpochLog, KeptWeights
from keras_nmt.run.status import PRUNED
from keras_nmt.run.translator import TrainedTranslator
from keras_nmt.run.translator_file import digest
from keras_nmt.run.validation_bleu import bleu_callbacks
from keras_nmt.text.statistics import tell
from keras_nmt.training import snapshot
from keras_nmt.training.lock import one_training, one_writer
from keras_nmt.training.progress import Progress
from keras_nmt.training.resume import NotFinite, Resume, validate
from keras_nmt.training.states import States
from keras_nmt.training.step_clock import StepClock
from keras_nmt.training.stopping import Stopping

VALIDATION_TOKENIZER = "validation_bleu_tokenizer"
"""The key of config.json with sacreBLEU's tokenizer for validation BLEU."""


def train(recipe, corpus, run, **options):
    """Trains one recipe on one corpus and writes its run folder.

    Args:
        recipe: a `Recipe`.
        corpus: a `Corpus`.
        run: the `Run` to write.
        options: further ones of `train_prepared`.

    Raises:
        InputError: as `prepare` and `train_prepared`.
    """
    train_prepared(recipe, prepare(corpus, **recipe.text_options()), run, **options)


def train_prepared(
    recipe,
    prepared,
    run,
    *,
    seed=0,
    restart=False,
    tokenize=None,
    prune=lambda rows: None,
):
    """Trains one recipe on a corpus that is prepared for it.

    Args:
        recipe: a `Recipe`.
        prepared: a `Prepared`, with the recipe's `text_options()`.
        run: the `Run` to write. If it is complete it is kept; if it was interrupted
            it continues.
        seed: of weights, dropout and the order of batches.
        restart: whether to train an existing run again.
        tokenize: name of sacreBLEU's tokenizer; None for that of the target language.
        prune: called after each epoch with the rows of epochs.csv; a reason that it
            returns ends training, and the run's status is `pruned`. The same rows must
            give the same answer, because it may be asked again.

    Raises:
        InputError: the folder holds another run, or the loss became NaN or infinite.
    """
    corpus = prepared.corpus
    config = {**writing.config_of(recipe, prepared, seed), **devices.recorded()}
    if recipe.validation_bleu_every:
        # Values of two tokenizers do not compare, so a run has one from its beginning.
        tokenize = tokenizer_checks.chosen_tokenizer(tokenize, corpus.target_language)
        config[VALIDATION_TOKENIZER] = tokenize
    if not restart:
        there = of_first(lambda: earlier.find(run, config, corpus, recipe.defaults()))
        if there in (Earlier.COMPLETE, Earlier.STOPPED, Earlier.UNRECORDED):
            print(f"{run.folder}: {there.value}; --restart trains it again")
            tokenizer_checks.warn_of_other_tokenizer(run, tokenize)
            return
        config = of_first(lambda: earlier.extended(run, config, there))
    tokenize = tokenizer_checks.chosen_tokenizer(tokenize, corpus.target_language)
    tokenizer_checks.warn_of_round_trip(
        prepared.target.tokenizer, corpus.test.target, tokenize
    )
    with contextlib.ExitStack() as stack:
        stack.enter_context(one_training(run.folder))
        stop = stack.enter_context(Stopping())
        if is_first():
            stack.enter_context(one_writer(run.lock_file))
            writing.tidy(run)
        stack.enter_context(watching())
        _train(recipe, prepared, config, run, stop, restart, tokenize, prune)


def _train(recipe, prepared, config, run, stop, restart, tokenize, prune):
    model = compiled(recipe, prepared.sizes, config["seed"])
    print(f"{run.folder}: {model.count_params():,} parameters", flush=True)
    if devices.splits_model():
        print(devices.split_in_words(model), flush=True)
    tell(prepared.statistics)
    translator = TrainedTranslator(model, prepared.source, prepared.target)

    pairs, options = prepared.pairs, recipe.batch_options()
    train_pairs = prepared.train_pairs(config["seed"])
    batches = rows.batches(
        train_pairs,
        **options,
        seed=config["seed"],
        epoch_batches=recipe.epoch_updates * recipe.accumulation,
    )
    recipe.check_batches(len(batches))
    validation = rows.batches(pairs["validation"], **options)
    learned = {"config": earlier.lasting(config), "corpus": prepared.fingerprint}
    states = States(run.checkpoints, {**learned, **snapshot.identity(model)})
    log = EpochLog(run.epochs_file, batches, bool(recipe.validation_bleu_every))
    resume = Resume(model, batches, states, log, stop, prepared.line_numbers("train"))
    where = None if restart else resume.load()
    clock, owner, selection = StepClock(), digest(translator), recipe.selection
    check_same(**learned, vocabularies=owner)
    if where:
        print(f"{run.folder}: {where}", flush=True)
    if where and is_first():
        writing.go_on(run, recipe.epochs)
    elif is_first():
        states.clear()
        writing.begin(run, config, translator)

    kept = max(recipe.keep_last, recipe.average_last), recipe.keep_last
    callbacks = [
        Progress(recipe.epochs),
        *bleu_callbacks(recipe, translator, prepared, tokenize, resume),
        clock,
        log,
    ]
    if is_first():
        callbacks += [
            BestWeights(run.weights_file, log, selection, owner),
            KeptWeights(run, log, selection, *kept, owner),
        ]
    try:
        with kernels.products_in(recipe.precision):
            fit(
                model,
                batches,
                validation,
                recipe.epochs,
                resume,
                callbacks,
                verbose=writing.verbosity(),
                is_over=lambda: selection.is_over(log.rows) or prune(log.rows),
            )
    except NotFinite as error:
        if is_first():
            writing.fail(run, "nan", error.reason)
        raise
    if not is_first():
        return
    reason = prune(log.rows)
    if reason:
        writing.fail(run, PRUNED, reason)
        states.keep_newest()
        return
    if devices.spread():
        # To load weights into all processes' devices, all of them would be needed.
        model = on_one_device(recipe, prepared.sizes)
        translator = TrainedTranslator(model, prepared.source, prepared.target)
    found = {
        "parameters": model.count_params(),
        **load_chosen(recipe, run, model, log.rows, owner),
        "training": clock.summary(),
        "text": {part.part: part.record() for part in prepared.statistics},
    }
    writing.finish(run, translator, prepared, found, tokenize)
    states.keep_newest()


def fit(
    model,
    batches,
    validation,
    epochs,
    resume,
    callbacks,
    verbose=0,
    is_over=lambda: False,
):
    """Runs `model.fit` from where `resume` stopped to the last of `epochs`.

    Keras cannot start in the middle of an epoch. So the rest of an interrupted epoch is
    a `fit` of its own, and a run that stopped during validation repeats the validation.
    Keras's debugging limits on epochs and steps are ignored.

    Args:
        model: compiled.
        batches: `TranslationBatches` of train.
        validation: `TranslationBatches` of validation.
        epochs: the number of the last epoch, from 1.
        resume: a `Resume`.
        callbacks: the other callbacks.
        verbose: as for `model.fit`.
        is_over: whether training ends early; asked after each epoch.
    """

    def stop_if_over(epoch, logs):
        model.stop_training = model.stop_training or is_over()

    stopping = keras.callbacks.LambdaCallback(on_epoch_end=stop_if_over)
    callbacks = [*callbacks, resume, stopping]
    with resume.stop.deferred(), kernels.without_limits():
        while resume.epoch < epochs and not is_over():
            # shuffle=False: the batches are shuffled already.
            batches.before_fit(resume.epoch)
            if resume.step == len(batches):
                validate(model, validation, resume.epoch, callbacks)
                continue
            # A `fit` has the same number of batches in all of its epochs.
            last = resume.epoch + 1 if batches.vary else epochs
            model.fit(
                batches,
                validation_data=validation,
                initial_epoch=resume.epoch,
                epochs=last,
                callbacks=callbacks,
                shuffle=False,
                verbose=verbose,
            )
    resume.restore()
