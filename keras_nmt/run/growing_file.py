"""A file of results that grows chunk by chunk and goes on after a kill."""

import contextlib
import hashlib
import json
import logging
import os

from keras_nmt.errors import InputError
from keras_nmt.files import MissingFile, read_object, write_json
from keras_nmt.opened import COMPRESSED
from keras_nmt.training.lock import one_writer

_LOG = logging.getLogger("keras_nmt")


@contextlib.contextmanager
def growing_file(path, job):
    """Yields the `GrowingFile` at `path`; no other process may write it meanwhile.

    Raises:
        InputError: as `GrowingFile`, or another process writes it.
    """
    _check_place(path)
    lock = path.with_name(f"{path.name}.lock")
    with one_writer(lock, say=_LOG.info, option="--out", place=path):
        yield GrowingFile(path, job)
        # Whoever opened the lock just before finds the file there.
        with contextlib.suppress(OSError):
            lock.unlink()


class GrowingFile:
    """Results beside their final name until all are there.

    `FILE.unfinished` holds the results so far. `FILE.progress` holds their number of
    chunks and of bytes, and a checksum of the input that was read for them. After a
    kill, an incomplete last chunk is removed and made again.

    Args:
        path: the final `Path`.
        job: everything that the results depend on, a dict for JSON. Results of another
            job are refused.

    `unfinished` is the path of the results until `finish`. Two processes must not write
    one file; `growing_file` sees to it.

    Raises:
        InputError: the file is there already, its name is that of a compressed file,
            or what is there is of another job.
    """

    def __init__(self, path, job):
        self.path = path
        self.unfinished = path.with_name(f"{path.name}.unfinished")
        self._progress = path.with_name(f"{path.name}.progress")
        self._job = json.loads(json.dumps(job))
        self._digest = hashlib.blake2b(digest_size=16)
        self._read = 0
        _check_place(path)
        try:
            self._there = read_object(self._progress)
        except MissingFile:
            self._there = {"job": self._job, "chunks": 0, "bytes": 0, "read": ""}
        there = self._there.get("job", {})
        for key in [*self._job, *there]:
            if key not in self._job or there.get(key) != self._job[key]:
                raise InputError(self._other(f"another {key}"))
        size = self.unfinished.stat().st_size if self.unfinished.is_file() else 0
        if size < self._there["bytes"]:
            raise InputError(
                f"{self.unfinished}: is missing or cut; remove {self._progress} to "
                "start again"
            )

    @property
    def chunks(self):
        """The number of chunks whose results are there."""
        return self._there["chunks"]

    def is_done(self, chunk):
        """Notes a chunk of lines that was read; whether its results are there.

        Raises:
            InputError: the lines are not those that were read before.
        """
        self._digest.update("\n".join(chunk).encode("utf-8", "surrogatepass") + b"\0")
        self._read += 1
        if (
            self._read == self.chunks
            and self._digest.hexdigest() != self._there["read"]
        ):
            raise InputError(self._other("other lines"))
        return self._read <= self.chunks

    def write(self, text):
        """Adds the results of the chunk that was read last."""
        content = text.encode("utf-8", "backslashreplace")
        try:
            with open(self.unfinished, "r+b" if self._there["bytes"] else "wb") as file:
                file.truncate(self._there["bytes"])
                file.seek(self._there["bytes"])
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise InputError(
                f"cannot write {self.unfinished}: {error.strerror}"
            ) from None
        self._there = {
            "job": self._job,
            "chunks": self._read,
            "bytes": self._there["bytes"] + len(content),
            "read": self._digest.hexdigest(),
        }
        write_json(self._progress, self._there)

    def finish(self):
        """Gives the file its final name.

        Raises:
            InputError: there were fewer lines than before.
        """
        if self._read < self.chunks:
            raise InputError(self._other("more lines"))
        if not self._read:
            self.write("")
        # Results of a chunk that was cut by a kill may follow those that count.
        os.truncate(self.unfinished, self._there["bytes"])
        os.replace(self.unfinished, self.path)
        with contextlib.suppress(OSError):
            self._progress.unlink()

    def _other(self, what):
        return (
            f"{self.unfinished}: holds results of {what}; give the same command as "
            f"before, or remove {self._progress.name} and it"
        )


def _check_place(path):
    if path.suffix in COMPRESSED:
        raise InputError(f"{path}: results are plain text; leave out {path.suffix}")
    if path.exists():
        raise InputError(f"{path}: is there already; name another file for --out")
    if not path.absolute().parent.is_dir():
        raise InputError(f"{path}: no such folder; make it first")
