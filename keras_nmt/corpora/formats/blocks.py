"""Pairs in blocks of some thousand, which is several times faster than one by one."""

import collections.abc
import dataclasses
import functools
import itertools

from keras_nmt.corpora.formats.pairs import Pair, has_blank

SIZE = 10_000
"""Pairs of a block, where nothing else asks for another size."""


@dataclasses.dataclass(frozen=True, eq=False)
class Block:
    """Pairs that follow one another: a list of lines for each side.

    Args:
        source, target: lists of lines; `target[n]` translates `source[n]`.
        numbers: the line of the file where each pair begins.
    """

    source: list
    target: list
    numbers: collections.abc.Sequence

    def __len__(self):
        return len(self.source)

    def __getitem__(self, place):
        return self.source[place], self.target[place]

    @property
    def sides(self):
        """Source and target."""
        return self.source, self.target

    @functools.cached_property
    def encoded(self):
        """Both sides as lists of bytes in UTF-8."""
        return [*map(_encoded, self.sides)]

    @property
    def has_blanks(self):
        """Whether a side of any pair has no text."""
        return any(map(has_blank, self.sides))

    def select(self, places):
        """The `Block` of the pairs at `places`, in that order."""
        columns = self.source, self.target, self.numbers
        return Block(*([column[place] for place in places] for column in columns))

    def pairs(self):
        """An iterator over the `Pair`s."""
        return map(Pair, self.source, self.target, self.numbers)


class ReadInBlocks:
    """A reader that makes its pairs in `blocks(size)`."""

    def __iter__(self):
        for block in self.blocks(SIZE):
            yield from block.pairs()


def blocks_of(pairs, size):
    """Yields the `Block`s of an iterable of `Pair`, of up to `size` pairs each.

    A reader that has a method `blocks` makes them itself.
    """
    if hasattr(pairs, "blocks"):
        yield from pairs.blocks(size)
        return
    rest = iter(pairs)
    while some := [*itertools.islice(rest, size)]:
        yield Block(*map(list, zip(*some, strict=True)))


def _encoded(lines):
    try:
        return [*map(str.encode, lines)]
    except UnicodeEncodeError:  # JSON may hold half of a surrogate pair
        return [line.encode("utf-8", "surrogatepass") for line in lines]
