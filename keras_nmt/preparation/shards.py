"""Encodes the pairs of a part in shards, by several processes."""

import collections
import concurrent.futures
import functools
import hashlib
import json
import multiprocessing
import os
import threading
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection

import numpy as np

from keras_nmt.atomic import replacing
from keras_nmt.errors import InputError
from keras_nmt.files import read_object
from keras_nmt.preparation.encoding import Encoded, encoder_of
from keras_nmt.text import tokenizer as tokenizers_module

SIZE = 20_000
"""Pairs of a shard."""

AHEAD = 2
"""Results that may wait for their turn, for each process."""


class TextShards:
    """Writes the lines of a part to files, from which they are encoded.

    Args:
        folder: where to write.
        part: its name.
    """

    def __init__(self, folder, part):
        self._folder, self._part = folder, part
        self._before = 0
        self.paths = []

    def add(self, block):
        """Writes a `Block`."""
        if not len(block):
            return
        numbers = np.asarray(block.numbers, "int64")
        # Of one text, they tell which pairs these are, whatever else a file holds.
        which = np.append(self._before, numbers).astype("<i8").tobytes()
        digest = hashlib.blake2b(which, digest_size=8).hexdigest()
        path = self._folder / f"text-{self._part}-{len(self.paths):06d}-{digest}"
        self._before += len(block)
        self.paths.append(path)
        # A kill leaves any part of it, and the next call writes it again.
        try:
            with path.open("wb") as file:
                np.save(file, numbers)
                for lines in block.encoded:
                    np.save(file, np.frombuffer(b"\n".join(lines), "uint8"))
        except OSError as error:  # NumPy's own have no `strerror`
            reason = error.strerror or error
            raise InputError(f"cannot write {path}: {reason}") from None


def _read_text(path):
    """`(both sides as lists of lines, line numbers)` of a file of `TextShards`."""
    with path.open("rb") as file:
        lines, *sides = (np.load(file) for _ in range(3))
    texts = [side.tobytes().decode("utf-8", "surrogatepass") for side in sides]
    return [text.split("\n") for text in texts], lines


def encode_part(texts, tokenizers, kind, key, pool):
    """Writes the shards of a part that are not there yet, beside the lines.

    Args:
        texts: the paths of its `TextShards`.
        tokenizers: the path of a JSON file with `tokenizers`, both serialized.
        kind: of subwords.
        key: of all that the shards depend on, a part of their names; so a shard that
            is there is the right one.
        pool: a `Pool`.

    Returns:
        the paths of the shards, in their order.
    """
    paths = [
        path.with_name(f"{path.name.removeprefix('text-')}-{key}.npz") for path in texts
    ]
    missing = [
        (path, text, tokenizers, kind, key)
        for path, text in zip(paths, texts, strict=True)
        if not path.exists()
    ]
    collections.deque(pool.in_order(_write, missing), maxlen=0)
    return paths


def read(path):
    """`(both sides as Encoded, line numbers)` of a shard."""
    with np.load(path) as stored:
        sides = [
            Encoded(
                stored[f"ids{side}"],
                stored[f"lengths{side}"],
                json.loads(stored[f"tokens{side}"].tobytes()),
            )
            for side in (0, 1)
        ]
        return sides, stored["lines"]


def _write(path, text, *encoders):
    lines_of_sides, lines = _read_text(text)
    arrays = {"lines": lines}
    for side, encoder in enumerate(_encoders(*encoders)):
        found = encoder.encode(lines_of_sides[side])
        tokens = json.dumps(found.tokens).encode("ascii")
        is_small = found.ids.max(initial=0) < 1 << 16
        arrays[f"ids{side}"] = found.ids.astype("uint16") if is_small else found.ids
        arrays[f"lengths{side}"] = found.lengths
        arrays[f"tokens{side}"] = np.frombuffer(tokens, "uint8")
    with replacing(path) as unfinished, unfinished.open("wb") as file:
        np.savez(file, **arrays)
    text.unlink()


@functools.lru_cache(maxsize=1)
def _encoders(tokenizers, kind, key):
    """The encoders of both sides; joint subwords have one, which remembers both."""
    made = []
    for serialized in read_object(tokenizers)["tokenizers"]:
        if not made or serialized != made[0][0]:
            one = tokenizers_module.deserialize(serialized)
            made.append((serialized, encoder_of(one, kind)))
    return made[0][1], made[-1][1]


# === Processes ===


class Pool:
    """Runs functions in several processes, or here if there is only one.

    Args:
        processes: their number.
    """

    def __init__(self, processes):
        self._executor, self._ahead = None, 0
        if processes > 1:
            # Spawned: a process that was forked from one with a backend may hang.
            self._executor = concurrent.futures.ProcessPoolExecutor(
                processes,
                multiprocessing.get_context("spawn"),
                _begin,
            )
            self._ahead = AHEAD * processes

    def __enter__(self):
        if self._executor is not None:
            self._executor.submit(int)  # they begin while this process reads
        return self

    def __exit__(self, kind, *error):
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
        if kind is BrokenProcessPool:
            raise InputError(
                "a process that encodes was ended from outside, often because memory "
                "ran out; the same command goes on, with fewer --processes if need be"
            ) from None

    def in_order(self, function, many):
        """Yields the results of a function for each of many tuples of arguments."""
        waiting = collections.deque()
        for arguments in many:
            waiting.append(self._submit(function, *arguments))
            if len(waiting) > self._ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _submit(self, function, *arguments):
        if self._executor is not None:
            return self._executor.submit(function, *arguments)
        future = concurrent.futures.Future()
        future.set_result(function(*arguments))
        return future


def _begin():
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent():
    # A parent that was killed cannot end its processes.
    connection.wait([multiprocessing.parent_process().sentinel])
    os._exit(1)
