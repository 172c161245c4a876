"""Workers of one study that are killed; forked from a process that has no backend.

    python -m tests.soak.killed_trials FOLDER --trials 30 --kills 10

Ends with an error unless every trial ended once, with all of its epochs.
"""

import argparse
import collections
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from keras_nmt.tuning.ranges import Choices, Interval
from keras_nmt.tuning.study import SharedStudy
from keras_nmt.tuning.trial import COMPLETE, PRUNED, Outcome, status_of
from keras_nmt.tuning.worker import work

RANGES = {
    "rate": Interval(1e-4, 1e-1, log=True),
    "layers": Interval(1, 6),
    "kind": Choices(("rnn", "lstm")),
}
SETUP = {"space": {"search": {"layers": [1, 6]}}, "corpus": "tiny"}
EPOCHS = 4
WORKERS = 2


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=0.15, help="of a trial")
    options = parser.parse_args()
    assert "keras" not in sys.modules, "workers are forked, so no backend may be loaded"
    killed = kill_workers(options)
    check(options.folder, options.trials)
    lines = (options.folder / "begun").read_text().splitlines()
    begun = collections.Counter(line.split()[0] for line in lines)
    again = sum(count - 1 for count in begun.values())
    print(f"{killed} kills; {again} times a trial was taken up again")


def kill_workers(options):
    """Runs two workers to the end of the study, replacing those that it kills."""
    chance = random.Random(0)
    workers = [start(options) for _ in range(WORKERS)]
    kills = 0
    while kills < options.kills:
        victim = workers.pop(0)
        wait_for_a_trial(options.folder / "begun", victim)
        time.sleep(chance.uniform(0, 1) * options.seconds)
        os.kill(victim, signal.SIGKILL)
        _, status = os.waitpid(victim, 0)
        if not os.WIFSIGNALED(status):
            raise SystemExit(f"after {kills} kills the study was over; give more work")
        kills += 1
        workers.append(start(options))
    for worker in workers:
        _, status = os.waitpid(worker, 0)
        assert status == 0, status
    return kills


def wait_for_a_trial(log, worker):
    """Returns when this worker has begun one; a kill before that hits nothing."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if log.exists() and f" {worker}\n" in log.read_text():
            return
        time.sleep(0.01)


def start(options):
    """The process number of a worker."""
    process = os.fork()
    if not process:
        try:
            study = open_study(options.folder)
            do = objective(options.seconds, options.folder / "begun")
            work(study, options.trials, do, 0.05, lambda line: None)
            os._exit(0)
        finally:
            os._exit(1)
    return process


def open_study(folder, setup=SETUP, **options):
    return SharedStudy(folder, setup, RANGES, **options, say=lambda line: None)


def objective(seconds=0.0, log=None):
    """Learning curves that depend on the values alone, and take this long."""

    def run(taken):
        if log is not None:
            with log.open("a") as file:
                file.write(f"{taken.number} {os.getpid()}\n")
        value = abs(taken.values["layers"] - 4) + taken.values["rate"]
        for epoch in range(1, EPOCHS + 1):
            time.sleep(seconds / EPOCHS)
            taken.report(epoch, value + 1 / epoch)
            if epoch < EPOCHS and taken.should_prune():
                return Outcome(PRUNED, reason=f"behind after epoch {epoch}")
        return Outcome(COMPLETE, value + 1 / EPOCHS)

    return run


def check(folder, count):
    """Every trial ended, once, and has each of its epochs."""
    trials = open_study(folder).trials
    assert [trial.number for trial in trials] == list(range(count))
    assert {status_of(trial) for trial in trials} <= {COMPLETE, PRUNED}
    assert ends(folder) == dict.fromkeys(range(count), 1)
    for trial in trials:
        epochs = range(1, trial.last_step + 1)
        assert sorted(trial.intermediate_values) == list(epochs)


def ends(folder):
    """How often each trial was recorded as ended."""
    lines = (folder / "journal.log").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    return collections.Counter(
        record["trial_id"]
        for record in records
        if "state" in record and "trial_id" in record
    )


if __name__ == "__main__":
    main()
