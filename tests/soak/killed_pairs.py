"""Two processes that train together, of which one is killed again and again.

They are forked as those of `killed_runs`.
"""

import os
import random
import shutil
import signal
import socket
import time

from tests.soak import killed_runs

PATIENCE = 60.0
"""Seconds within which the other process must end."""


def kill_again(runs_dir, seconds, times, whole, seed=0):
    """Whether the other process ended after each kill, and each training as `whole`.

    A training that is complete before the kills are done is followed by another one.

    Args:
        runs_dir: where the pair trains.
        seconds: that an unbroken training takes.
        times: how many kills.
        whole: what `finish` returned of an unbroken one.
        seed: of the moments and of who is killed.
    """
    chance, kills, same = random.Random(seed), [], []
    while len(kills) < times:
        pair = _start(runs_dir)
        time.sleep(chance.uniform(0.1, 0.9) * seconds)
        victim = chance.choice(pair)
        (other,) = set(pair) - {victim}
        if os.waitpid(victim, os.WNOHANG) == (0, 0):
            # Process 1 is done before process 0, which evaluates alone.
            ended, status = os.waitpid(other, os.WNOHANG)
            os.kill(victim, signal.SIGKILL)
            os.waitpid(victim, 0)
            kills.append(status == 0 if ended else _ends(other))
            continue
        os.waitpid(other, 0)
        same.append(killed_runs.lasting(runs_dir) == whole)
        shutil.rmtree(runs_dir)
    return [*kills, *same, finish(runs_dir) == whole]


def finish(runs_dir):
    """Lets the pair come to its end; what must not depend on kills."""
    ends = [os.waitpid(process, 0) for process in _start(runs_dir)]
    if any(status for _, status in ends):
        return f"processes ended with statuses {ends}"  # equal to no others
    return killed_runs.lasting(runs_dir)


def _start(runs_dir):
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = str(found.getsockname()[1])
    common = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    return [
        killed_runs.start(
            runs_dir, killed_runs.ONE, variables={**common, "RANK": str(rank)}
        )
        for rank in range(2)
    ]


def _ends(process):
    """Whether a process ends by itself in time, and not as if all were well."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        number, status = os.waitpid(process, os.WNOHANG)
        if number:
            return os.waitstatus_to_exitcode(status) > 0
        time.sleep(0.01)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return False
