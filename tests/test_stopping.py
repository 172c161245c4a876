"""Signals: heeded between two steps, and never later than the grace allows."""

import signal
import subprocess
import sys

import pytest

from keras_nmt.errors import Interrupted, command_line
from keras_nmt.training.stopping import SIGNALS, Stopping

pytestmark = pytest.mark.backend_free

STUCK = """
import time
from keras_nmt.training import stopping
stopping.GRACE = 0.2
with stopping.Stopping() as stop, stop.deferred():
    print("ready", flush=True)
    while True:
        time.sleep(1)
"""


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_the_program_with_one_line(number, capsys):
    @command_line
    def main(argv):
        with Stopping():
            signal.raise_signal(number)

    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 128 + number
    assert "the same command goes on from there" in capsys.readouterr().err


def test_deferred_it_waits_for_the_step_to_end():
    done = []

    def step():
        with Stopping() as stop, stop.deferred():
            signal.raise_signal(signal.SIGTERM)
            done.append(stop.requested)

    with pytest.raises(Interrupted):
        step()
    assert done == [signal.SIGTERM]


def test_what_listened_before_listens_again():
    before = [signal.getsignal(number) for number in SIGNALS]
    with Stopping():
        assert [signal.getsignal(number) for number in SIGNALS] != before
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_a_step_without_an_end_is_left():
    command = [sys.executable, "-c", STUCK]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "ready\n"
        process.terminate()
        _, said = process.communicate(timeout=60)
    assert process.returncode == 143
    assert said.startswith("stopped within a step, at the last saved state")
