"""Pairs of id sequences in a few arrays, in memory or in files."""

import collections.abc
import dataclasses
import itertools

import numpy as np

from keras_nmt.specials import PAD

BLOCK = 1 << 20
"""Ids that are looked at together, so that temporary arrays stay small."""

ROWS = 1 << 15
"""Sequences that are looked at together."""


@dataclasses.dataclass(frozen=True, eq=False)
class PackedIds(collections.abc.Sequence):
    """Sequences of ids, one after the other in one array.

        >>> ids = PackedIds.of([[2, 5, 3], [2, 3]])
        >>> ids.ids.tolist(), ids.starts.tolist(), ids[1]
        ([2, 5, 3, 2, 3], [0, 3, 5], [2, 3])

    Args:
        ids: int (sum of lengths,), an array, or an object with its length and slices
            and a method `ranges`, as `FileIds`.
        starts: int64 (n + 1,); sequence k is `ids[starts[k] : starts[k + 1]]`.
    """

    ids: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, sequences):
        """Packs lists of ids."""
        starts = np.zeros(len(sequences) + 1, "int64")
        np.cumsum([len(x) for x in sequences], out=starts[1:])
        flat = itertools.chain.from_iterable(sequences)
        return cls(np.fromiter(flat, "int32", starts[-1]), starts)

    @classmethod
    def concatenated(cls, parts):
        """The sequences of several `PackedIds`, one after the other."""
        before = np.cumsum([0, *(part.starts[-1] for part in parts)])
        starts = [part.starts[1:] + n for part, n in zip(parts, before, strict=False)]
        ids = np.concatenate([part.ids for part in parts])
        return cls(ids, np.concatenate([[0], *starts]))

    def __len__(self):
        return len(self.starts) - 1

    def __getitem__(self, index):
        if isinstance(index, slice):
            first, last, step = index.indices(len(self))
            if step != 1 or last <= first:
                return [self[k] for k in range(first, last, step)]
            places = self.starts[first : last + 1]
            ids = self.ids[places[0] : places[-1]].tolist()
            borders = itertools.pairwise((places - places[0]).tolist())
            return [ids[start:end] for start, end in borders]
        if not -len(self) <= index < len(self):
            raise IndexError(f"sequence {index} of {len(self)}")
        start, end = self.starts[index % len(self) :][:2]
        return self.ids[start:end].tolist()

    def lengths(self):
        """int32 (n,), the number of ids of each sequence."""
        lengths = np.empty(len(self), "int32")
        starts = self.starts
        return np.subtract(starts[1:], starts[:-1], out=lengths, casting="unsafe")

    def extended(self, sequences):
        """These and lists of ids after them."""
        if not sequences:
            return self
        return PackedIds.concatenated([self, PackedIds.of(sequences)])

    def joined(self, members):
        """The `PackedIds` of some sequences.

        Args:
            members: int (n,), which ones; a sequence may come again.
        """
        lengths = self.starts[members + 1] - self.starts[members]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        return PackedIds(_ranges(self.ids, self.starts[members], lengths), starts)

    def gather(self, members, width, first=0, last=None):
        """Some sequences as rows, without their first or last ids, padded.

        Args:
            members: int (B,), which sequences.
            width: ids of a row.
            first: ids left out at the beginning of each.
            last: ids left out at the end, as a negative number; None for none.

        Returns:
            int32 (B, width).
        """
        starts = self.starts[members] + first
        lengths = self.starts[members + 1] + (last or 0) - starts
        lengths = np.clip(lengths, 0, width)
        rows = np.full((len(members), width), PAD, "int32")
        rows[np.arange(width) < lengths[:, None]] = _ranges(self.ids, starts, lengths)
        return rows

    def first_outside(self, size):
        """The number of the first sequence with an id that is not in 0 ... size - 1.

        None if there is none.
        """
        for begin in range(0, len(self.ids), BLOCK):
            block = self.ids[begin : begin + BLOCK]
            wrong = (block < 0) | (block >= size)
            if wrong.any():
                place = begin + int(np.argmax(wrong))
                return int(np.searchsorted(self.starts, place, "right")) - 1
        return None

    def only_padding(self, first):
        """Yields, block by block, the numbers of sequences that hold only `PAD`.

        Args:
            first: ids at the beginning of each that do not count.
        """
        for begin in range(0, len(self), ROWS):
            starts = self.starts[begin : begin + ROWS + 1]
            real = self.ids[starts[0] : starts[-1]] != PAD
            before = np.concatenate([[0], np.cumsum(real)])
            places = starts - starts[0]
            counted = np.minimum(places[:-1] + first, places[1:])
            yield begin + np.flatnonzero(before[places[1:]] == before[counted])


def _ranges(ids, starts, lengths):
    """`ids[start : start + length]` of each start, one after the other."""
    if not isinstance(ids, np.ndarray):
        return ids.ranges(starts, lengths)
    ends = np.cumsum(lengths)
    moved = np.repeat(starts - ends + lengths, lengths)
    return ids.take(moved + np.arange(len(moved)))


@dataclasses.dataclass(frozen=True, eq=False)
class PackedPairs(collections.abc.Sequence):
    """A sequence of `(source_ids, target_ids)` lists that is held in arrays.

    It takes the bytes of its ids and 16 bytes a pair.

    Args:
        source, target: the `PackedIds` of both sides.
    """

    source: PackedIds
    target: PackedIds

    @classmethod
    def of(cls, pairs):
        """The `PackedPairs` of any sequence of pairs; of packed ones these.

        Args:
            pairs: a sequence of pairs, or an object whose `pairs` are one, such as
                `EncodedPairs`.
        """
        pairs = getattr(pairs, "pairs", pairs)
        if isinstance(pairs, cls):
            return pairs
        return cls(*(PackedIds.of([pair[side] for pair in pairs]) for side in (0, 1)))

    @property
    def sides(self):
        """Source and target."""
        return self.source, self.target

    def __len__(self):
        return len(self.source)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [*zip(self.source[index], self.target[index], strict=True)]
        return self.source[index], self.target[index]
