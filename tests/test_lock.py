"""One writer a folder, whoever else starts, however the writer ended."""

import errno
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from keras_nmt.errors import InputError
from keras_nmt.training import lock
from keras_nmt.training.lock import one_writer

pytestmark = pytest.mark.backend_free

HOLD = """
import sys, pathlib
from keras_nmt.errors import InputError
from keras_nmt.training.lock import one_writer
try:
    with one_writer(pathlib.Path(sys.argv[1])):
        print("writer", flush=True)
        sys.stdin.read()
except InputError as error:
    print(error, flush=True)
"""
STARTS = 5


def start(path):
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_second_writer_is_told_who_the_first_is(tmp_path):
    path = tmp_path / "checkpoints" / "lock"
    name = f"process {os.getpid()} on {socket.gethostname()}"
    with one_writer(path), pytest.raises(InputError, match=name), one_writer(path):
        pass
    with one_writer(path, say=pytest.fail):
        pass


def test_of_many_starts_at_once_one_becomes_the_writer(tmp_path):
    processes = [start(tmp_path / "lock") for _ in range(STARTS)]
    lines = [process.stdout.readline().strip() for process in processes]
    (writer,) = (
        p for p, line in zip(processes, lines, strict=True) if line == "writer"
    )
    lines.remove("writer")
    assert all(f"process {writer.pid} on " in line for line in lines)
    for process in processes:
        process.communicate("")


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path):
    with start(tmp_path / "lock") as process:
        assert process.stdout.readline() == "writer\n"
        process.send_signal(signal.SIGKILL)
    said = []
    with one_writer(tmp_path / "lock", say=said.append):
        pass
    assert f"process {process.pid} on" in said[0]
    assert said[0].endswith("which no longer runs; taken over")


@pytest.mark.parametrize("content", [b"\xff\x00", b"process", b"a\nb\nc\nd e"])
def test_a_lock_file_with_anything_in_it_is_a_lock_file(content, tmp_path):
    path, said = tmp_path / "lock", []
    path.write_bytes(content)
    with one_writer(path, say=said.append):
        path.write_bytes(content)
        with pytest.raises(InputError, match="is writing there"), one_writer(path):
            pass
    assert len(said) == 1
    assert "\n" not in said[0]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(InputError, match=r"cannot write .*lock: "),
        one_writer(tmp_path / "file" / "lock"),
    ):
        pass


@pytest.mark.parametrize("number", lock.NO_LOCKS)
def test_without_locks_a_writer_is_warned_and_goes_on(
    number, tmp_path, monkeypatch, caplog
):
    def refuse(*_, **options):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(lock, "lock_descriptor", refuse)
    (tmp_path / "lock").write_text("process 1 on elsewhere")
    with one_writer(tmp_path / "lock", say=pytest.fail):  # gone or not: who knows?
        assert f"process {os.getpid()} on" in (tmp_path / "lock").read_text()
    (record,) = caplog.records
    assert "no locks on this file system" in record.getMessage()
    assert os.strerror(number) in record.getMessage()


def test_another_fault_of_locking_is_an_error(tmp_path, monkeypatch):
    def refuse(*_, **options):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(lock, "lock_descriptor", refuse)
    with (
        pytest.raises(InputError, match=r"cannot lock .*: Input/output"),
        one_writer(tmp_path / "lock"),
    ):
        pass


def test_a_full_disk_under_the_lock_is_named(tmp_path):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    (tmp_path / "lock").symlink_to(full)
    with pytest.raises(InputError, match=r"cannot .*lock: "):
        one_writer(tmp_path / "lock").__enter__()


def test_a_second_training_of_the_process_is_refused(tmp_path):
    with (
        lock.one_training(tmp_path / "first"),
        ThreadPoolExecutor(1) as pool,
        pytest.raises(InputError, match=r"second: another run is training"),
    ):
        pool.submit(lock.one_training(tmp_path / "second").__enter__).result()
    with lock.one_training(tmp_path / "second"):
        pass
