"""Times a trained full transformer's translations beside PyTorch and CTranslate2.

    python -m benchmarks.decoding [RUN_DIR] [--backends tensorflow,...] [--rounds 5]
        [--starts 3] [--results-dir results/benchmarks]

Every contender translates all raw lines of the run's test set, in turn, from ids to
ids, in batches of 128, greedily and with a beam of 4: ours on each backend, `peer`
greedily with the same weights in plain eager PyTorch (`benchmarks/peers`), and
`ctranslate2` the run's export in float32, with a worker of one thread for each core.
Before that each must say what the peer says on 99.9% of the lines, or it is not timed.

Medians over the rounds, with quartiles beside them; ratios are taken within a
round. `beam_cost` is the time of the beam over that of greedy search, `of_fastest`
a rate over the best backend's, `ratio_to_engine` over that of CTranslate2.
`alone_ms` are the milliseconds of a single sentence, the median of the first 50 lines
once their shapes are compiled, and `start_seconds` goes from the start of
`python -m keras_nmt translate` to its first translation.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.contenders import (
    BACKENDS,
    Contender,
    chosen_backends,
    enter,
    interleave,
    quartiles,
)
from keras_nmt.errors import InputError
from keras_nmt.files import write_whole
from keras_nmt.program.command_line import command_line

PEER = "peer"
ENGINE = "ctranslate2"
SEARCHES = ("greedy", "beam")
ALONE = 50
"""Sentences that are translated one by one."""
RUN_DIR = Path("results/runs/multi30k/full_transformer/tensorflow-seed0")
AGREEMENT = 0.999


@command_line
def main(argv=None):
    options = _parser().parse_args(argv)
    for option in ("rounds", "starts"):
        if getattr(options, option) < 1:
            raise InputError(f"--{option}: give a positive whole number")
    backends = chosen_backends(options.backends)
    with tempfile.TemporaryDirectory() as folder:
        lines = prepare(options.run_dir, folder, backends[0])
        starts = {b: start_seconds(options, b, lines[0]) for b in backends}
        with contextlib.ExitStack() as stack:
            entrants = enter_all(stack, options.run_dir, folder, backends)
            agreements = agree(entrants)
            entrants = {key: entrants[key] for key in agreements}
            replies = interleave(entrants, options.rounds)
            alone = one_by_one(entrants)
    seconds = {key: [r["seconds"] for r in replies[key]] for key in replies}
    rows = summaries(seconds, len(lines), agreements, starts, alone)
    weights = "/".join(options.run_dir.resolve().parts[-3:])
    table = pd.DataFrame(rows).assign(weights=weights)
    csv = table.to_csv(index=False, lineterminator="\n")
    path = write_whole(options.results_dir / "decoding.csv", csv)
    columns = [name for name in table if not name.endswith(("_q1", "_q3"))]
    print(table[columns].to_string(index=False, na_rep=""))
    print(f"written: {path}")


def prepare(run_dir, folder, backend):
    """Writes what is translated to the folder; the raw lines."""
    arguments = run_dir, folder
    with Contender(
        "benchmarks.decoding_data", *arguments, KERAS_BACKEND=backend
    ) as contender:
        return contender.greeting["lines"]


def start_seconds(options, backend, line):
    """Seconds from the start of a process to its first translation; None if it fails.

    The median of several starts: the first one finds the disk cold.
    """
    seconds = []
    for _ in range(options.starts):
        began = time.perf_counter()
        with subprocess.Popen(
            [sys.executable, "-m", "keras_nmt", "translate", options.run_dir],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "KERAS_BACKEND": backend},
            encoding="utf-8",
        ) as program:
            print(line, file=program.stdin, flush=True)
            program.stdin.close()
            if not program.stdout.readline():
                return None
            seconds.append(time.perf_counter() - began)
    return round(float(np.median(seconds)), 2)


def enter_all(stack, run_dir, folder, backends):
    """`{(contender, search): (process, request)}` of all that came up."""
    module = "benchmarks.translate_keras_nmt"
    entrants = {}
    for backend in backends:
        ours = enter(stack, backend, module, run_dir, folder, KERAS_BACKEND=backend)
        if ours is not None:
            for search in SEARCHES:
                entrants[backend, search] = ours, {"search": search}
    engine = enter(stack, ENGINE, "benchmarks.translate_ctranslate2", run_dir, folder)
    if engine is not None:
        for search in SEARCHES:
            entrants[ENGINE, search] = engine, {"search": search}
    peer = enter(stack, PEER, "benchmarks.translate_peer", folder)
    if peer is not None:
        entrants[PEER, "greedy"] = peer, {}
    return entrants


def agree(entrants):
    """Warms all up; on what share of the lines each says what the peer does.

    Those that say something else too often are left out, a line on stderr for each.
    A beam is compared with nobody, and nobody is where there is no peer.
    """
    said = {
        key: c.ask(**request)["hypotheses"] for key, (c, request) in entrants.items()
    }
    expected = said.get((PEER, "greedy"))
    agreements = {}
    for (name, search), hypotheses in said.items():
        agreement = None
        if search == "greedy" and expected is not None:
            same = [a == b for a, b in zip(hypotheses, expected, strict=True)]
            agreement = float(np.mean(same))
            if agreement < AGREEMENT:
                where = f"on {agreement:.2%} of the lines; not timed"
                print(f"{name}: says what the peer says {where}", file=sys.stderr)
                continue
        agreements[name, search] = agreement
    return agreements


def one_by_one(entrants):
    """Milliseconds of a sentence alone, greedily: `{contender: the median}`."""
    found = {}
    for (name, search), (contender, request) in entrants.items():
        if search == "greedy" and name != PEER:
            answer = contender.ask(**request, alone=ALONE)
            found[name] = round(float(np.median(answer["milliseconds"])), 2)
    return found


def summaries(seconds, sentences, agreements, starts, alone):
    """One row a contender and search.

    Args:
        seconds: `{(contender, search): [seconds of a round, ...]}`.
        sentences: how many are translated in a round.
        alone: `{contender: milliseconds}` of a sentence alone.
    """
    rows = []
    for (name, search), times in seconds.items():
        times = np.array(times)
        row = {
            "contender": name,
            "search": search,
            "sentences": sentences,
            "rounds": len(times),
            **quartiles("sentences_per_second", sentences / times),
            "same_as_peer": agreements[name, search],
            "start_seconds": starts.get(name),
            "cpus": os.cpu_count(),
        }
        if search == "greedy" and (PEER, "greedy") in seconds:
            row |= quartiles("ratio_to_peer", seconds[PEER, "greedy"] / times)
        if search == "beam" and (name, "greedy") in seconds:
            row |= quartiles("beam_cost", times / seconds[name, "greedy"])
        if name in BACKENDS:
            row["of_fastest"] = round(fastest(seconds, search) / np.median(times), 4)
        if (ENGINE, search) in seconds:
            row |= quartiles("ratio_to_engine", seconds[ENGINE, search] / times)
        if search == "greedy":
            row["alone_ms"] = alone.get(name)
        rows.append(row)
    return rows


def fastest(seconds, search):
    """The median time of the best backend."""
    return min(
        np.median(times)
        for (name, kind), times in seconds.items()
        if kind == search and name in BACKENDS
    )


def _parser():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("run_dir", type=Path, nargs="?", default=RUN_DIR)
    parser.add_argument("--backends", default=",".join(BACKENDS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--starts", type=int, default=3, help="of a fresh process")
    parser.add_argument("--results-dir", type=Path, default=Path("results/benchmarks"))
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
