"""The state of a run on disk: one file with metadata, arrays and a checksum."""

import hashlib
import json

import numpy as np

from keras_nmt.atomic import replacing
from keras_nmt.errors import InputError

MAGIC = b"keras_nmt state 1\n"
DIGEST = hashlib.sha256().digest_size


class BadState(InputError):
    """The file is not a state, is damaged, or belongs to another run."""


class States:
    """The two newest states of a run, in one folder.

    A file holds one line of JSON (`meta`), the bytes of the arrays, and the SHA-256 of
    everything before it. The checksum is compared before anything is parsed, so a
    damaged file is an error and never a wrong weight.

    Args:
        folder: where the files are.
        identity: a dict for JSON that describes the run. A state that was saved with
            another identity is refused; the message names the key that differs.
    """

    def __init__(self, folder, identity):
        self.newest = folder / "state"
        self.previous = folder / "state.previous"
        self.identity = json.loads(json.dumps(identity))

    def save(self, meta, arrays):
        """Saves this as the newest state; the newest one becomes the previous."""
        with replacing(self.newest, keep_as=self.previous) as unfinished:
            _write(unfinished, {**meta, "identity": self.identity}, arrays)

    def load(self):
        """`(meta, arrays, complaint)` of the newest good state; None without any.

        If the newest state is damaged, the previous one is loaded and `complaint` says
        what is wrong with the newest; otherwise it is "".

        Raises:
            InputError: there are states, but all are damaged or of another run.
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
                f"{complaint}; no earlier state is good either: --restart trains again"
            )
        return None

    def exist(self):
        """Whether there is a state, good or not."""
        return self.newest.exists() or self.previous.exists()

    def keep_newest(self):
        """Removes the previous state; a complete run needs only one."""
        if self.newest.exists():
            self.previous.unlink(missing_ok=True)

    def clear(self):
        """Removes both states."""
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
            raise BadState(f"{path}: is not a run's state: {error!r:.80}") from error
        there = meta.pop("identity", {})
        for key, value in self.identity.items():
            if there.get(key) != value:
                raise BadState(f"{path}: was saved with another {key}")
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
        BadState: the file is damaged or not a state.
    """
    content = path.read_bytes()
    body = memoryview(content)[:-DIGEST]
    if not content.startswith(MAGIC):
        raise BadState("is not a run's state, or its beginning is damaged")
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
