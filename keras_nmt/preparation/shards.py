"""Encodes the pairs of a part in shards, by several processes."""

import collections
import concurrent.futures
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
from keras_nmt.preparation.encoding import Encoded, encoder_of
from keras_nmt.preparation.reading import blocks

SIZE = 20_000
"""Pairs of a shard."""

AHEAD = 2
"""Shards a process that are read before it encodes them."""

_encoders = None


def encode_part(pairs, part, folder, tokenizers, kind, processes):
    """Writes the shards of a part that are not there yet.

    The name of a shard holds a checksum of its lines and tokenizers, so a shard that is
    there is the right one.

    Args:
        pairs: an iterable of `Pair`.
        part: its name.
        folder: where to write.
        tokenizers: both, serialized as JSON.
        kind: of subwords.
        processes: their number; with 1 this process encodes.

    Returns:
        the paths of the shards, in their order.
    """
    paths, waiting = [], collections.deque()
    with _pool(tokenizers, kind, processes) as submit:
        for number, (block, _) in enumerate(blocks(pairs, part, SIZE)):
            sides = [[pair[side] for pair in block] for side in (0, 1)]
            lines = np.array([pair[2] for pair in block], "int64")
            key = _key(sides, lines, tokenizers, kind)
            path = folder / f"{part}-{number:06d}-{key}.npz"
            paths.append(path)
            if not path.exists():
                waiting.append(submit(_write, path, sides, lines))
            if len(waiting) > AHEAD * processes:
                waiting.popleft().result()
        for future in waiting:
            future.result()
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


def _key(sides, lines, tokenizers, kind):
    digest = hashlib.blake2b(digest_size=12)
    for text in (*tokenizers, kind, *map("\n".join, sides)):
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    digest.update(lines.tobytes())
    return digest.hexdigest()


def _write(path, sides, lines):
    arrays = {"lines": lines}
    for side, encoder in enumerate(_encoders):
        found = encoder.encode(sides[side])
        tokens = json.dumps(found.tokens).encode("ascii")
        arrays[f"ids{side}"], arrays[f"lengths{side}"] = found[:2]
        arrays[f"tokens{side}"] = np.frombuffer(tokens, "uint8")
    with replacing(path) as unfinished, unfinished.open("wb") as file:
        np.savez(file, **arrays)


# === Processes ===


class _pool:
    """Gives a function that runs another one in a process, or here if there is one."""

    def __init__(self, tokenizers, kind, processes):
        self._arguments = tokenizers, kind
        self._executor = None
        if processes > 1:
            # Spawned: a process that was forked from one with a backend may hang.
            self._executor = concurrent.futures.ProcessPoolExecutor(
                processes,
                multiprocessing.get_context("spawn"),
                _begin,
                self._arguments,
            )

    def __enter__(self):
        if self._executor is None:
            _make_encoders(*self._arguments)
            return _done_here
        return self._executor.submit

    def __exit__(self, kind, *error):
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
        if kind is BrokenProcessPool:
            raise InputError(
                "a process that encodes was ended from outside, often because memory "
                "ran out; the same command goes on, with fewer --processes if need be"
            ) from None


def _done_here(function, *arguments):
    future = concurrent.futures.Future()
    future.set_result(function(*arguments))
    return future


def _make_encoders(tokenizers, kind):
    global _encoders
    # Joint subwords have one encoder, which remembers words of both sides.
    made = {one: encoder_of(one, kind) for one in dict.fromkeys(tokenizers)}
    _encoders = [made[one] for one in tokenizers]


def _begin(tokenizers, kind):
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _make_encoders(tokenizers, kind)


def _end_with_parent():
    # A parent that was killed cannot end its processes.
    connection.wait([multiprocessing.parent_process().sentinel])
    os._exit(1)
