"""Writes the files of a part from its shards."""

import contextlib
import dataclasses
import functools
import hashlib
import json

import numpy as np

from keras_nmt.atomic import replacing
from keras_nmt.preparation import layout, shards
from keras_nmt.preparation.assembling import Fitter, total
from keras_nmt.text.fingerprint import text_of
from keras_nmt.text.processing import TextProcessor


@dataclasses.dataclass
class StoredPart:
    """What the files of a part hold.

    Args:
        kept: pairs in the files.
        kept_counts, all_counts: as in `EncodedPairs`.
        files: `{name: {"bytes", "sha256"}}`.
    """

    kept: int
    kept_counts: list
    all_counts: list
    files: dict


def store(paths, part, folder, digest, max_length, pool, add=None):
    """Writes the files of a part, without pairs that are too long.

    Args:
        paths: of its shards.
        part: its name.
        folder: where to write.
        digest: SHA-256 of the vocabularies' file there.
        max_length: most ids on a side, `SOS` and `EOS` included.
        pool: a `shards.Pool`.
        add: called with the `PairsText` of the pairs, shard after shard.

    Returns:
        `StoredPart`.
    """
    work = functools.partial(_fitted, folder, digest, max_length, add is not None)
    index, kept, kept_counts, all_counts = 0, 0, [], []
    with contextlib.ExitStack() as stack:
        files = _Files(stack, folder, part)
        for found, lines, text in pool.in_order(work, zip(paths)):
            if add is not None:
                add(text)
            for place, side in enumerate(found.pairs.sides):
                files.write_ids(place, side)
            files.write("kept", index + np.flatnonzero(found.fits))
            files.write("lines", lines)
            index, kept = index + len(found.fits), kept + len(lines)
            kept_counts.append(found.kept_counts)
            all_counts.append(found.all_counts)
    return StoredPart(kept, total(kept_counts), total(all_counts), files.record())


def _fitted(folder, digest, max_length, with_text, path):
    """Of a shard `Fitted`, the line numbers of these pairs, and their `PairsText`."""
    encoded, lines = shards.read(path)
    found = _fitter(folder, digest, max_length)(encoded)
    return found, lines[found.fits], text_of(found.pairs) if with_text else None


@functools.lru_cache(maxsize=1)
def _fitter(folder, digest, max_length):
    text = (folder / layout.PROCESSORS).read_text(encoding="utf-8")
    return Fitter([*map(TextProcessor.from_config, json.loads(text))], max_length)


class _Files:
    """The files of a part while they are written."""

    def __init__(self, stack, folder, part):
        names = {"kept": layout.kept(part), "lines": layout.lines(part)}
        for place, side in enumerate(layout.SIDES):
            names["ids", place] = layout.ids(part, side)
            names["starts", place] = layout.starts(part, side)
        self._files = {key: Written(stack, folder, name) for key, name in names.items()}
        self._ends = [0, 0]
        for place in (0, 1):
            self.write(("starts", place), np.zeros(1))

    def write_ids(self, place, packed):
        self._files["ids", place].write(packed.ids)
        self.write(("starts", place), self._ends[place] + packed.starts[1:])
        self._ends[place] += len(packed.ids)

    def write(self, key, numbers):
        self._files[key].write(numbers.astype("<i8"))

    def record(self):
        return {file.name: file.record() for file in self._files.values()}


class Written:
    """A file that is written in pieces, with its checksum."""

    def __init__(self, stack, folder, name):
        self.name = name
        path = stack.enter_context(replacing(folder / name))
        self._file = stack.enter_context(path.open("wb"))
        self._digest, self._bytes = hashlib.sha256(), 0

    def write(self, content):
        """Appends bytes, or the bytes of an array."""
        content = memoryview(content).cast("B") if len(content) else b""
        self._file.write(content)
        self._digest.update(content)
        self._bytes += len(content)

    def record(self):
        """What the manifest says of it."""
        return {"bytes": self._bytes, "sha256": self._digest.hexdigest()}
