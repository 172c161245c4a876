"""Kills, damaged files, full disks, double starts: how often each went well.

    KERAS_BACKEND=torch python -m benchmarks.soak [--kills 20] [--faults 200]

Appends to results/benchmarks/faults.csv: backend, case, trials, passed.
"""

import argparse
import csv
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from keras_nmt import backends
from keras_nmt.errors import InputError
from keras_nmt.training.states import States

CHILD = """
import dataclasses, sys
from experiments import recipes, train
from keras_nmt.data import captions
from keras_nmt.training import resume

resume.SAVE_SECONDS = 0.0
recipe = dataclasses.replace(
    recipes.FULL_TRANSFORMER, epochs=4, batch_size=32, model_dim=32,
    intermediate_dim=64, max_length=14, shapes=((14, 14),),
)
recipes.RECIPES[recipe.name] = recipe
whole = captions.load()
first = lambda text, count: text.select(range(count))
small = dataclasses.replace(
    whole, train=first(whole.train, 800), validation=first(whole.validation, 80),
    test=first(whole.test, 4),
)
train.load_corpus = lambda *_: small
train.main([recipe.name, "--runs-dir", sys.argv[1]])
"""
HOLD = """
import pathlib, sys
from keras_nmt.training.lock import one_writer
with one_writer(pathlib.Path(sys.argv[1])):
    print("writer", flush=True)
    sys.stdin.read()
"""
TIMES = ("seconds", "tokens_per_second")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--starts", type=int, default=50)
    parser.add_argument(
        "--output", type=Path, default=Path("results/benchmarks/faults.csv")
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = soak(Path(folder), options)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    is_new = not options.output.exists()
    with options.output.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow(["backend", "case", "trials", "passed"])
        writer.writerows(results)


def soak(folder, options):
    """One row a case."""
    began = time.monotonic()
    whole = finish(folder / "whole")
    seconds = time.monotonic() - began
    trials = range(options.kills)
    faults, starts = range(options.faults), range(options.starts)
    cases = {
        "kill": [kill_once(folder / f"k{n}", seconds, n, whole) for n in trials],
        "kills in succession": [
            kill_again(folder / "again", seconds, options.kills, whole)
        ],
        "truncation": [damage(folder / "cut", cut, n) for n in faults],
        "bit flip": [damage(folder / "flip", flip, n) for n in faults],
        "disk full": [fill_disk(folder / "full", room) for room in range(0, 1000, 100)],
        "double start": [start_twice(folder / f"lock{n}") for n in starts],
    }
    rows = []
    for case, passed in cases.items():
        rows.append([backends.BACKEND, case, len(passed), sum(passed)])
        print(*rows[-1], flush=True)
    return rows


# === Kills ===


def start(runs_dir):
    command = [sys.executable, "-c", CHILD, str(runs_dir)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def finish(runs_dir):
    """Lets a run come to its end; what must not depend on interruptions."""
    if start(runs_dir).wait():
        return None
    (folder,) = runs_dir.glob("*/*/*")
    with (folder / "epochs.csv").open(encoding="utf-8", newline="") as file:
        rows = [[r[k] for k in r if k not in TIMES] for r in csv.DictReader(file)]
    weights = (
        folder / "checkpoints" / f"{name}.weights.h5" for name in ("best", "last")
    )
    return rows, *(path.read_bytes() for path in weights)


def kill_once(runs_dir, seconds, seed, whole):
    """Every fourth kill hits a write, the others anything."""
    kill(runs_dir, seconds, seed, inside_a_write=seed % 4 == 0)
    return finish(runs_dir) == whole


def kill_again(runs_dir, seconds, times, whole):
    for seed in range(times):
        kill(runs_dir, seconds, 1000 + seed, inside_a_write=False)
    return finish(runs_dir) == whole


def kill(runs_dir, seconds, seed, inside_a_write):
    process = start(runs_dir)
    deadline = time.monotonic() + random.Random(seed).uniform(0.3, 1.0) * seconds
    while process.poll() is None and time.monotonic() < deadline:
        if inside_a_write and list(runs_dir.glob("*/*/*/checkpoints/.unfinished.*")):
            break
        time.sleep(0.0 if inside_a_write else 0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()


# === Files ===


def cut(content, generator):
    return content[: generator.integers(len(content))]


def flip(content, generator):
    content = bytearray(content)
    content[generator.integers(len(content))] ^= 1 << generator.integers(8)
    return bytes(content)


def damage(folder, how, seed):
    """Whether a damaged newest state gives way to the one before, in words."""
    states = states_of_two_epochs(folder)
    generator = np.random.default_rng(seed)
    states.newest.write_bytes(how(states.newest.read_bytes(), generator))
    meta, _, complaint = states.load()
    return meta["epoch"] == 1 and bool(complaint)


def fill_disk(folder, room):
    """Whether a disk with room for so many bytes leaves the newest state."""
    states = states_of_two_epochs(folder)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        states.save({"epoch": 3}, [np.zeros(1000)])
    except InputError:
        return states.load()[0]["epoch"] == 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    return False


def states_of_two_epochs(folder):
    states = States(folder, {})
    for epoch in (1, 2):
        states.save({"epoch": epoch}, [np.arange(1000.0) * epoch])
    return states


def start_twice(path):
    """Whether one of two processes becomes the writer, and the other says who is."""
    command = [sys.executable, "-c", HOLD, path]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    processes = [subprocess.Popen(command, text=True, **pipes) for _ in range(2)]
    lines = [process.stdout.readline() for process in processes]
    errors = [process.communicate("")[1] for process in processes]
    if sorted(lines) != ["", "writer\n"]:
        return False
    writer = lines.index("writer\n")
    return f"process {processes[writer].pid} on " in errors[1 - writer]


if __name__ == "__main__":
    main()
