"""Results that go on after a kill, and parts of a text."""

import io
import os

import pytest

from keras_nmt.errors import InputError
from keras_nmt.program.line_shards import chunks_of_shard, count_lines, shard_of
from keras_nmt.run.growing_file import growing_file

pytestmark = pytest.mark.backend_free

LINES = [f"line {n}" for n in range(25)]
JOB = {"systems": ["a"], "beam_size": 4}


class Killed(BaseException):
    """As sudden as a kill."""


def translate(path, shard=(1, 1), lines=LINES, job=JOB, kill_at=None):
    """Upper case in chunks of 4; returns the lines that were worked on."""
    worked = []
    with growing_file(path, job) as file:
        for first, chunk in chunks_of_shard(iter(lines), len(lines), 4, shard):
            if not file.is_done(chunk):
                worked += chunk
                if first == kill_at:
                    raise Killed
                file.write("".join(line.upper() + "\n" for line in chunk))
        file.finish()
    return worked


WHOLE = "".join(line.upper() + "\n" for line in LINES)


@pytest.mark.parametrize("kill_at", [0, 4, 24])
def test_results_go_on_where_they_were_killed(kill_at, tmp_path):
    path = tmp_path / "out.txt"
    with pytest.raises(Killed):
        translate(path, kill_at=kill_at)
    assert not path.exists()
    if kill_at:  # a write that was cut
        with (tmp_path / "out.txt.unfinished").open("ab") as file:
            file.write(b"HALF A LI")
    assert translate(path) == LINES[kill_at:]
    assert path.read_text() == WHOLE
    assert os.listdir(tmp_path) == ["out.txt"]


@pytest.mark.parametrize("parts", [1, 2, 3, 9])
def test_the_results_of_all_shards_are_those_of_the_text(parts, tmp_path):
    found = ""
    for part in range(1, parts + 1):
        path = tmp_path / str(part)
        translate(path, (part, parts))
        found += path.read_text()
    assert found == WHOLE


def test_chunks_of_a_shard_are_chunks_of_the_text():
    whole = [*chunks_of_shard(iter(LINES), 25, 4, (1, 1))]
    parts = [x for k in (1, 2) for x in chunks_of_shard(iter(LINES), 25, 4, (k, 2))]
    assert parts == whole


def test_other_lines_or_another_job_are_refused(tmp_path):
    path = tmp_path / "out.txt"
    with pytest.raises(Killed):
        translate(path, kill_at=8)
    with pytest.raises(InputError, match="holds results of another beam_size"):
        translate(path, job={**JOB, "beam_size": 5})
    with pytest.raises(InputError, match="holds results of another systems"):
        translate(path, job={"beam_size": 4})
    with pytest.raises(InputError, match="holds results of other lines"):
        translate(path, lines=["new", *LINES[1:]])
    with pytest.raises(InputError, match="holds results of more lines"):
        translate(path, lines=LINES[:4])
    translate(path)
    with pytest.raises(InputError, match="is there already; name another file"):
        translate(path)


def test_two_processes_cannot_write_one_file(tmp_path):
    path = tmp_path / "out.txt"
    with growing_file(path, JOB), pytest.raises(InputError) as refused:
        translate(path)
    assert str(refused.value).startswith(f"{path}: process {os.getpid()} on ")
    assert "is writing there; wait for it, or give another --out" in str(refused.value)


@pytest.mark.parametrize("ending", [".gz", ".xz", ".zst"])
def test_results_are_not_called_compressed(ending, tmp_path):
    path = tmp_path / f"out{ending}"
    with pytest.raises(InputError, match=rf"plain text; leave out \{ending}$"):
        translate(path)
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("left", [None, b"LINE 0\n"])
def test_results_that_were_removed_or_cut_are_missed(left, tmp_path):
    path, unfinished = tmp_path / "out.txt", tmp_path / "out.txt.unfinished"
    with pytest.raises(Killed):
        translate(path, kill_at=8)
    unfinished.unlink()
    if left is not None:
        unfinished.write_bytes(left)
    with pytest.raises(
        InputError, match=r"missing or cut; remove .*\.progress to start"
    ):
        translate(path)


def test_no_lines_give_an_empty_file(tmp_path):
    translate(tmp_path / "out.txt", lines=[])
    assert (tmp_path / "out.txt").read_bytes() == b""


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "-1/2", "1/0"])
def test_a_shard_that_cannot_be_is_refused(text):
    with pytest.raises(InputError, match="give i/n with i from 1 to n"):
        shard_of(text)


def test_lines_are_counted_as_they_are_read():
    for content, count in ((b"", 0), (b"a", 1), (b"a\n", 1), (b"a\n\nb", 3)):
        assert count_lines(io.BytesIO(content)) == count
