"""A checksum of a model's training text: the vocabularies and the pairs of ids."""

import functools
import hashlib
from typing import NamedTuple

import numpy as np

from keras_nmt.text.packed import PackedIds, PackedPairs

BLOCK = 10_000
"""Pairs that are written as text at a time."""

FOLLOWS = (", ", "], [", "]), ([")
"""What Python writes after an id of a pair: before another, a target, a pair."""


def fingerprint(vocabularies, parts):
    """SHA-256 of `repr` of the tokens of vocabularies and of tuples of pairs.

    Args:
        vocabularies: of both sides.
        parts: sequences of pairs of lists of ids, none of them empty.
    """
    found = Fingerprint(vocabularies)
    for pairs in map(PackedPairs.of, parts):
        found.begin_part()
        for start in range(0, len(pairs), BLOCK):
            found.add(text_of(_some(pairs, start, start + BLOCK)))
        found.end_part()
    return found.hexdigest()


class Fingerprint:
    """The same, part by part and block by block.

    Args:
        vocabularies: of both sides.
    """

    def __init__(self, vocabularies):
        tokens = tuple(vocabulary.tokens for vocabulary in vocabularies)
        self._digest = hashlib.sha256(f"({tokens!r}".encode())
        self._pairs = 0

    def begin_part(self):
        self._pairs = 0
        self._digest.update(b", (")

    def add(self, text):
        """Adds the `PairsText` of the next pairs."""
        if not text.pairs:
            return
        self._digest.update(b", " if self._pairs else b"")
        self._digest.update(text.text)
        self._pairs += text.pairs

    def end_part(self):
        # As Python writes tuples of one.
        self._digest.update(b",)" if self._pairs == 1 else b")")

    def hexdigest(self):
        """The checksum in hexadecimal; there is nothing to add after it."""
        self._digest.update(b")")
        return self._digest.hexdigest()


class PairsText(NamedTuple):
    """Some pairs as Python writes them, and their number."""

    text: bytes
    pairs: int


def text_of(pairs):
    """The `PairsText` of `PackedPairs`."""
    if not len(pairs):
        return PairsText(b"", 0)
    highest = max(int(side.ids.max()) for side in pairs.sides)
    size = 1 << highest.bit_length()
    places = _in_turn(*(_places(side, k, size) for k, side in enumerate(pairs.sides)))
    # NumPy fills shorter text up with zeros.
    text = _table(size)[places].tobytes().translate(None, b"\0")
    return PairsText(b"([" + text[: -len(", ([")], len(pairs))


@functools.lru_cache(maxsize=2)
def _table(size):
    """What is written for each id, with what follows it."""
    numbers = [*map(str, range(size))]
    return np.array([number + after for after in FOLLOWS for number in numbers], "S")


def _places(side, number, size):
    """The ids of a side as `PackedIds` of places in the table."""
    places = side.ids.astype("int64")
    places[side.starts[1:] - 1] += (number + 1) * size
    return PackedIds(places, side.starts)


def _in_turn(source, target):
    """The ids of `PackedIds`: of the first source, the first target, and so on."""
    is_source = np.zeros(len(source.ids) + len(target.ids), bool)
    before = np.repeat(target.starts[:-1], np.diff(source.starts))
    is_source[np.arange(len(source.ids)) + before] = True
    places = np.empty(len(is_source), "int64")
    places[is_source], places[~is_source] = source.ids, target.ids
    return places


def _some(pairs, first, last):
    """The `PackedPairs` of some of them, one after the other."""
    sides = []
    for side in pairs.sides:
        starts = side.starts[first : last + 1]
        sides.append(PackedIds(side.ids[starts[0] : starts[-1]], starts - starts[0]))
    return PackedPairs(*sides)
