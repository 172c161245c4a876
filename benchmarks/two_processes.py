"""Times training in two processes on two cores beside one process on one core.

    python -m benchmarks.two_processes [--backends jax,torch] [--rounds 7] [--steps 10]
        [--recipe full_transformer] [--data-dir PATH] [--results-dir results/benchmarks]

Each process has one core and one thread. Three contenders take turns, a few steps a
round: `1 process`; `2 processes`, which train one model together, on the same batches;
and `2 apart`, two of the first at the same time, each a model of its own. `speedup` is
the first one's time for a batch over the contender's in the same round; that of
`2 apart` says what the machine's memory allows. Medians over the rounds, with the
quartiles beside them, go to processes.csv.
"""

import argparse
import concurrent.futures
import contextlib
import os
import socket
import sys
import tempfile
from pathlib import Path

import pandas as pd

from benchmarks.contenders import Contender, chosen_backends, interleave, quartiles
from benchmarks.training import prepare
from keras_nmt.errors import InputError
from keras_nmt.files import write_whole
from keras_nmt.program.command_line import command_line

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
TRAINING = "benchmarks.train_keras_nmt"
ALONE, TOGETHER, APART = "1 process", "2 processes", "2 apart"


@command_line
def main(argv=None):
    options = _parser().parse_args(argv)
    backends = chosen_backends(options.backends)
    if "tensorflow" in backends:
        raise InputError("--backends tensorflow: it trains in one process only")
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        raise InputError("two cores are needed, and this process may use one only")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        material = prepare(folder, options, backends[0])
        path = material["paths"][options.recipes]
        for backend in backends:
            for replies in measured(path, backend, cores, options):
                new = [
                    {
                        "recipe": options.recipes,
                        "backend": backend,
                        **row,
                        "data": material["data"],
                    }
                    for row in summaries(replies)
                ]
                write(rows + new, options)
            rows += new
    print(f"written: {options.results_dir}/processes.csv")


def measured(path, backend, cores, options):
    """`{contender: [reply, ...]}` after each round, a reply a round."""
    request = {"steps": options.steps}
    first, second = cores
    with contextlib.ExitStack() as stack:
        teams = {
            ALONE: Team(path, backend, [{}], [first]),
            TOGETHER: Team(path, backend, launch_variables(), [first, second]),
            APART: Team(path, backend, [{}, {}], [first, second]),
        }
        for team in teams.values():
            stack.enter_context(team)
        order = [(name, (team, request)) for name, team in teams.items()]
        replies = {name: [] for name in teams}
        for _ in range(options.rounds):
            for name, found in interleave(dict(order), 1).items():
                replies[name] += found
            order = [*order[1:], order[0]]
            yield replies


def write(rows, options):
    """The table so far, so that a break costs a round."""
    table = pd.DataFrame(rows)
    csv = table.to_csv(index=False, lineterminator="\n")
    write_whole(options.results_dir / "processes.csv", csv)
    columns = ["backend", "contender", "rounds", "step_ms", "speedup"]
    print(table[columns].to_string(index=False), flush=True)


def launch_variables():
    """The variables of two processes of one training (`distributed.launch`)."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = str(found.getsockname()[1])
    common = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    return [{**common, "RANK": str(rank)} for rank in range(2)]


class Team:
    """Contenders that compute at the same time, each on a core of its own.

    Args:
        path: of the file with their batches.
        backend: of all.
        environments: further variables of each.
        cores: that of each.
    """

    def __init__(self, path, backend, environments, cores):
        def enter(variables, core):
            os.sched_setaffinity(0, {core})  # of this thread; its process inherits it
            return Contender(
                TRAINING, path, KERAS_BACKEND=backend, **ONE_THREAD, **variables
            )

        with concurrent.futures.ThreadPoolExecutor(len(cores)) as pool:
            self._members = [*pool.map(enter, environments, cores)]

    def ask(self, **request):
        """The slowest one's answer."""
        for member in self._members:
            member.send(**request)
        replies = [member.reply() for member in self._members]
        return max(replies, key=lambda reply: reply["seconds"])

    def __enter__(self):
        return self

    def __exit__(self, *error):
        with concurrent.futures.ThreadPoolExecutor() as pool:  # they leave together
            list(pool.map(Contender.close, self._members))


def summaries(replies):
    """One row a contender.

    Args:
        replies: what `measure` gave.
    """
    seconds = {
        name: [reply["seconds"] / reply["steps"] for reply in of_rounds]
        for name, of_rounds in replies.items()
    }
    rows = []
    for name, times in seconds.items():
        # Two that train apart do two batches in that time.
        batches = 2 if name == APART else 1
        speedups = [
            batches * alone / time
            for alone, time in zip(seconds[ALONE], times, strict=True)
        ]
        rows.append(
            {
                "contender": name,
                "rounds": len(times),
                "steps": replies[name][0]["steps"],
                **quartiles("step_ms", [1e3 * time for time in times]),
                **quartiles("speedup", speedups),
            }
        )
    return rows


def _parser():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("--backends", default="jax,torch")
    add("--recipe", dest="recipes", default="full_transformer", metavar="NAME")
    add("--rounds", type=int, default=7)
    add("--steps", type=int, default=10, help="of one round")
    add("--data-dir", default=os.environ.get("KERAS_NMT_DATA", ""))
    add("--results-dir", type=Path, default=Path("results/benchmarks"))
    add("--debug", action="store_true", help="show tracebacks")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
