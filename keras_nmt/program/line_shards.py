"""Parts of a text for several processes, each of whole chunks of lines."""

import itertools
import re

from keras_nmt.errors import InputError


def shard_of(text):
    """The numbers `(i, n)` of "i/n".

    Raises:
        InputError: it is not that, or i is not from 1 to n.
    """
    found = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text)
    part, parts = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= part <= parts:
        raise InputError(f"--shard {text}: give i/n with i from 1 to n, such as 1/4")
    return part, parts


def chunks_of_shard(lines, count, size, shard):
    """Yields `(number of lines before, chunk)` of a shard.

    The chunks are those of the whole text, so the results of all shards, one after the
    other, are those of the text.

    Args:
        lines: all lines of the text.
        count: their number.
        size: lines of a chunk.
        shard: `(i, n)`; `(1, 1)` is the whole text, whose count does not matter.
    """
    part, parts = shard
    first, last = 0, None
    if parts > 1:
        chunks = -(-count // size)
        first, last = ((k * chunks // parts) * size for k in (part - 1, part))
    rest = itertools.islice(lines, first, last)
    while chunk := [*itertools.islice(rest, size)]:
        yield first, chunk
        first += len(chunk)


def count_lines(file):
    """The number of lines of a binary file, which is then at its beginning again.

    Raises:
        InputError: it cannot be read twice.
    """
    if not file.seekable():
        raise InputError(
            "--shard reads standard input twice; give a file (< FILE), not a pipe"
        )
    start, count, last = file.tell(), 0, b"\n"
    while block := file.read(1 << 20):
        count, last = count + block.count(b"\n"), block[-1:]
    file.seek(start)
    return count + (last != b"\n")
