"""Runs that are killed, stopped and repeated, each a process of its own.

The processes are forked from one that has imported everything and touched no backend
yet, since importing takes longer than the training.
"""

import csv
import dataclasses
import functools
import gc
import os
import random
import shutil
import signal
import time

from experiments import recipes, train
from keras_nmt.corpora import captions
from keras_nmt.corpora import options as corpus_options
from keras_nmt.preparation.in_memory import prepare
from keras_nmt.run import writing as run_folder
from keras_nmt.training import resume, states

LENGTH = 14
SIZES = {
    "embedding_dim": 8,
    "hidden_dim": 8,
    "model_dim": 8,
    "key_dim": 4,
    "intermediate_dim": 16,
    "max_positions": 24,
}
TIMES = ("seconds", "tokens_per_second")
KINDS = ("inside a write", "in the last files", "in an epoch", "at random")
"""What a kill hits, by turns."""


def small(recipe, **changes):
    """A recipe of seconds, with chance in every step of it."""
    fields = {field.name for field in dataclasses.fields(recipe)}
    sizes = {name: size for name, size in SIZES.items() if name in fields}
    short = {"max_length": LENGTH, "shapes": ((LENGTH, LENGTH),), "dropout": 0.2}
    sizes |= {"epochs": 3, "batch_size": 32, "visible_padding": LENGTH, **short}
    return dataclasses.replace(recipe, **{**sizes, **changes})


ONE = small(recipes.ENCODER_ONLY)
TWO = small(recipes.ENCODER_ONLY, name="another", dropout=0.4, batch_size=16)


def start(runs_dir, *chosen, variables=None):
    """The process number of a training that saves its state after each step.

    Args:
        variables: of its environment, besides those of this process.
    """
    _text()
    process = os.fork()
    if not process:
        os.environ.update(variables or {})
        try:
            _train(runs_dir, chosen)
            os._exit(0)
        except SystemExit as end:
            os._exit(end.code or 0)
        finally:
            os._exit(1)
    return process


def _train(runs_dir, chosen):
    for descriptor in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
    resume.SAVE_SECONDS = 0.0
    for recipe in chosen:
        recipes.RECIPES[recipe.name] = recipe
    corpus_options.load_corpus = lambda *_: _text()
    run_folder.score = lambda *_, **__: {}  # a second of resampling proves nothing here
    train.main([*(recipe.name for recipe in chosen), "--runs-dir", str(runs_dir)])


@functools.cache
def _text():
    """A few sentences, cut into words; the same for every process."""
    whole = captions.load()
    text = dataclasses.replace(
        whole,
        train=whole.train.select(range(320)),
        validation=whole.validation.select(range(64)),
        test=whole.test.select(range(2)),
    )
    prepare(text, **ONE.text_options())
    gc.collect()
    gc.freeze()  # Keras collects garbage when a training begins
    return text


def finish(runs_dir, *chosen):
    """Lets runs come to their end; what must not depend on interruptions."""
    process, status = os.waitpid(start(runs_dir, *chosen), 0)
    if status:
        return f"process {process} ended with status {status}"  # equal to no other
    return lasting(runs_dir)


def lasting(runs_dir):
    """What runs leave that must not depend on interruptions."""
    return [_lasting(folder) for folder in sorted(runs_dir.glob("*/*/*"))]


def _lasting(folder):
    with (folder / "epochs.csv").open(encoding="utf-8", newline="") as file:
        rows = [[r[k] for k in r if k not in TIMES] for r in csv.DictReader(file)]
    names = "best.weights.h5", "translator.json"
    files = [(folder / "checkpoints" / name).read_bytes() for name in names]
    files.append((folder / "translations.tsv").read_bytes())
    _, arrays = states.read(folder / "checkpoints/state")  # with times in its log
    return rows, files, [array.tobytes() for array in arrays]


# === Kills ===


def kill_once(runs_dir, seconds, seed, whole):
    """Whether one kill, of the kind that is its turn, changes nothing."""
    for attempt in range(1, 10):
        if kill(runs_dir, seconds / attempt, seed, KINDS[seed % len(KINDS)], ONE):
            return finish(runs_dir, ONE) == whole
        shutil.rmtree(runs_dir)  # it came too late
    return False


def kill_again(runs_dir, seconds, times, whole):
    """Whether many kills of one run of two recipes change nothing."""
    for seed in range(times):
        kill(runs_dir, seconds, 1000 + seed, "at random", ONE, TWO)
    return finish(runs_dir, ONE, TWO) == whole


def kill(runs_dir, seconds, seed, kind, *chosen, number=signal.SIGKILL):
    """Starts a training and ends it by a signal; tells whether it was in time."""
    process = start(runs_dir, *chosen)
    chance = random.Random(seed)
    deadline = time.monotonic() + chance.uniform(0.1, 0.9) * seconds
    if kind != "at random":
        deadline += 10 * seconds
    wait = {"inside a write": 0.0, "in the last files": 0.5, "in an epoch": 0.3}
    while os.waitpid(process, os.WNOHANG) == (0, 0):
        if _is_there(runs_dir, kind):
            time.sleep(chance.random() * wait[kind])
            break
        if time.monotonic() > deadline:
            break
        time.sleep(0.002)
    else:
        return False
    os.kill(process, number)
    os.waitpid(process, 0)
    return True


def _is_there(runs_dir, kind):
    patterns = {
        "inside a write": "checkpoints/.unfinished.*",
        "in the last files": "translations.tsv",
        "in an epoch": "checkpoints/state",
    }
    return kind in patterns and any(runs_dir.glob(f"*/*/*/{patterns[kind]}"))


def stop_and_go_on(runs_dir, name, number):
    """Whether a recipe that a signal stopped at its first state ends as if unstopped.

    Also whether it left within ten seconds with the signal's own exit code.
    """
    recipe = small(recipes.RECIPES[name], epochs=2)
    whole = finish(runs_dir / "whole", recipe)
    process = start(runs_dir / "stopped", recipe)
    while not _is_there(runs_dir / "stopped", "in an epoch"):
        time.sleep(0.01)
    os.kill(process, number)
    began = time.monotonic()
    _, status = os.waitpid(process, 0)
    if os.waitstatus_to_exitcode(status) != 128 + number:
        return False
    in_time = time.monotonic() - began < 10
    return in_time and finish(runs_dir / "stopped", recipe) == whole
