"""A checksum of a model's training text: the vocabularies and the pairs of ids."""

import hashlib

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
            found.add(_some(pairs, start, start + BLOCK))
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
        self._table, self._ids, self._pairs = None, 0, 0

    def begin_part(self):
        self._pairs = 0
        self._digest.update(b", (")

    def add(self, pairs):
        """Adds `PackedPairs`."""
        if not len(pairs):
            return
        highest = max(int(side.ids.max()) for side in pairs.sides)
        if highest >= self._ids:
            self._ids = highest + 1
            numbers = [*map(str, range(self._ids))]
            table = [number + after for after in FOLLOWS for number in numbers]
            self._table = np.array(table, "S")
        places = _in_turn(
            *(self._places(side, k) for k, side in enumerate(pairs.sides))
        )
        # NumPy fills shorter text up with zeros.
        text = self._table[places].tobytes().translate(None, b"\0")
        self._digest.update(b", ([" if self._pairs else b"([")
        self._digest.update(memoryview(text)[: -len(", ([")])
        self._pairs += len(pairs)

    def end_part(self):
        # As Python writes tuples of one.
        self._digest.update(b",)" if self._pairs == 1 else b")")

    def hexdigest(self):
        """The checksum in hexadecimal; there is nothing to add after it."""
        self._digest.update(b")")
        return self._digest.hexdigest()

    def _places(self, side, number):
        """The ids of a side as `PackedIds` of places in the table."""
        places = side.ids.astype("int64")
        places[side.starts[1:] - 1] += (number + 1) * self._ids
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
