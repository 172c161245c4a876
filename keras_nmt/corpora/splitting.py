"""Takes validation and test away from train, the same pairs every time.

Each source line has a number, a hash of the line and a seed. The lines with the
smallest numbers are taken. So pairs with the same source are in the same part, more
text moves few pairs. The text is read once for it, and the pairs that are taken are
held.
"""

import bisect
import dataclasses
import hashlib
import heapq
import itertools

from keras_nmt.corpora.formats.blocks import SIZE, ReadInBlocks, blocks_of
from keras_nmt.errors import InputError

SEED = 0
"""Fixed, so that runs with different seeds are scored on the same test set."""

SPARE = 2
"""Sources held for each that is taken, since one with many pairs may find no room."""

MOST = 0.5
"""The largest share of train that may be taken."""


def split(sources, count):
    """The `Sources` with the parts that it lacks, each of up to `count` pairs.

    Pairs with a blank side stay in train.

    Args:
        sources: `Sources` with train.
        count: pairs of validation, and of test, where it lacks them.

    Raises:
        InputError: count is below 1, or train has too few pairs.
    """
    if count < 1:
        raise InputError(f"--split {count}: give at least 1")
    lacking = [x for x in ("validation", "test") if x not in sources.parts]
    if not lacking:
        sources.log.warning(
            "%s: has validation and test; --split takes nothing", sources.place
        )
        return sources
    train = sources.parts["train"]
    smallest, total = _smallest(train, SPARE * count * len(lacking), count)
    if count * len(lacking) > MOST * total:
        most = int(MOST * total) // len(lacking)
        raise InputError(
            f"{sources.place}: --split {count} would take {count * len(lacking):,} of "
            f"{total:,} pairs away from train; give {most} or less"
        )
    taken = _taken(smallest, lacking, count)
    for part in lacking:
        if not taken[part]:
            raise InputError(
                f"{sources.place}: --split {count} finds no pairs for {part}: its "
                "sources come too often in train; give a larger number"
            )
    sources.log.warning(
        "%s: %s taken away from train, the same every time (--split %d)",
        sources.place,
        " and ".join(f"{len(taken[part]):,} pairs for {part}" for part in lacking),
        count,
    )
    places = sorted(place for part in lacking for place in taken[part])
    parts = {part: _Taken(train, [*taken[part].values()]) for part in lacking}
    parts["train"] = _Rest(train, places)
    return dataclasses.replace(sources, parts={**sources.parts, **parts})


@dataclasses.dataclass(frozen=True)
class _Taken:
    """Pairs that were taken away from train."""

    train: object
    pairs: list

    @property
    def name(self):
        return self.train.name

    @property
    def paths(self):
        return self.train.paths

    def __iter__(self):
        return iter(self.pairs)


@dataclasses.dataclass(frozen=True)
class _Rest(ReadInBlocks):
    """The pairs of train without those at some places, which rise."""

    train: object
    places: list

    @property
    def name(self):
        return self.train.name

    @property
    def paths(self):
        return self.train.paths

    def blocks(self, size):
        """Yields `Block`s of up to `size` pairs."""
        first = 0
        for block in blocks_of(self.train, size):
            end = first + len(block)
            near = [bisect.bisect_left(self.places, place) for place in (first, end)]
            gone = {place - first for place in self.places[slice(*near)]}
            if gone:
                block = block.select([k for k in range(len(block)) if k not in gone])
            first = end
            yield block


def _key(line):
    """A number for a source line, without its case and white space."""
    line = f"{SEED} {' '.join(line.split()).casefold()}"
    digest = hashlib.blake2b(line.encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), "big")


def _smallest(pairs, count, most):
    """`{key: {place: pair}}` of the `count` smallest keys, and the number of pairs.

    Pairs with a blank side do not count. More than `most` pairs of a key are not held.
    """
    found, largest, total = {}, [], 0
    places = itertools.count()
    for block in blocks_of(pairs, SIZE):
        keys = map(_key, block.source)
        for key, pair, place in zip(keys, block.pairs(), places, strict=False):
            if pair.is_blank:
                continue
            total += 1
            if key in found:
                if len(found[key]) <= most:
                    found[key][place] = pair
            elif len(found) < count or key < -largest[0]:
                found[key] = {place: pair}
                heapq.heappush(largest, -key)
                if len(found) > count:
                    del found[-heapq.heappop(largest)]
    return found, total


def _taken(smallest, parts, count):
    """`{part: {place: pair}}`: keys in order, to the first part with room for them."""
    taken = {part: {} for part in parts}
    for key in sorted(smallest):
        pairs = smallest[key]
        part = next((x for x in parts if len(taken[x]) + len(pairs) <= count), None)
        if part is not None:
            taken[part] |= pairs
    return {part: dict(sorted(found.items())) for part, found in taken.items()}
