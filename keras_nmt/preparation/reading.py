"""Reads the parts of a corpus once: counts, checksums, and a sample of train."""

import dataclasses
import hashlib
import itertools
import logging

from keras_nmt.corpora.corpus import MOST_COPIES
from keras_nmt.errors import InputError

BLOCK = 10_000
"""Pairs that are read before they are passed on."""

_LOG = logging.getLogger("keras_nmt")


@dataclasses.dataclass
class PartRead:
    """What reading a part tells of it.

    Args:
        pairs: number of pairs, without those of train with a blank side.
        blank: number of the others.
        copies: pairs with the same text on both sides.
        sha256: `{"source": SHA-256, "target": SHA-256}`, as `Corpus.fingerprints`.
    """

    pairs: int = 0
    blank: int = 0
    copies: int = 0
    sha256: dict = dataclasses.field(default_factory=dict)


def blocks(pairs, part, size=BLOCK):
    """Yields lists of `(source, target, number)`, and how many pairs were blank.

    Only train leaves out pairs with a blank side.
    """
    source = iter(pairs)
    while block := [*itertools.islice(source, size)]:
        kept = block
        if part == "train":
            kept = [pair for pair in block if pair[0].strip() and pair[1].strip()]
        yield kept, len(block) - len(kept)


def read_part(pairs, part, takes=()):
    """Reads a part.

    Args:
        pairs: an iterable of `Pair`.
        part: its name.
        takes: functions that are called with each block of pairs.

    Returns:
        `PartRead`.
    """
    found = PartRead(blank=getattr(pairs, "blank", 0))
    digests = hashlib.sha256(), hashlib.sha256()
    for block, blank in blocks(pairs, part):
        found.pairs += len(block)
        found.blank += blank
        for side, digest in enumerate(digests):
            lines = (x[side].encode("utf-8", "surrogatepass") for x in block)
            digest.update(b"".join(b"%d:%b" % (len(x), x) for x in lines))
        found.copies += sum(source == target for source, target, _ in block)
        for take in takes:
            take(block)
    names = zip(("source", "target"), digests, strict=True)
    found.sha256 = {side: digest.hexdigest() for side, digest in names}
    return found


def check_train(found, place):
    """Warns of blank pairs and copies in train, as `corpus.load` does.

    Raises:
        InputError: no pair of train has text.
    """
    if not found.pairs:
        raise InputError(f"{place}: every train pair has a blank side; give text")
    if found.blank:
        _LOG.warning("%s: %d train pairs with a blank side dropped", place, found.blank)
    if found.copies > MOST_COPIES * found.pairs:
        _LOG.warning(
            "%s: %d of %d train pairs have the same text on both sides; "
            "check that each language has its own file",
            *(place, found.copies, found.pairs),
        )
