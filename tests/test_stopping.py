"""Signals: heeded between two steps, and never later than the grace allows."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from experiments.each_backend import wait_for
from keras_nmt.errors import Interrupted
from keras_nmt.program.command_line import command_line
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


@pytest.fixture(autouse=True)
def _signals_as_a_shell_gives_them():
    """The suite itself may run under nohup."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_the_program_with_one_line(number, capsys):
    @command_line
    def main(argv):
        with Stopping():
            signal.raise_signal(number)

    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 128 + number
    assert "the same command continues from there" in capsys.readouterr().err


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


def test_in_another_thread_signals_are_left_to_the_program():
    before = [signal.getsignal(number) for number in SIGNALS]
    wakeup = signal.set_wakeup_fd(-1)

    def train():
        with Stopping() as outer, Stopping() as stop, stop.deferred():
            there = [signal.getsignal(number) for number in SIGNALS]
            return there, outer.requested or stop.requested

    with ThreadPoolExecutor(2) as pool, Stopping():
        listening = [signal.getsignal(number) for number in SIGNALS]
        for future in [pool.submit(train) for _ in range(4)]:
            assert future.result() == (listening, None)
    assert [signal.getsignal(number) for number in SIGNALS] == before
    assert signal.set_wakeup_fd(wakeup) == -1


def test_a_hangup_under_nohup_is_left_alone():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with Stopping() as stop:
        signal.raise_signal(signal.SIGHUP)
    assert stop.requested is None


def test_without_file_descriptors_nothing_is_changed(monkeypatch):
    def no_more():
        raise OSError(24, "Too many open files")

    before, threads = signal.getsignal(signal.SIGTERM), threading.active_count()
    monkeypatch.setattr(os, "pipe", no_more)
    with pytest.raises(OSError, match="Too many"):
        Stopping().__enter__()
    assert signal.getsignal(signal.SIGTERM) == before
    assert threading.active_count() == threads


def test_a_process_is_waited_for_in_any_thread():
    command = [sys.executable, "-c", "raise SystemExit(3)"]
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(wait_for, command, {}).result() == 3
    assert wait_for(command, {}) == 3


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
