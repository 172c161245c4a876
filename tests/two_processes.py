"""One of two processes that train together, or one with several devices.

`test_distributed.py` starts them.

It trains without dropout into FOLDER/plain and, on torch, with it into FOLDER/whole.
FOLDER/ended is stopped by a signal to process 1, and goes on. In the last training
process 1 kills itself.
"""

import contextlib
import dataclasses
import hashlib
import os
import signal
from pathlib import Path

from keras_nmt import kernels
from keras_nmt.corpora.corpus import Corpus, ParallelText
from keras_nmt.distributed.session import session
from keras_nmt.errors import Interrupted
from keras_nmt.program.command_line import command_line
from keras_nmt.recipes.transformer import TransformerRecipe
from keras_nmt.run.runs import Run
from keras_nmt.text.prepared import prepare
from keras_nmt.train import train_prepared
from keras_nmt.training.step_clock import StepClock

PLAIN = TransformerRecipe(
    name="plain",
    system=None,
    epochs=2,
    batch_size=5,
    shapes=((6, 6), (10, 10)),
    max_length=10,
    max_positions=10,
    min_frequency=1,
    score_sos=False,
    visible_padding=0,
    learning_rate=4e-3,
    clip_norm=1.0,
    label_smoothing=0.1,
    encoder_layers=1,
    decoder_layers=1,
    model_dim=8,
    intermediate_dim=16,
    validation_bleu_every=1,
    dropout=0.0,
)
NOISY = dataclasses.replace(PLAIN, name="noisy", dropout=0.3, word_dropout=0.2)


def prepared():
    """Some lines of 3 to 7 words, prepared for `PLAIN`."""

    def part(first, count):
        rows = [[(first + i * k) % 9 for k in range(3 + i % 5)] for i in range(count)]
        lines = [" ".join(f"w{number}" for number in row) for row in rows]
        turned = [" ".join(reversed(line.split())) for line in lines]
        return ParallelText(tuple(lines), tuple(turned))

    corpus = Corpus("digits", "de", "en", part(1, 23), part(2, 9), part(3, 4))
    return prepare(corpus, **PLAIN.text_options())


class Steps:
    """What happens at the end of each training step of this process."""

    def __init__(self):
        self.acts = {}
        """By the number of the step, counted from 1."""
        self.generators = []
        """A digest of the random state of all processes after each step."""
        self._count = 0
        end = StepClock.on_train_batch_end

        def on_train_batch_end(clock, batch, logs=None):
            end(clock, batch, logs)
            self._count += 1
            arrays = kernels.random_state()
            digest = hashlib.sha256(b"".join(array.tobytes() for array in arrays))
            self.generators.append(digest.hexdigest())
            self.acts.get(self._count, lambda: None)()

        StepClock.on_train_batch_end = on_train_batch_end

    def begin(self, acts=None):
        """Counts from 1 again."""
        self.acts, self.generators, self._count = acts or {}, [], 0


@command_line(results_in_files=True)
def main(argv):
    folder, text = Path(argv[0]), prepared()
    # To compile one model more would take JAX longer than all trainings.
    noisy, whole = (PLAIN, "plain") if kernels.BACKEND == "jax" else (NOISY, "whole")
    with session():
        is_second = not kernels.processes.is_first()
        steps = Steps()

        def train(recipe, name):
            train_prepared(recipe, text, Run(folder / name), tokenize="none")

        train(PLAIN, "plain")
        steps.begin()
        if noisy is not PLAIN:
            train(noisy, whole)
        expected = steps.generators
        stop = {7: lambda: signal.raise_signal(signal.SIGTERM)}
        steps.begin(stop if is_second else {})
        try:
            train(noisy, "ended")
        except Interrupted as error:
            print(error, flush=True)
        steps.begin()
        train(noisy, "ended")
        there = steps.generators
        print("generators:", there == expected[-len(there) :], len(there), flush=True)
        end = {7: lambda: os.kill(os.getpid(), signal.SIGKILL)}
        steps.begin(end if is_second else {})
        train(noisy, "dead")


def several_devices(folder):
    """Trains on JAX's devices in this process, as `main` does in two processes.

    FOLDER/two is trained on two devices, FOLDER/split on four, two of which share the
    weights. FOLDER/two_ended and FOLDER/split_ended are stopped and go on.
    """
    folder, text, steps = Path(folder), prepared(), Steps()
    for name, options in {"two": (2,), "split": (4, 2)}.items():
        with session(*options):

            def train(name):
                train_prepared(PLAIN, text, Run(folder / name), tokenize="none")

            steps.begin()
            train(name)
            steps.begin({7: lambda: signal.raise_signal(signal.SIGTERM)})
            with contextlib.suppress(Interrupted):
                train(f"{name}_ended")
            steps.begin()
            train(f"{name}_ended")
