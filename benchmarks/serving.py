"""Loads `keras-nmt serve` with clients, and sends it what is no request.

    python -m benchmarks.serving RUN_DIR [--backends tensorflow,...] [--rounds 5]
        [--seconds 60] [--requests 10000] [--results-dir results/benchmarks]

`offline` translates lines of the run's test set in batches of 128 with a beam of 4, and
`served` is the rate of 32 clients of the server that send one of these lines each
without pause, once it has met their batches; `share` is taken within a round. Then 64
clients ask for `load_seconds`: `lost` counts requests without an answer, `differing`
answers that are not what `offline` says. `growth_mib` is how much the server's memory
grew while it received wrong requests, after a twentieth as many that it was to get used
to, and `faults` counts answers with a traceback or status 500. The server is killed
last: `restart_seconds` go from its new start to its first answer, of which it computed
for `restart_cpu_seconds`. `cpus` are those that server and clients share.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pandas as pd

from benchmarks.contenders import BACKENDS, Contender, chosen_backends, quartiles
from benchmarks.decoding import RUN_DIR
from benchmarks.server_clients import ask_without_pause, fuzz
from keras_nmt.errors import InputError
from keras_nmt.files import write_whole
from keras_nmt.program.command_line import command_line

CLIENTS, MANY = 32, 64
ROUND_SECONDS = 5
WARM_UP_SECONDS, WARM_UPS = 20, 12
"""Of the clients before the first round, and how often at most: batches of new sizes
are compiled, until a warm-up answers at most a tenth more than the one before."""

LINES = 512


@command_line
def main(argv=None):
    options = _parser().parse_args(argv)
    for option in ("rounds", "seconds", "requests"):
        if getattr(options, option) < 1:
            raise InputError(f"--{option}: give a positive whole number")
    rows = [measured(options, b) for b in chosen_backends(options.backends)]
    weights = "/".join(options.run_dir.resolve().parts[-3:])
    table = pd.DataFrame(rows).assign(weights=weights)
    csv = table.to_csv(index=False, lineterminator="\n")
    path = write_whole(options.results_dir / "serving.csv", csv)
    print(table.T.to_string(header=False))
    print(f"written: {path}")


def measured(options, backend):
    """The row of a backend."""
    server = Server(options.run_dir, backend)
    try:
        row = {"backend": backend, **load(options, backend, server)}
        row |= resisted(options, server)
        server.kill()
        server = Server(options.run_dir, backend)
        row["restart_seconds"] = round(server.seconds, 2)
        row["restart_cpu_seconds"] = server.cpu_seconds()
    finally:
        server.kill()
    return row | {"cpus": len(os.sched_getaffinity(0))}


def load(options, backend, server):
    """Rates offline and served, and what many clients count."""
    module, arguments = "benchmarks.serving_offline", (options.run_dir, LINES)
    address = server.address
    offline, served = [], []
    with Contender(module, *arguments, KERAS_BACKEND=backend) as contender:
        lines = contender.greeting["lines"]
        if not lines:
            raise InputError(f"{options.run_dir}: has no translations.tsv with lines")
        bodies = [json.dumps({"q": line, **server.pair}) for line in lines]
        pairs = list(zip(bodies, contender.ask()["texts"], strict=True))
        before = 0
        for _ in range(WARM_UPS):
            found = ask_without_pause(address, pairs, CLIENTS, WARM_UP_SECONDS)
            if before and found.answered < 1.1 * before:
                break
            before = found.answered
        for _ in range(options.rounds):
            offline.append(len(lines) / contender.ask()["seconds"])
            found = ask_without_pause(address, pairs, CLIENTS, ROUND_SECONDS)
            served.append(found.answered / found.seconds)
    many = ask_without_pause(address, pairs, MANY, options.seconds)
    shares = [a / b for a, b in zip(served, offline, strict=True)]
    return {
        "rounds": options.rounds,
        **quartiles("offline", offline),
        "clients": CLIENTS,
        **quartiles("served", served),
        **quartiles("share", shares),
        "load_clients": MANY,
        "load_seconds": options.seconds,
        "answered": many.answered,
        "lost": many.lost,
        "differing": many.differing,
    }


def resisted(options, server):
    """What wrong requests did to the server."""
    fuzz(server.address, options.requests // 20, seed="first")
    before = server.memory()
    sent, faults = fuzz(server.address, options.requests, seed="then")
    return {
        "requests": sent,
        "faults": faults,
        "growth_mib": round(server.memory() - before, 1),
    }


class Server:
    """`keras-nmt serve` as a process, from its first answer on.

    Args:
        run_dir: the run that it serves.
        backend: of Keras.
    """

    def __init__(self, run_dir, backend):
        began = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "keras_nmt", "serve", run_dir, "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "KERAS_BACKEND": backend, "PYTHONUNBUFFERED": "1"},
            text=True,
        )
        lines = iter(self._process.stdout.readline, "")
        self.address = next((x.split()[0] for x in lines if x[:7] == "http://"), None)
        if self.address is None:
            raise InputError(f"{run_dir}: cannot be served on {backend}")
        with urllib.request.urlopen(f"{self.address}/models") as answer:
            model = json.load(answer)[0]
        self.seconds = time.perf_counter() - began
        self.pair = {"source": model["source"], "target": model["target"]}

    def memory(self):
        """MiB that the process holds.

        Raises:
            InputError: it has ended.
        """
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        found = [x.split()[1] for x in status.splitlines() if x[:6] == "VmRSS:"]
        if not found:
            raise InputError("the server has ended")
        return int(found[0]) / 1024

    def cpu_seconds(self):
        """Seconds that the process has computed."""
        stat = Path(f"/proc/{self._process.pid}/stat").read_text()
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def kill(self):
        self._process.kill()
        self._process.communicate()


def _parser():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("run_dir", type=Path, nargs="?", default=RUN_DIR)
    parser.add_argument("--backends", default=",".join(BACKENDS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=60, help="of 64 clients")
    parser.add_argument("--requests", type=int, default=10_000, help="that are wrong")
    parser.add_argument("--results-dir", type=Path, default=Path("results/benchmarks"))
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
