"""The texts that `evaluate` reads, line by line and more than once."""

import dataclasses
import itertools

from keras_nmt.corpora.formats.pairs import OnceLog
from keras_nmt.errors import InputError
from keras_nmt.text.lines import iterate_lines, read_lines


class Lines:
    """The lines of a file; those of a pipe, which cannot be read again, are held.

    Args:
        path: its `Path`.
    """

    def __init__(self, path):
        self.path, self._log = path, OnceLog()
        is_pipe = path.exists() and not path.is_file()
        self._held = read_lines(path) if is_pipe else None

    def __iter__(self):
        if self._held is not None:
            return iter(self._held)
        return iterate_lines(self.path, self._log)


class Hypotheses:
    """The lines of translations in files, one file after the other.

    They are read as references are.

    Args:
        paths: of the files.
    """

    def __init__(self, paths):
        self._texts = [Lines(path) for path in paths]

    def __iter__(self):
        return itertools.chain.from_iterable(self._texts)

    def check(self, texts):
        """Refuses other numbers of lines than those of a `ScoredText`."""
        count = sum(1 for _ in self)
        if count != len(texts):
            raise InputError(
                f"{len(texts):,} lines but {count:,} hypotheses; give all parts, in "
                "their order"
            )


@dataclasses.dataclass
class ScoredText:
    """What is translated and what it is compared with.

    Args:
        sources: a list, or `Lines`.
        references: of the same kind, one or more.
        kept: indices of the lines that the protocol keeps, or None.
    """

    sources: object
    references: list
    kept: list | None = None

    def check(self):
        """Reads all lines once and counts them.

        Raises:
            InputError: there are none, or the sides differ in number.
        """
        self._count, *others = (
            sum(1 for _ in lines) for lines in (self.sources, *self.references)
        )
        for lines, count in zip(self.references, others, strict=True):
            if count != self._count:
                raise InputError(
                    f"{self.sources.path} has {self._count} lines but {lines.path} "
                    f"{count}; give one reference a source line"
                )
        if not self._count:
            raise InputError("no line to score; give at least one hypothesis")

    def __len__(self):
        return self._count
