"""How time and memory of preparing and training grow with the number of pairs.

    KERAS_BACKEND=torch python -m benchmarks.any_size FOLDER \\
        --pairs 30000 500000 5000000 --processes 1 2 4

Writes the text of `benchmarks.many_captions` to FOLDER, prepares it for `transformer`
and begins to train on it, each in a process of its own. Rows of any_size.csv:

- `prepare`: the whole command, without imports of this process;
- `start`: opening the prepared folder, with all checksums, and ordering an epoch;
- `order`: ordering another epoch;
- `feed`: making a batch; `step`: training on it. `share` is feed by step.

`cpu_seconds` are those of all processes together, which a busy machine changes less
than `seconds`; `own_cpu_seconds` those of the process that reads the text and writes
the files. `peak_mib` is the peak of the resident memory of that process, and those of
the processes that encode added to it. Pages of mapped files count, which the system
takes back when it needs them; `anonymous_mib` is without these, at the end. `disk_mib`
is the size of the prepared folder.

The figure beside the table, and the tables of docs/how-cost-grows.md, are made of the
table: `python -m benchmarks.any_size_page` does it alone.
"""

import argparse
import contextlib
import csv
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

from benchmarks import any_size_page, many_captions

COLUMNS = (
    *("pairs", "what", "processes", "seconds", "cpu_seconds", "own_cpu_seconds"),
    *("pairs_per_cpu_second", "peak_mib", "anonymous_mib", "disk_mib", "share", "cpus"),
)
STEPS = 5


def main():
    options = _parser().parse_args()
    if options.one:
        print(json.dumps(ONE[options.one](options.folder, options.processes)))
        return
    for pairs in options.pairs:
        folder = options.folder / str(pairs)
        if not (folder / "text/test.en").exists():
            many_captions.write(folder / "text", "train", pairs, 0)
            for part, seed in (("val", 1), ("test", 2)):
                many_captions.write(folder / "text", part, many_captions.HELD_OUT, seed)
        for processes in options.processes:
            for what in options.only:
                # Training does not depend on how many processes prepared.
                if what == "prepare" or processes == options.processes[0]:
                    rows = _measured(what, folder, processes)
                    record(options.output, pairs, rows)
    any_size_page.write(options.output, any_size_page.PAGE)


def _measured(what, folder, processes):
    command = [sys.executable, "-m", "benchmarks.any_size", folder, "--one", what]
    command += ["--processes", str(processes)]
    output = subprocess.check_output(command, text=True)
    print(output.splitlines()[-1], flush=True)
    return json.loads(output.splitlines()[-1])


def prepare(folder, processes):
    from keras_nmt.corpora.sources import find_sources
    from keras_nmt.preparation.prepare import prepare_folder
    from keras_nmt.recipes.own import TRANSFORMER

    clock, out = _Clock(), folder / f"prepared{processes[0]}"
    sources = find_sources(folder / "text")
    with _Children() as children:
        prepare_folder(
            sources,
            out,
            TRANSFORMER.text_options(),
            *(processes[0], True, lambda line: None),
        )
    row = {"what": "prepare", "processes": processes[0], **clock.read()}
    row["peak_mib"] += sum(children.peaks.values())
    files = sum(path.stat().st_size for path in out.iterdir())
    return [{**row, "disk_mib": files / 2**20}]


def train(folder, processes):
    from keras_nmt import kernels
    from keras_nmt.preparation.stored import open_prepared
    from keras_nmt.recipes.own import TRANSFORMER
    from keras_nmt.text.batching import TranslationBatches
    from keras_nmt.train import compiled

    clock = _Clock()
    prepared = open_prepared(folder / f"prepared{processes[0]}")
    batches = TranslationBatches(
        prepared.pairs["train"], **TRANSFORMER.batch_options(), seed=0
    )
    start = {"what": "start", **clock.read()}
    clock = _Clock()
    batches.set_epoch(1)
    order = {"what": "order", **clock.read()}
    model = compiled(TRANSFORMER, prepared.sizes, 0)
    feeds, steps = [], []
    with kernels.products_in(TRANSFORMER.precision):
        for index in range(STEPS):
            clock = _Clock()
            batch = batches[index]
            feeds.append(clock.read())
            clock = _Clock()
            model.train_on_batch(*batch)
            kernels.sync(model)
            steps.append(clock.read())
    feed, step = (
        {x: statistics.median(one[x] for one in many) for x in many[0]}
        for many in (feeds, steps)
    )
    share = feed["cpu_seconds"] / step["cpu_seconds"]
    feed, step = {"what": "feed", "share": share, **feed}, {"what": "step", **step}
    return [start, order, feed, step]


ONE = {"prepare": prepare, "train": train}


class _Clock:
    """Time since it was made, and the memory of this process."""

    def __init__(self):
        self._wall = time.perf_counter()
        self._own, self._cpu = time.process_time(), self._spent()

    def _spent(self):
        # Of this process with more digits than `os.times` has.
        return time.process_time() + sum(os.times()[2:4])

    def read(self):
        return {
            "seconds": time.perf_counter() - self._wall,
            "cpu_seconds": self._spent() - self._cpu,
            "own_cpu_seconds": time.process_time() - self._own,
            "peak_mib": _memory("self", "VmHWM"),
            "anonymous_mib": _memory("self", "RssAnon"),
        }


class _Children:
    """The peak memory of each process that this one starts, in `peaks`."""

    def __init__(self):
        self.peaks, self._over = {}, threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._over.set()
        self._thread.join()

    def _watch(self):
        while not self._over.wait(0.2):
            for child in multiprocessing.active_children():
                with contextlib.suppress(OSError, KeyError):
                    self.peaks[child.pid] = _memory(child.pid, "VmHWM")


def _memory(process, name):
    """MiB, of Linux; the peak that the system tells of a child counts its parent's."""
    text = Path(f"/proc/{process}/status").read_text()
    lines = dict(line.split(":", 1) for line in text.splitlines())
    return int(lines[name].split()[0]) / 1024


def record(path, pairs, rows):
    """Puts rows in the place of those of the same size, subject and processes."""
    cpus = len(os.sched_getaffinity(0))
    there = []
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            there = [*csv.DictReader(file)]
    for row in rows:
        row |= {"pairs": pairs, "cpus": cpus}
        row.setdefault("processes", 1)
        if row["what"] == "prepare":
            row["pairs_per_cpu_second"] = pairs / row["cpu_seconds"]
        row = {name: _shown(value) for name, value in row.items()}
        there = [x for x in there if _key(x) != _key(row)] + [row]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(there)


def _shown(value):
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _key(row):
    return tuple(row[name] for name in ("pairs", "what", "processes"))


def _parser():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("folder", type=Path)
    add("--pairs", type=int, nargs="+", default=[30_000, 500_000])
    add("--processes", type=int, nargs="+", default=[1])
    add("--only", nargs="+", choices=(*ONE,), default=(*ONE,))
    add("--one", choices=(*ONE,), help=argparse.SUPPRESS)
    add("--output", type=Path, default=Path("results/benchmarks/any_size.csv"))
    return parser


if __name__ == "__main__":
    main()
