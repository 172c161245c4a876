"""What is on the disk is whole, also where a folder cannot be put there."""

import errno
import os
import stat

import pytest

from keras_nmt import atomic
from keras_nmt.atomic import replacing
from keras_nmt.errors import InputError

pytestmark = pytest.mark.backend_free


def refusing(monkeypatch, name, number, is_refused):
    """`os.<name>` fails with that error number where `is_refused`."""
    function = getattr(os, name)

    def refuse(place, *arguments):
        if is_refused(os.stat(place).st_mode):
            raise OSError(number, os.strerror(number))
        return function(place, *arguments)

    monkeypatch.setattr(atomic.os, name, refuse)


def write(path):
    with replacing(path) as unfinished:
        unfinished.write_text("new")


@pytest.mark.parametrize("number", atomic.NO_FOLDERS)
@pytest.mark.parametrize("name", ["fsync", "open"])
def test_a_folder_that_cannot_be_synced_ends_nothing(
    name, number, tmp_path, monkeypatch
):
    refusing(monkeypatch, name, number, stat.S_ISDIR)
    write(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "new"


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EIO])
def test_a_file_that_cannot_be_synced_is_not_taken(number, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("old")
    refusing(monkeypatch, "fsync", number, stat.S_ISREG)
    with pytest.raises(InputError, match="the old content is kept"):
        write(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_fault_of_the_disk_in_a_folder_is_told(tmp_path, monkeypatch):
    refusing(monkeypatch, "fsync", errno.EIO, stat.S_ISDIR)
    with pytest.raises(InputError, match="cannot write"):
        write(tmp_path / "file")


def test_an_error_without_a_number_keeps_its_words(tmp_path):
    """HDF5's errors have none."""
    with (
        pytest.raises(InputError, match=r"cannot write .*: no room left in the file"),
        replacing(tmp_path / "file"),
    ):
        raise OSError("no room left in the file")
