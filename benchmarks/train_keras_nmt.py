"""A recipe in training on one backend, stopped and let go on by its driver.

    KERAS_BACKEND=... python -m benchmarks.train_keras_nmt MATERIAL.json

It may be one of several processes (docs/more-than-one-device.md).
One call of `model.fit`, set up as `experiments.train` does it, runs the whole time;
a callback holds it between two requests. So a timed step is what a user gets.
"""

import json
import sys
import time
from pathlib import Path

import keras
import numpy as np

from benchmarks import flops
from benchmarks.contenders import Driver
from experiments import recipes
from keras_nmt import kernels
from keras_nmt.distributed import rows
from keras_nmt.distributed.session import session
from keras_nmt.recipes.from_text import find
from keras_nmt.specials import PAD, SOS
from keras_nmt.train import compiled

MORE_WARM_UP = 3
"""Steps that are not timed, after one of each shape that has to be compiled."""


def main(path):
    driver = Driver()
    material = json.loads(Path(path).read_text(encoding="utf-8"))
    recipe = find(material["config"]["name"], recipes.RECIPES)
    with session():
        train(driver, recipe, material)


def train(driver, recipe, material):
    config, sizes = material["config"], material["vocabulary_sizes"]
    model = compiled(recipe, sizes, seed=0)
    options = recipe.batch_options()
    batches = EveryShapeFirst(rows.batches(material["pairs"], **options, seed=0))
    work = [work_of(batch, config, sizes[1]) for batch in batches]
    stopwatch = Stopwatch(driver, work, batches.shapes + MORE_WARM_UP)
    with kernels.products_in(recipe.precision):
        model.fit(
            batches, epochs=sys.maxsize, shuffle=False, verbose=0, callbacks=[stopwatch]
        )


class EveryShapeFirst(keras.utils.PyDataset):
    """The same batches, but one of each shape in front."""

    def __init__(self, batches):
        super().__init__()
        self._batches = batches
        firsts = {}
        for index in range(len(batches)):
            firsts.setdefault(shape_of(batches[index]), index)
        self.shapes = len(firsts)
        # The very first two are for Keras on TensorFlow; see `TranslationBatches`.
        ahead = [*range(min(2, len(batches))), *firsts.values()]
        self._order = list(dict.fromkeys([*ahead, *range(len(batches))]))

    def __len__(self):
        return len(self._order)

    def __getitem__(self, index):
        return self._batches[self._order[index]]


def shape_of(batch):
    inputs, targets = batch
    return tuple((name, array.shape) for name, array in {**inputs, **targets}.items())


def work_of(batch, config, vocabulary_size):
    """Real target tokens of a batch, `SOS` not counted, and operations of its step."""
    inputs, targets = batch
    (count, source_length), target_length = (
        inputs["source"].shape,
        inputs["target_in"].shape[1],
    )
    scored = targets["scored_tokens"]
    tokens = np.count_nonzero((scored != PAD) & (scored != SOS))
    return int(tokens), flops.training(
        config, vocabulary_size, count, source_length, target_length, scored.size
    )


class Stopwatch(keras.callbacks.Callback):
    """Lets training run for as many steps as were asked for, and says how long."""

    def __init__(self, driver, work, warm_up):
        super().__init__()
        self.driver = driver
        self.work = work
        self._wanted = warm_up

    def on_train_begin(self, logs=None):
        self._start()
        self._details = {
            "parameters": self.model.count_params(),
            "device": kernels.device(),
        }

    def on_epoch_begin(self, epoch, logs=None):
        self._next = 0

    def on_train_batch_end(self, batch, logs=None):
        self._done += self.work[self._next : batch + 1]  # several in one execution
        self._next = batch + 1
        if len(self._done) < self._wanted:
            return
        float(logs["loss"])  # there when the device has finished
        seconds = time.perf_counter() - self._began
        tokens, operations = map(sum, zip(*self._done, strict=True))
        self.driver.reply(
            seconds=seconds,
            steps=len(self._done),
            tokens=tokens,
            flops=operations,
            memory=kernels.peak_device_memory(),
            **self._details,
        )
        self._wanted = self.driver.receive()["steps"]
        self._start()

    def _start(self):
        self._done = []
        self._began = time.perf_counter()


if __name__ == "__main__":
    main(sys.argv[1])
