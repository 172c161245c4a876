"""Runs commands at the same time, each on its share of the processor's cores."""

import os
import subprocess
import threading

from keras_nmt.errors import Interrupted
from keras_nmt.training.stopping import GO_ON, SIGNALS, Listening


def cores():
    """The cores that this process may use; [] where the system does not tell."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def run(commands, at_once):
    """Runs commands; each line that one prints gets its name in front.

    A small step of training uses one core well and two badly, so two commands on a core
    each end sooner than one after the other on both. Once one of them fails, the others
    are asked to stop, and those that wait are not begun. Signals are passed on.

    Args:
        commands: `{name: words}`, begun in this order.
        at_once: how many run at the same time.

    Returns:
        the exit code of the first that failed, or 0.

    Raises:
        Interrupted: a signal stopped them.
    """
    waiting, running, codes = list(commands.items()), set(), []
    lock = threading.Lock()

    def begun():
        """A name and its process; None if there are no more to begin."""
        with lock:
            if codes or not waiting:
                return None
            name, words = waiting.pop(0)
            process = subprocess.Popen(
                words,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"},
            )
            running.add(process)
            return name, process

    def work(share):
        if share:
            os.sched_setaffinity(0, share)  # of this thread and what it begins
        while found := begun():
            name, process = found
            with process:
                for line in process.stdout:
                    print(f"{name}: {line}", end="", flush=True)
            with lock:
                running.discard(process)
                if process.returncode:
                    codes.append(process.returncode)
                    for other in running:
                        other.terminate()

    def hand_on(number, frame):
        codes.append(-number)
        for process in [*running]:
            process.send_signal(number)

    here = cores()
    shares = [here[number::at_once] for number in range(at_once)]
    workers = [threading.Thread(target=work, args=(share,)) for share in shares]
    with Listening(hand_on):
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    code = codes[0] if codes else 0
    if -code in SIGNALS:
        raise Interrupted(f"stopped; {GO_ON}", 128 - code)
    return code
