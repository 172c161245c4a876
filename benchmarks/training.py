"""Times a training step of each recipe on each backend beside plain PyTorch.

    python -m benchmarks.training [--recipes NAME,...] [--backends tensorflow,...]
        [--rounds 9] [--steps 10] [--data-dir PATH] [--results-dir results/benchmarks]

The contenders of a recipe are processes that train in turn, a few steps a round;
`peer` is the same system in plain eager PyTorch (`benchmarks/peers`). Everything is
a median over the rounds, with the quartiles beside it. A ratio is the peer's time
per real target token (`<sos>` not counted) over ours in the same round: 2 is twice
as fast. `share_of_gemm` is the rate of the operations that a step needs
(`benchmarks/flops.py`) over the machine's best matrix product in float32
(`benchmarks/gemm.py`). A recipe that is another one with less work is timed in the
same rounds as that one, `compared_with`: `ratio_to_compared` is the other's time per
token over its own. `--recipes all` stands for every recipe in float32, `bfloat16`
for those that multiply in that type; the peer computes in float32 in both.

The text is Multi30k where --data-dir or KERAS_NMT_DATA names a copy, and made up to
the same lengths elsewhere.
"""

import argparse
import contextlib
import os
import sys
import tempfile
from pathlib import Path

import pandas as pd

from benchmarks import gemm
from benchmarks.contenders import (
    BACKENDS,
    Contender,
    chosen_backends,
    enter,
    interleave,
    quartiles,
)
from experiments.report.figures import save_figure
from experiments.report.speed import speed_figure
from keras_nmt.errors import InputError
from keras_nmt.files import write_whole
from keras_nmt.program.command_line import command_line

PEER = "peer"
OTHER = "other "
"""Before the name of a backend that trains the recipe compared with."""


@command_line
def main(argv=None):
    options = _parser().parse_args(argv)
    for option in ("rounds", "steps"):
        if getattr(options, option) < 1:
            raise InputError(f"--{option}: give a positive whole number")
    backends = chosen_backends(options.backends)
    library, ceiling = gemm.best_of_machine()
    print(f"best matrix product: {ceiling:.0f} GFLOP/s ({library})", flush=True)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        material = prepare(folder, options, backends[0])
        machine = {
            "gemm_gflops": round(ceiling, 1),
            "gemm_library": library,
            "cpus": os.cpu_count(),
            "data": material["data"],
        }
        for recipe, path in material["paths"].items():
            print(f"{recipe} ({material['data']})", flush=True)
            other, other_path = material["compared"].get(recipe, (None, None))
            times = measure(path, backends, options, other_path)
            new = summaries(times, ceiling, other)
            rows += [{"recipe": recipe, **row, **machine} for row in new]
            write(rows, options.results_dir)
            print(for_screen(new), flush=True)
    print(f"written: {options.results_dir}/training.csv and .png")


def prepare(folder, options, backend):
    """`training_data` in a process of its own, so that none of Keras stays here."""
    with Contender(
        "benchmarks.training_data",
        folder,
        options.data_dir,
        *options.recipes.split(","),
        KERAS_BACKEND=backend,
    ) as contender:
        return contender.greeting


def measure(path, backends, options, other_path=None):
    """`{contender: [reply, ...]}`, the warm-up's reply and then one a round.

    With the path of another recipe, that one's are there as well, named `OTHER` and
    the backend.

    Raises:
        InputError: ours and the peer are not the same size.
    """
    wanted = {backend: (backend, path) for backend in backends}
    if other_path:
        wanted |= {OTHER + backend: (backend, other_path) for backend in backends}
    with contextlib.ExitStack() as stack:
        contenders = {
            name: enter(
                stack, name, "benchmarks.train_keras_nmt", where, KERAS_BACKEND=backend
            )
            for name, (backend, where) in wanted.items()
        }
        contenders[PEER] = enter(stack, PEER, "benchmarks.train_peer", path)
        contenders = {name: c for name, c in contenders.items() if c is not None}
        parameters = {name: c.greeting["parameters"] for name, c in contenders.items()}
        if len(set(parameters.values())) > 1:
            raise InputError(f"these are not the same system: parameters {parameters}")
        request = {"steps": options.steps}
        replies = interleave(
            {name: (c, request) for name, c in contenders.items()}, options.rounds
        )
        return {name: [c.greeting, *replies[name]] for name, c in contenders.items()}


def summaries(times, ceiling, other=None):
    """One row a contender of the recipe.

    Args:
        times: what `measure` gave.
        ceiling: the best rate in GFLOP/s.
        other: the name of the other recipe, if there was one.
    """
    costs = {name: seconds_per_token(replies) for name, replies in times.items()}
    rows = []
    for name, (greeting, *replies) in times.items():
        if name.startswith(OTHER):
            continue
        per_token = costs[name]
        row = {
            "contender": name,
            "parameters": greeting["parameters"],
            "device": greeting["device"],
            "rounds": len(replies),
            "steps": replies[0]["steps"],
            **quartiles("step_ms", [1e3 * r["seconds"] / r["steps"] for r in replies]),
            **quartiles("token_us", [1e6 * seconds for seconds in per_token]),
            "tokens_per_second": round(1 / quartiles("x", per_token)["x"], 1),
            **quartiles("gflops", [1e-9 * r["flops"] / r["seconds"] for r in replies]),
            "warm_up_seconds": round(greeting["seconds"], 2),
        }
        row["share_of_gemm"] = round(row["gflops"] / ceiling, 4)
        if PEER in costs:
            row |= quartiles("ratio_to_peer", ratios(costs[PEER], per_token))
        if OTHER + name in costs:
            row["compared_with"] = other
            faster = ratios(costs[OTHER + name], per_token)
            row |= quartiles("ratio_to_compared", faster)
        rows.append(row)
    return rows


def seconds_per_token(replies):
    """Of each round; the first reply is the warm-up's."""
    return [reply["seconds"] / reply["tokens"] for reply in replies[1:]]


def ratios(theirs, ours):
    return [their / our for their, our in zip(theirs, ours, strict=True)]


def write(rows, results_dir):
    """The table and its figure, after every recipe, so that a break costs one."""
    table = pd.DataFrame(rows)
    csv = table.to_csv(index=False, lineterminator="\n")
    write_whole(results_dir / "training.csv", csv)
    if "ratio_to_peer" in table:
        save_figure(speed_figure(table), results_dir / "training")


def for_screen(rows):
    columns = ["contender", "step_ms", "token_us", "share_of_gemm", "ratio_to_peer"]
    columns += ["compared_with", "ratio_to_compared"]
    table = pd.DataFrame(rows)
    return table[[name for name in columns if name in table]].to_string(index=False)


def _parser():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--recipes", default="all", help="names with commas")
    parser.add_argument("--backends", default=",".join(BACKENDS))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--steps", type=int, default=10, help="of one round")
    parser.add_argument(
        "--data-dir",
        default=os.environ.get("KERAS_NMT_DATA", ""),
        help="local copy of Multi30k",
    )
    parser.add_argument("--results-dir", type=Path, default=Path("results/benchmarks"))
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
