"""Reads the parts of a corpus once: counts, checksums, and a sample of train."""

import concurrent.futures
import contextlib
import dataclasses
import hashlib
import logging
import operator

from keras_nmt.corpora.corpus import MOST_COPIES
from keras_nmt.corpora.formats.blocks import blocks_of
from keras_nmt.corpora.formats.pairs import has_blank
from keras_nmt.errors import InputError

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


def blocks(pairs, part, size):
    """Yields `Block`s of up to `size` pairs, and how many pairs were blank.

    Only train leaves out pairs with a blank side.
    """
    for block in blocks_of(pairs, size):
        kept = block
        if part == "train" and block.has_blanks:
            places = range(len(block))
            kept = block.select([k for k in places if not has_blank(block[k])])
        yield kept, len(block) - len(kept)


def read_part(pairs, part, size, takes=()):
    """Reads a part.

    Args:
        pairs: an iterable of `Pair`.
        part: its name.
        size: pairs of a block.
        takes: functions that are called with each `Block`.

    Returns:
        `PartRead`.
    """
    found = PartRead(blank=getattr(pairs, "blank", 0))
    with contextlib.ExitStack() as stack:
        digests = [stack.enter_context(_Digest()) for _ in range(2)]
        lengths = _Lengths()
        for block, blank in blocks(pairs, part, size):
            found.pairs += len(block)
            found.blank += blank
            for lines, digest in zip(block.encoded, digests, strict=True):
                both = 2 * lines
                both[::2], both[1::2] = map(lengths.__getitem__, map(len, lines)), lines
                digest.update(b"".join(both))
            found.copies += sum(map(operator.eq, block.source, block.target))
            for take in takes:
                take(block)
        names = zip(("source", "target"), digests, strict=True)
        found.sha256 = {side: digest.hexdigest() for side, digest in names}
    return found


class _Digest:
    """SHA-256 of text, by a thread of its own, while more is read."""

    def __init__(self):
        self._digest = hashlib.sha256()
        self._thread = concurrent.futures.ThreadPoolExecutor(1)
        self._last = self._thread.submit(int)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._thread.shutdown()

    def update(self, content):
        self._last.result()  # no more than one block waits
        self._last = self._thread.submit(self._digest.update, content)

    def hexdigest(self):
        self._last.result()
        return self._digest.hexdigest()


class _Lengths(dict):
    """Lengths as they stand before lines in the checksum."""

    def __missing__(self, length):
        text = self[length] = b"%d:" % length
        return text


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
