"""Two files: line n of one translates line n of the other."""

import dataclasses
import itertools
import os
from pathlib import Path

from keras_nmt.corpora.formats.blocks import Block, ReadInBlocks
from keras_nmt.corpora.formats.pairs import OnceLog
from keras_nmt.errors import InputError
from keras_nmt.text.lines import iterate_lines


@dataclasses.dataclass(frozen=True)
class TwoFiles(ReadInBlocks):
    """The pairs of two files of equal length.

    Raises (when iterated):
        InputError: the files have no lines or differ in their number; the message names
            both files.
    """

    source: Path
    target: Path
    languages: tuple = (None, None)
    log: OnceLog = dataclasses.field(default_factory=OnceLog, compare=False)

    @property
    def name(self):
        """The files, for messages."""
        return f"{self.source} and {self.target}"

    @property
    def paths(self):
        """The files that are read."""
        return self.source, self.target

    def check(self):
        """Refuses one file on both sides.

        Raises:
            InputError: the sides are one file.
        """
        both = self.source, self.target
        if all(map(os.path.exists, both)) and os.path.samefile(*both):
            raise InputError(
                f"{self.source} and {self.target} are the same file; give each "
                "language its own"
            )

    def blocks(self, size):
        """Yields the `Block`s of `size` pairs."""
        paths = self.source, self.target
        sides = [iterate_lines(path, self.log) for path in paths]
        number, count = 0, size
        while count == size:
            lines = [[*itertools.islice(side, size)] for side in sides]
            count = min(map(len, lines))
            first, number = number + 1, number + count
            if count:
                both = (side[:count] for side in lines)
                yield Block(*both, range(first, number + 1))
            longer = int(len(lines[1]) > count)
            if len(lines[longer]) > count:
                rest = itertools.chain(lines[longer][count:], sides[longer])
                raise _unequal(paths, longer, number, rest)
        if not number:
            raise InputError(f"{self.name} are empty: give text")


def _unequal(paths, longer, least, rest):
    """The error of files that differ in length.

    Args:
        paths: both files.
        longer: the place of the longer one in `paths`.
        least: lines of the shorter one.
        rest: lines of the longer one beyond these.
    """
    surplus, blank = 0, 0
    for line in rest:
        surplus += 1
        blank += not line.strip()
    counts = [least, least]
    counts[longer] += surplus
    mend = f"; {paths[longer]} ends in {surplus} blank lines: remove them"
    return InputError(
        f"{paths[0]} has {counts[0]} lines but {paths[1]} has {counts[1]}: line n of "
        f"one must translate line n of the other{mend if blank == surplus else ''}"
    )
