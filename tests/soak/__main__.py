"""Kills, damaged files and texts, full disks, double starts: how often each went well.

    KERAS_BACKEND=torch python -m tests.soak [--only kills] [--kills 20] ...

Writes this backend's rows of results/benchmarks/faults.csv: backend, case, trials,
passed, and a figure where there is one.
"""

import argparse
import csv
import io
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import check_costs
from experiments import recipes
from keras_nmt import kernels
from keras_nmt.files import write_whole
from keras_nmt.run.checkpoints import TRANSLATOR, WEIGHTS
from tests.soak import (
    damaged_files,
    damaged_text,
    killed_pairs,
    killed_preparation,
    killed_runs,
    several_devices,
)

COLUMNS = ("backend", "case", "trials", "passed", "note")
MOST = 0.03
"""Share of training that the checks of a run may cost."""

HOLD = """
import pathlib, sys
from keras_nmt.training.lock import one_writer
with one_writer(pathlib.Path(sys.argv[1])):
    print("writer", flush=True)
    sys.stdin.read()
"""


def main():
    options = _parser().parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _cache_what_jax_compiles(f"{folder}/jax")
        for case, passed, *note in soak(Path(folder), options):
            row = (kernels.BACKEND, case, len(passed), sum(passed), *(note or [""]))
            print(*row, flush=True)
            record(options.output, row)


def soak(folder, options):
    """Pairs of a case and what its trials came to."""
    for name, group in GROUPS.items():
        if not options.only or name in options.only:
            yield from group(folder, options)


def kills(folder, options):
    one, two = killed_runs.ONE, killed_runs.TWO
    killed_runs.finish(folder / "warm", one, two)
    began = time.monotonic()
    whole = killed_runs.finish(folder / "whole", one)
    seconds = time.monotonic() - began
    again = [killed_runs.finish(folder / f"again{n}", one) == whole for n in (1, 2)]
    yield "run repeated, bit-equal", again
    for kind, name in enumerate(killed_runs.KINDS):
        turns = range(kind, options.kills, len(killed_runs.KINDS))
        yield (
            f"kill {name}",
            [killed_runs.kill_once(folder / f"k{n}", seconds, n, whole) for n in turns],
        )
    both = killed_runs.finish(folder / "both", one, two)
    many = killed_runs.kill_again(folder / "many", seconds, options.kills, both)
    yield f"{options.kills} kills in succession, two recipes", [many]


def pairs(folder, options):
    if kernels.BACKEND == "jax":
        yield "two processes, stopped and killed", several_devices.pair(folder / "two")
        yield "several devices, stopped", several_devices.devices(folder / "several")
    if kernels.BACKEND != "torch":
        return
    began = time.monotonic()
    whole = killed_pairs.finish(folder / "whole_pair")
    seconds = time.monotonic() - began
    place, kills = folder / "killed_pair", options.kills // 2
    passed = killed_pairs.kill_again(place, seconds, kills, whole)
    yield f"{kills} kills of one of two processes, the other ends, same bits", passed


def signals(folder, options):
    for name in recipes.WRITEUP:
        number = (signal.SIGINT, signal.SIGTERM)[len(name) % 2]
        well = killed_runs.stop_and_go_on(folder / name, name, number)
        yield f"{number.name} and resume, {name}", [well]


def preparations(folder, options):
    for seed in range(2):
        place = folder / f"prepared{seed}"
        well = killed_preparation.kill_again(place, options.kills // 2, seed)
        yield f"prepare, {options.kills // 2} kills, seed {seed}", [well]


def starts(folder, options):
    trials = range(options.starts)
    yield "double start", [start_twice(folder / f"lock{n}") for n in trials]


def studies(folder, options):
    words = ["-m", "tests.soak.killed_trials", str(folder / "study")]
    done = subprocess.run([sys.executable, *words, "--kills", "10"])
    yield "10 kills of workers, a study of 30 trials", [done.returncode == 0]


def files(folder, options):
    trials = range(options.faults)
    for how in (damaged_files.cut, damaged_files.flip):
        name = {"cut": "truncation", "flip": "bit flip"}[how.__name__]
        state = [damaged_files.state(folder / name, how, n) for n in trials]
        yield f"{name} of a state", state
        for file in (WEIGHTS, TRANSLATOR):
            passed = [damaged_files.run(folder / "run", file, how, n) for n in trials]
            yield f"{name} of {file}", passed
    for what in ("state", "weights", "table"):
        full = getattr(damaged_files, f"full_for_{what}")
        yield f"disk full, {what}", [full(folder / what, n) for n in range(10)]
    cases = damaged_files.HOSTILE
    yield "hostile file", [damaged_files.hostile(folder / "run", x) for x in cases]


def texts(folder, options):
    trials = range(options.texts)
    yield "damaged corpus", [damaged_text.survives(folder / "text", n) for n in trials]


def costs(folder, options):
    share = check_costs.share(folder / "costs")
    yield f"checks cost under {MOST:.0%} of training", [share < MOST], f"{share:.2%}"


# No process may be forked any more when a backend has begun to compute.
GROUPS = {
    group.__name__: group
    for group in (
        kills,
        pairs,
        signals,
        preparations,
        studies,
        starts,
        texts,
        files,
        costs,
    )
}


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


def record(path, row):
    """Puts a row in the place of that of the same backend and case."""
    rows = []
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            _, *rows = csv.reader(file)
    rows = [old for old in rows if tuple(old[:2]) != row[:2]] + [list(map(str, row))]
    order = {"tensorflow": 0, "jax": 1, "torch": 2}
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(sorted(rows, key=lambda old: order[old[0]]))
    write_whole(path, table.getvalue())


def _cache_what_jax_compiles(folder):
    """Every process compiles the same programs; that is not what is tried here."""
    if kernels.BACKEND == "jax":
        import jax

        jax.config.update("jax_compilation_cache_dir", folder)
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)


def _parser():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("--kills", type=int, default=20)
    add("--faults", type=int, default=200, help="cut files, and as many altered ones")
    add("--starts", type=int, default=50)
    add("--texts", type=int, default=2000)
    add("--only", nargs="+", choices=list(GROUPS))
    add("--output", type=Path, default=Path("results/benchmarks/faults.csv"))
    return parser


if __name__ == "__main__":
    main()
