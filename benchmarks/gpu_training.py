"""Times training on a GPU beside plain PyTorch, eager and compiled.

    python -m benchmarks.gpu_training [--recipes NAME,...] [--rounds 5] [--steps 30]
        [--precisions float32,bfloat16] [--results-dir results/benchmarks/gpu]

The contenders of a recipe start at the same time, which saves minutes, and then train
in turn: ours on JAX and torch, and the peer (`benchmarks/peers`), eager and by
`torch.compile`; each in float32 and in bfloat16, the peer by `torch.autocast`. Medians
over the rounds, with quartiles; a ratio is that to the eager peer of the same precision
in the same round, 2 is twice as fast. `memory_mb` is the most of the GPU's memory that
the process had in use. training.csv gets the rows of one recipe after the other.
"""

import argparse
import concurrent.futures
import contextlib
import os
import sys
import tempfile
from pathlib import Path

import pandas as pd

from benchmarks.contenders import enter, interleave, quartiles
from benchmarks.training import prepare, ratios, seconds_per_token
from keras_nmt.files import write_whole
from keras_nmt.program.command_line import command_line

RECIPES = "lstm_attention,encoder_only,full_transformer,full_transformer_best"
OURS, PEER = "benchmarks.train_keras_nmt", "benchmarks.train_peer"
CONTENDERS = {
    "jax": (OURS, [], {"KERAS_BACKEND": "jax"}),
    "torch": (OURS, [], {"KERAS_BACKEND": "torch"}),
    "peer": (PEER, [], {}),
    "peer compiled": (PEER, ["compiled"], {}),
}
"""Module, further arguments and variables of each."""


@command_line
def main(argv=None):
    options = _parser().parse_args(argv)
    names, precisions = options.recipes.split(","), options.precisions.split(",")
    # Several processes share the GPU's memory.
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    options.recipes = ",".join(
        recipe_name(name, precision) for name in names for precision in precisions
    )
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        material = prepare(folder, options, "jax")
        for name in names:
            paths = {
                precision: material["paths"][recipe_name(name, precision)]
                for precision in precisions
            }
            new = summaries(measure(paths, options))
            rows += [{"recipe": name, **row, "data": material["data"]} for row in new]
            table = pd.DataFrame(rows)
            csv = table.to_csv(index=False, lineterminator="\n")
            write_whole(options.results_dir / "training.csv", csv)
            shown = [x for x in table if not x.endswith(("_q1", "_q3"))]
            print(pd.DataFrame(new)[shown[1:-1]].to_string(index=False), flush=True)
    print(f"written: {options.results_dir}/training.csv")


def recipe_name(name, precision):
    return name if precision == "float32" else f"{name}_{precision}"


def measure(paths, options):
    """`{(contender, precision): [greeting, reply, ...]}` of those that came up."""
    keys = [(name, precision) for precision in paths for name in CONTENDERS]
    with contextlib.ExitStack() as stack:

        def start(key):
            name, precision = key
            module, arguments, variables = CONTENDERS[name]
            if module == PEER and precision != "float32":
                arguments = [*arguments, precision]
            return enter(
                stack, " ".join(key), module, paths[precision], *arguments, **variables
            )

        with concurrent.futures.ThreadPoolExecutor(len(keys)) as pool:
            there = dict(zip(keys, pool.map(start, keys), strict=True))
        there = {key: contender for key, contender in there.items() if contender}
        request = {"steps": options.steps}
        replies = interleave(
            {key: (contender, request) for key, contender in there.items()},
            options.rounds,
        )
        return {key: [x.greeting, *replies[key]] for key, x in there.items()}


def summaries(times):
    """One row a contender and precision of a recipe."""
    costs = {key: seconds_per_token(replies) for key, replies in times.items()}
    rows = []
    for (name, precision), (greeting, *replies) in times.items():
        per_token = costs[name, precision]
        row = {
            "contender": name,
            "precision": precision,
            "device": greeting["device"],
            "rounds": len(replies),
            "steps": replies[0]["steps"],
            **quartiles("step_ms", [1e3 * r["seconds"] / r["steps"] for r in replies]),
            **quartiles("tokens_per_second", [1 / cost for cost in per_token]),
            "memory_mb": round((replies[-1].get("memory") or 0) / 2**20) or None,
        }
        if ("peer", precision) in costs:
            others = costs["peer", precision]
            row |= quartiles("ratio_to_peer", ratios(others, per_token))
        rows.append(row)
    return rows


def _parser():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("--recipes", default=RECIPES, help="names with commas")
    add("--precisions", default="float32,bfloat16")
    add("--rounds", type=int, default=5)
    add("--steps", type=int, default=30, help="of one round")
    add("--data-dir", default=os.environ.get("KERAS_NMT_DATA", ""))
    add("--results-dir", type=Path, default=Path("results/benchmarks/gpu"))
    add("--debug", action="store_true", help="show tracebacks")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
