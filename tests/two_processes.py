"""One of two processes that train together, or one with several devices.

A process of a pair trains without dropout into FOLDER/plain and, on torch, with it into
FOLDER/whole. FOLDER/ended is stopped by a signal to process 1, and goes on. In the last
training process 1 kills itself. With "short" there is only FOLDER/plain, which is
stopped and goes on.
"""

import contextlib
import dataclasses
import hashlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from keras_nmt import kernels
from keras_nmt.corpora.corpus import Corpus, ParallelText
from keras_nmt.distributed.session import session
from keras_nmt.errors import Interrupted
from keras_nmt.preparation.in_memory import prepare
from keras_nmt.program.command_line import command_line
from keras_nmt.recipes.transformer import TransformerRecipe
from keras_nmt.run.runs import Run
from keras_nmt.train import train_prepared
from keras_nmt.training.states import read
from keras_nmt.training.step_clock import StepClock

ROOT = Path(__file__).parents[1]

# JAX compiles a step for each shape, which takes longer than the trainings.
PLAIN = TransformerRecipe(
    name="plain",
    system=None,
    epochs=2,
    batch_size=5,
    shapes=((10, 10),) if kernels.BACKEND == "jax" else ((6, 6), (10, 10)),
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


def stop():
    signal.raise_signal(signal.SIGTERM)


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


@command_line(results_in_files=True)
def main(argv):
    folder, text = Path(argv[0]), prepared()
    steps = Steps()
    # JAX compiles one model only.
    noisy, whole = (PLAIN, "plain") if kernels.BACKEND == "jax" else (NOISY, "whole")
    with session():
        is_second = not kernels.processes.is_first()

        def train(recipe, name, act=None):
            steps.begin({7: act} if act and is_second else {})
            train_prepared(recipe, text, Run(folder / name), tokenize="none")

        def stopped_and_continued(recipe, name):
            try:
                train(recipe, name, stop)
            except Interrupted as error:
                print(error, flush=True)
            train(recipe, name)

        if "short" in argv:
            stopped_and_continued(PLAIN, "plain")
            return
        train(PLAIN, "plain")
        if noisy is not PLAIN:
            train(noisy, whole)
        expected = steps.generators
        stopped_and_continued(noisy, "ended")
        there = steps.generators
        print("generators:", there == expected[-len(there) :], len(there), flush=True)
        train(noisy, "dead", kill)


def several_devices(folder, *words):
    """Trains on JAX's devices in this process, as `main` does in two processes.

    FOLDER/two is trained on two devices, FOLDER/split on four, two of which share the
    weights. FOLDER/two_ended and FOLDER/split_ended are stopped and go on, unless the
    words contain "short".
    """
    folder, text, steps = Path(folder), prepared(), Steps()

    def train(name, act=None):
        steps.begin({7: act} if act else {})
        train_prepared(PLAIN, text, Run(folder / name), tokenize="none")

    for name, options in {"two": (2,), "split": (4, 2)}.items():
        with session(*options):
            train(name)
            if "short" in words:
                continue
            with contextlib.suppress(Interrupted):
                train(f"{name}_ended", stop)
            train(f"{name}_ended")


# === Starting them ===


FRESH = """
import sys
from keras_nmt.program.environment import require

require()  # hides the other backends, whose imports take time
from tests import two_processes

two_processes.{function}
"""


def run_pair(folder, *words):
    """Runs two processes: what each wrote to stdout and stderr, and its exit code."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = str(found.getsockname()[1])
    common = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2"}
    code = FRESH.format(function="main(sys.argv[1:])")
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(folder), *words],
            env={**os.environ, **common, "RANK": str(rank)},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        told = [process.communicate(timeout=300) for process in started]
    finally:
        for process in started:
            process.kill()
    return told, [process.returncode for process in started]


def run_several_devices(folder, *words):
    """Runs `several_devices` in a process with four devices on its CPU."""
    flags = "--xla_force_host_platform_device_count=4"
    code = FRESH.format(function="several_devices(*sys.argv[1:])")
    subprocess.run(
        [sys.executable, "-c", code, str(folder), *words],
        env={**os.environ, "XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} {flags}"},
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def differing(folder, expected_folder):
    """The numbers of the arrays of two runs' states that differ in a bit.

    States of generators are left out: Keras draws from them for itself after an epoch's
    last step, and each epoch seeds them anew.
    """
    ended, whole = (
        read(place / "checkpoints/state")[1] for place in (folder, expected_folder)
    )
    pairs = zip(ended, whole, strict=True)
    return [
        number
        for number, (array, expected) in enumerate(pairs)
        if expected.dtype != "uint8" and array.tobytes() != expected.tobytes()
    ]
