"""A pair of lines, and what all readers share."""

import dataclasses
import logging
from typing import NamedTuple

from keras_nmt.text.lines import is_blank, normalize

_LOG = logging.getLogger("keras_nmt")


def has_blank(lines):
    """Whether one of the lines has nothing that can be seen."""
    # A letter or digit at its beginning tells of most lines, and fast.
    return any(not line[:1].isalnum() and is_blank(line) for line in lines)


class Pair(NamedTuple):
    """A line and its translation; `number` is the line of the file where it begins."""

    source: str
    target: str
    number: int

    @property
    def is_blank(self):
        """Whether a side has no text."""
        return has_blank((self.source, self.target))


@dataclasses.dataclass(frozen=True)
class Choice:
    """What a user says of the two sides of a file; None where nothing is said.

    Args:
        source_language, target_language: codes in any usual form.
        source_column, target_column: names, or numbers from 1 as text.
    """

    source_language: str | None = None
    target_language: str | None = None
    source_column: str | None = None
    target_column: str | None = None

    @property
    def languages(self):
        return self.source_language, self.target_language

    @property
    def columns(self):
        return self.source_column, self.target_column

    def of(self, languages):
        """The same choice with these languages."""
        source, target = languages
        return dataclasses.replace(self, source_language=source, target_language=target)


class OnceLog:
    """Logs each warning once, however often the same file is read."""

    def __init__(self):
        self._said = set()

    def warning(self, message, *values):
        line = message % values
        if line not in self._said:
            self._said.add(line)
            _LOG.warning("%s", line)


class _Silent(OnceLog):
    def warning(self, message, *values):
        pass


SILENT = _Silent()
"""For looking into a file that is read again."""


class Counted:
    """Counts things by kind, with the line of the first, for one warning a kind."""

    def __init__(self):
        self._found = {}

    def add(self, kind, number, count=1):
        total, first = self._found.get(kind, (0, number))
        self._found[kind] = total + count, first

    def items(self):
        """Yields `(kind, number of them, line of the first)`."""
        for kind, (total, first) in self._found.items():
            yield kind, total, first

    def tell(self, path, log):
        """Warns `path: 3 rows ... (the first in line 7)` of each kind."""
        for kind, total, first in self.items():
            log.warning(
                "%s: %s %s (the first in line %s)", path, f"{total:,}", kind, first
            )


def has_breaks(text):
    """Whether a text has line breaks or tabs, which a line cannot hold."""
    return "\n" in text or "\r" in text or "\t" in text


def pair_of(source, target, number, counted, unit):
    """The `Pair` of two cells, each made one normalized line; what changed is counted.

    Args:
        source, target: text that may hold line breaks.
        number: the line where it begins.
        counted: a `Counted`.
        unit: "rows", "units"... for the warning.
    """
    if has_breaks(source) or has_breaks(target):
        counted.add(f"{unit} with line breaks or tabs made spaces", number)
    lines = one_line(source), one_line(target)
    normal = tuple(map(normalize, lines))
    if normal != lines:
        counted.add(f"{unit} normalized to Unicode NFC", number)
    return Pair(*normal, number)


def one_line(text):
    """A text without line breaks, tabs, and white space around it."""
    return " ".join(text.split()) if has_breaks(text) else text.strip()
