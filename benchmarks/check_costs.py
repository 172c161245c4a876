"""What it costs to look for NaN and to keep the state of a run, beside its training."""

import statistics
import time

import keras
from keras import ops

from experiments import recipes
from keras_nmt import kernels
from keras_nmt.corpora import captions
from keras_nmt.corpora.corpus import Corpus
from keras_nmt.preparation.in_memory import prepare
from keras_nmt.run.epoch_log import EpochLog
from keras_nmt.text.batching import TranslationBatches
from keras_nmt.train import compiled
from keras_nmt.training import snapshot
from keras_nmt.training.resume import CHECK_STEPS, SAVE_SECONDS, Resume
from keras_nmt.training.states import States
from keras_nmt.training.step_clock import StepClock

RECIPE = recipes.FULL_TRANSFORMER
STEPS = 6
EPOCH_STEPS = 190
"""Of Multi30k; a state is saved at the end of each epoch, too."""


def share(folder):
    """Seconds of all checks and saves by those of the steps between them."""
    model, batches = _compiled()
    clock = StepClock()
    model.fit(batches, epochs=2, shuffle=False, verbose=0, callbacks=[clock])
    step = statistics.median(clock.seconds[1:])
    log = EpochLog(folder / "epochs.csv", batches)
    states = States(folder, snapshot.identity(model))
    resume = Resume(model, batches, states, log, None, [])
    check = _seconds(resume._check) / CHECK_STEPS
    save = _seconds(lambda: resume._save(1, 0))
    often = 1 / SAVE_SECONDS + 1 / (EPOCH_STEPS * step)
    return (check + _seconds(_sums(model))) / step + save * often


def _compiled():
    """The recipe at its full size on a few batches; a small text has small steps."""
    whole = captions.load()
    text = whole.train.select(range(STEPS * RECIPE.batch_size))
    part = Corpus("part", "de", "en", text, text, text)
    found = prepare(part, **{**RECIPE.text_options(), "min_frequency": 1})
    batches = TranslationBatches(found.pairs["train"], **RECIPE.batch_options(), seed=0)
    return compiled(RECIPE, found.sizes, 0), batches


def _sums(model):
    """What the optimizer adds to a step (`kernels.Adam.apply`)."""

    def are_finite(*gradients):
        return ops.all(ops.isfinite(ops.stack([ops.sum(x) for x in gradients])))

    look = kernels.compiled(are_finite, model)
    gradients = [weight.value for weight in model.trainable_variables]
    return lambda: keras.ops.convert_to_numpy(look(*gradients))


def _seconds(act, times=7):
    """Of one call, the median; the first may compile."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        found.append(time.perf_counter() - began)
    return statistics.median(found[1:])
