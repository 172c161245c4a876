"""The state of a run on disk: arrays and what they mean, in one checksummed file."""

import hashlib
import json

import numpy as np

from keras_nmt.atomic import replacing
from keras_nmt.errors import InputError

MAGIC = b"keras_nmt state 1\n"
DIGEST = hashlib.sha256().digest_size


class BadState(InputError):
    """A file that is no state, or not the state of this run; the cause in words."""


class States:
    """The two newest states of a run, in one folder.

    A file holds one line of JSON (`meta`), the arrays as they lie in memory, and
    the SHA-256 of all before it. Nothing is parsed that does not match it, so a torn
    or altered file is a message, never a wrong weight.

    Args:
        folder: where the files lie.
        identity: what a state must agree with to belong to this run: a dict for
            JSON. A state of another identity is refused by the key that differs.
    """

    def __init__(self, folder, identity):
        self.newest = folder / "state"
        self.previous = folder / "state.previous"
        self.identity = json.loads(json.dumps(identity))

    def save(self, meta, arrays):
        """Makes this the newest state; the newest before it becomes the previous."""
        with replacing(self.newest, keep_as=self.previous) as unfinished:
            _write(unfinished, {**meta, "identity": self.identity}, arrays)

    def load(self):
        """`(meta, arrays, complaint)` of the newest good state; None without any.

        `complaint` says what is wrong with the newest, if the previous had to do.

        Raises:
            InputError: there are states, and none is good.
        """
        complaint = ""
        for path in (self.newest, self.previous):
            try:
                return *self._read(path), complaint
            except FileNotFoundError:
                continue
            except BadState as error:
                complaint = complaint or str(error)
        if complaint:
            raise InputError(
                f"{complaint}; no earlier state is good either: --restart trains anew"
            )
        return None

    def exist(self):
        """Whether there is a state, good or not."""
        return self.newest.exists() or self.previous.exists()

    def keep_newest(self):
        """Removes the previous state: a run that has ended needs one alone."""
        if self.newest.exists():
            self.previous.unlink(missing_ok=True)

    def clear(self):
        """Forgets the run."""
        for path in (self.previous, self.newest):
            path.unlink(missing_ok=True)

    def _read(self, path):
        try:
            meta, arrays = read(path)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise BadState(f"{path}: {error.strerror}") from error
        except BadState as error:
            raise BadState(f"{path}: {error}") from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise BadState(f"{path}: is no state of a run: {error!r:.80}") from error
        there = meta.pop("identity", {})
        for key, value in self.identity.items():
            if there.get(key) != value:
                raise BadState(f"{path}: is of another {key}")
        return meta, arrays


def _write(path, meta, arrays):
    digest = hashlib.sha256()
    header = {**meta, "arrays": [(str(x.dtype), x.shape) for x in arrays]}
    with path.open("wb") as file:
        for part in (MAGIC, json.dumps(header).encode() + b"\n", *map(_bytes, arrays)):
            digest.update(part)
            file.write(part)
        file.write(digest.digest())


def _bytes(array):
    return np.ascontiguousarray(array).reshape(-1).view("uint8").data


def read(path):
    """`(meta, arrays)` of a file.

    Raises:
        BadState: it is torn, altered or no state.
    """
    content = path.read_bytes()
    body = memoryview(content)[:-DIGEST]
    if not content.startswith(MAGIC):
        raise BadState("is no state of a run, or its beginning is damaged")
    if hashlib.sha256(body).digest() != content[-DIGEST:]:
        raise BadState("is cut short or altered: its checksum does not match")
    end = content.index(b"\n", len(MAGIC)) + 1
    meta = json.loads(content[len(MAGIC) : end])
    arrays = []
    for dtype, shape in meta.pop("arrays"):
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        array = np.frombuffer(body[end : end + size], dtype).reshape(shape)
        arrays.append(array)
        end += size
    return meta, arrays
