"""Commands run beside each other, and one signal or failure ends them all."""

import os
import signal
import sys
import threading
import time

import pytest

from experiments import side_by_side
from keras_nmt.errors import Interrupted

pytestmark = pytest.mark.backend_free

MEETING = """
import pathlib, sys, time
here, other = map(pathlib.Path, sys.argv[1:])
here.touch()
while not other.exists():
    time.sleep(0.01)
print("met")
print("öffnet")
"""
"""Ends only if the other one runs at the same time."""


def words(code, *arguments):
    return [sys.executable, "-c", code, *map(str, arguments)]


def test_commands_run_at_the_same_time_and_say_who_speaks(tmp_path, capsys):
    one, two = tmp_path / "one", tmp_path / "two"
    both = {"one": words(MEETING, one, two), "two": words(MEETING, two, one)}
    assert side_by_side.run({**both, "three": words("print(3)")}, 2) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sorted(lines) == [
        *("one: met", "one: öffnet", "three: 3", "two: met", "two: öffnet")
    ]
    assert lines[-1] == "three: 3"  # begun when there was room


@pytest.mark.skipif(len(side_by_side.cores()) < 2, reason="needs two cores")
def test_each_has_its_share_of_the_cores(capsys):
    told = words("import os; print(sorted(os.sched_getaffinity(0)))")
    before = side_by_side.cores()
    assert side_by_side.run({"one": told, "two": told}, 2) == 0
    shares = {line.split(": ")[1] for line in capsys.readouterr().out.splitlines()}
    assert shares <= {str(before[::2]), str(before[1::2])}
    assert side_by_side.cores() == before


def test_a_failure_ends_the_others_and_begins_no_more(tmp_path):
    slow = words("import time; time.sleep(60)")
    fails = words("import sys; sys.exit(2)")
    late = words(f"open({str(tmp_path / 'late')!r}, 'w')")
    began = time.monotonic()
    assert side_by_side.run({"slow": slow, "fails": fails, "late": late}, 2) == 2
    assert time.monotonic() - began < 30
    assert not (tmp_path / "late").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send a signal to itself")
def test_a_signal_reaches_all_and_the_caller_is_told(tmp_path):
    code = """
import pathlib, signal, sys, time
def leave(number, frame):
    pathlib.Path(sys.argv[1]).write_text(str(number))
    sys.exit(128 + number)
signal.signal(signal.SIGTERM, leave)
pathlib.Path(sys.argv[1]).touch()
time.sleep(60)
"""
    files = [tmp_path / name for name in ("one", "two")]
    commands = {file.name: words(code, file) for file in files}

    def send():
        while not all(file.exists() for file in files):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    sender = threading.Thread(target=send)
    sender.start()
    with pytest.raises(Interrupted, match="stopped; the same command") as stopped:
        side_by_side.run(commands, 2)
    sender.join()
    assert stopped.value.exit_code == 128 + signal.SIGTERM
    assert [file.read_text() for file in files] == [str(int(signal.SIGTERM))] * 2
