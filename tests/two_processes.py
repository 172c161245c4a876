"""One of two processes that train together; `test_distributed.py` starts both.

It trains without dropout into FOLDER/plain and with it into FOLDER/whole. FOLDER/ended
is stopped by a signal to process 1, and goes on. In the last training process 1 kills
itself.
"""

import dataclasses
import os
import signal
from pathlib import Path

from keras_nmt import kernels
from keras_nmt.corpora.corpus import Corpus, ParallelText
from keras_nmt.distributed.session import session
from keras_nmt.errors import Interrupted
from keras_nmt.preparation.in_memory import prepare
from keras_nmt.program.command_line import command_line
from keras_nmt.recipes.own import TRANSFORMER
from keras_nmt.run.runs import Run
from keras_nmt.train import train_prepared
from keras_nmt.training.step_clock import StepClock

PLAIN = dataclasses.replace(
    TRANSFORMER,
    name="plain",
    epochs=2,
    tokenizer="words",
    tied="none",
    batch_tokens=0,
    batch_size=5,
    shapes=((6, 6), (10, 10)),
    max_length=10,
    max_positions=10,
    min_frequency=1,
    schedule="constant",
    warmup_steps=0,
    encoder_layers=1,
    decoder_layers=1,
    num_heads=2,
    model_dim=8,
    intermediate_dim=16,
    validation_bleu_every=1,
    dropout=0.0,
    attention_dropout=0.0,
    activation_dropout=0.0,
    embedding_dropout=0.0,
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


def at_step(number, act):
    """Calls `act` after a step of this process, counted from now."""
    steps = iter(range(1, 10**6))
    end = StepClock.on_train_batch_end

    def heed(self, batch, logs=None):
        end(self, batch, logs)
        if next(steps) == number:
            act()

    StepClock.on_train_batch_end = heed


@command_line(results_in_files=True)
def main(argv):
    folder, text = Path(argv[0]), prepared()
    with session():
        is_second = not kernels.processes.is_first()

        def train(recipe, name):
            train_prepared(recipe, text, Run(folder / name), tokenize="none")

        train(PLAIN, "plain")
        train(NOISY, "whole")
        if is_second:
            at_step(7, lambda: signal.raise_signal(signal.SIGTERM))
        try:
            train(NOISY, "ended")
        except Interrupted as error:
            print(error, flush=True)
        train(NOISY, "ended")
        if is_second:
            at_step(7, lambda: os.kill(os.getpid(), signal.SIGKILL))
        train(NOISY, "dead")
