"""The pieces of words that come again, looked up for many words at once.

A word of up to 23 bytes is three numbers of 64 bits: its bytes, and its length in the
last byte. A table with open addressing holds these numbers beside the word's own
number; NumPy compares all words of a block with it together. Longer words are looked up
one by one.
"""

import numpy as np

from keras_nmt.text.packed import PackedIds

MOST_WORDS = 200_000
"""Words that are remembered before all are forgotten."""

BITS = 20
"""The table has `2**BITS` rows, of which at most half are used."""

LONGEST = 23
"""Bytes of a word in the table."""

LINES = 2000
"""Lines that are looked up together; so their words stay in the processor's cache."""

_PADDING = b"\n" + bytes(24)
_MASKS = np.array([(1 << 8 * count) - 1 for count in range(9)], "<u8")
_FACTORS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], "<u8")


class WordTable:
    """Gives the pieces of lines whose words do not depend on their sentence.

    Args:
        encode: gives the ids of the pieces of each text of a list.
    """

    def __init__(self, encode):
        self._encode = encode
        self._forget()

    def _forget(self):
        # A row: three numbers that are a word, and the word's number + 1; 0 if free.
        self._table = np.zeros((1 << BITS, 4), "<u8")
        self._known = {}
        self._pieces = PackedIds.of([])

    def ids_of(self, lines):
        """`(ids: int32, lengths: int32)` of the pieces of lines, one after the other.

        Args:
            lines: text without line breaks.
        """
        if len(self._known) > MOST_WORDS:
            self._forget()
        found = [
            self._ids_of(lines[start : start + LINES])
            for start in range(0, len(lines), LINES)
        ]
        if not found:
            return np.zeros(0, "int32"), np.zeros(0, "int32")
        return tuple(map(np.concatenate, zip(*found, strict=True)))

    def _ids_of(self, lines):
        text = "\n".join(lines).encode() + _PADDING
        data = np.frombuffer(text, "uint8")
        used = data[: len(text) - len(_PADDING) + 1]
        ends = np.flatnonzero((used == ord(" ")) | (used == ord("\n")))
        starts = np.concatenate([[0], ends[:-1] + 1])
        pieces = self._numbers(text, data, starts, ends)
        found = self._pieces.joined(pieces)
        last = np.flatnonzero(data[ends] == ord("\n"))  # words of their lines
        borders = found.starts[np.concatenate([[0], last + 1])]
        return found.ids, np.diff(borders).astype("int32")

    def _numbers(self, text, data, starts, ends):
        """The number of each word; new ones are added."""
        columns = _columns(data, starts, ends - starts)
        slots = _slots(columns)
        numbers = self._look_up(columns, slots)
        numbers[ends - starts > LONGEST] = -1
        missing = np.flatnonzero(numbers < 0)
        new = []
        both = zip(starts[missing].tolist(), ends[missing].tolist(), strict=True)
        for place, (start, end) in zip(missing.tolist(), both, strict=True):
            word = text[start:end]
            number = self._known.get(word)
            if number is None:
                number = self._known[word] = len(self._known)
                new.append(word.decode())
                if len(word) <= LONGEST and number < len(self._table) // 2:
                    self._add([x[place] for x in columns], int(slots[place]), number)
            numbers[place] = number
        self._pieces = self._pieces.extended(self._encode(new) if new else [])
        return numbers

    def _look_up(self, columns, slots):
        """The number of each word that the table holds, and -1 for the others."""
        numbers, words = np.full(len(slots), -1), np.arange(len(slots))
        while len(words):
            rows = self._table.take(slots, axis=0)
            same = rows[:, 3] != 0
            others = same.copy()
            for place, column in enumerate(columns):
                same &= rows[:, place] == column
            numbers[words[same]] = rows[same, 3].astype("int64") - 1
            others &= ~same  # the row is another word's; look at the next one
            words, slots = words[others], (slots[others] + 1) % len(self._table)
            columns = [column[others] for column in columns]
        return numbers

    def _add(self, key, slot, number):
        while self._table[slot, 3]:
            slot = (slot + 1) % len(self._table)
        self._table[slot] = *key, np.uint64(number + 1)


def _columns(data, starts, lengths):
    """The three numbers that are each word, of words of up to `LONGEST` bytes."""
    # As a copy, since NumPy gathers slowly from numbers that overlap.
    from_each_byte = np.ndarray(len(data) - 7, "<u8", data, strides=(1,)).copy()
    columns = []
    for first in (0, 8, 16):
        places = np.minimum(starts + first, len(from_each_byte) - 1)
        mask = _MASKS.take(np.clip(lengths - first, 0, 8))
        columns.append(from_each_byte.take(places) & mask)
    columns[2] |= lengths.astype("<u8") << np.uint64(56)
    return columns


def _slots(columns):
    """The row of the table where the search for each word begins."""
    mixed = np.zeros(len(columns[0]), "<u8")
    for column, factor in zip(columns, _FACTORS, strict=True):
        mixed = (mixed ^ column) * factor
        mixed ^= mixed >> np.uint64(29)
    return (mixed >> np.uint64(64 - BITS)).astype("int64")
