"""Takes validation and test away from train, the same pairs every time.

Each source line has a number, a hash of the line and a seed. The lines with the
smallest numbers are taken. So pairs with the same source are in the same part, more
text moves few pairs, and no more is held than is taken.
"""

import collections
import dataclasses
import hashlib
import heapq

from keras_nmt.corpora.formats.blocks import SIZE, blocks_of
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
    smallest, total = _smallest(train, SPARE * count * len(lacking))
    if count * len(lacking) > MOST * total:
        most = int(MOST * total) // len(lacking)
        raise InputError(
            f"{sources.place}: --split {count} would take {count * len(lacking):,} of "
            f"{total:,} pairs away from train; give {most} or less"
        )
    part_of = _assigned(smallest, lacking, count)
    taken = collections.Counter()
    for key, part in part_of.items():
        taken[part] += smallest[key]
    for part in lacking:
        if not taken[part]:
            raise InputError(
                f"{sources.place}: --split {count} finds no pairs for {part}: its "
                "sources come too often in train; give a larger number"
            )
    sources.log.warning(
        "%s: %s taken away from train, the same every time (--split %d)",
        sources.place,
        " and ".join(f"{taken[part]:,} pairs for {part}" for part in lacking),
        count,
    )
    parts = {part: _Part(train, part, part_of) for part in ("train", *lacking)}
    return dataclasses.replace(sources, parts={**sources.parts, **parts})


@dataclasses.dataclass(frozen=True)
class _Part:
    """The pairs of train whose source has a key of this part."""

    train: object
    part: str
    part_of: dict

    @property
    def name(self):
        return self.train.name

    def __iter__(self):
        for block in self.blocks(SIZE):
            yield from block.pairs()

    def blocks(self, size):
        """Yields `Block`s of up to `size` pairs."""
        for block in blocks_of(self.train, size):
            parts = [self.part_of.get(key, "train") for key in map(_key, block.source)]
            if block.has_blanks:
                both = zip(block.source, block.target, parts, strict=True)
                parts = [p if s.strip() and t.strip() else "train" for s, t, p in both]
            found = [place for place, part in enumerate(parts) if part == self.part]
            if found:
                yield block if len(found) == len(block) else block.select(found)


def _key(line):
    """A number for a source line, without its case and white space."""
    line = f"{SEED} {' '.join(line.split()).casefold()}"
    digest = hashlib.blake2b(line.encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), "big")


def _smallest(pairs, count):
    """`{key: number of its pairs}` of the `count` smallest keys, and all pairs."""
    found, largest, total = {}, [], 0
    for pair in pairs:
        if pair.is_blank:
            continue
        total += 1
        key = _key(pair.source)
        if key in found:
            found[key] += 1
        elif len(found) < count or key < -largest[0]:
            found[key] = 1
            heapq.heappush(largest, -key)
            if len(found) > count:
                del found[-heapq.heappop(largest)]
    return found, total


def _assigned(smallest, parts, count):
    """`{key: part}`: keys in order, to the first part with room for their pairs."""
    part_of, room = {}, dict.fromkeys(parts, count)
    for key in sorted(smallest):
        part = next((x for x in parts if smallest[key] <= room[x]), None)
        if part is not None:
            part_of[key] = part
            room[part] -= smallest[key]
    return part_of
