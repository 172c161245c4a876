"""Parallel text in memory, and corpora of three parts.

`read_corpus` makes one of any files that `sources` finds.
"""

import dataclasses
import hashlib
import logging
import operator
import pathlib

from keras_nmt.corpora.formats.pairs import Choice, has_blank
from keras_nmt.corpora.formats.two_files import TwoFiles
from keras_nmt.corpora.sources import PARTS, find_sources
from keras_nmt.corpora.splitting import split as split_sources
from keras_nmt.errors import InputError

MOST_COPIES = 0.5
"""A larger share of train pairs with equal sides causes a warning."""

_LOG = logging.getLogger("keras_nmt")


@dataclasses.dataclass(frozen=True)
class ParallelText:
    """Lines and their translations; `target[n]` translates `source[n]`.

        >>> text = ParallelText(("Ein Hund.", "Ja."), ("A dog.", "Yes."))
        >>> len(text), text.select([1]).target
        (2, ('Yes.',))

    Args:
        source: lines of one language.
        target: lines of the other.
        numbers: line number of each pair in its files, from 1; None if no pair was
            left out.
        blank: number of pairs that were left out because a side is blank.

    Raises:
        InputError: the two sides differ in length.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    numbers: tuple[int, ...] | None = dataclasses.field(default=None, compare=False)
    blank: int = dataclasses.field(default=0, compare=False)

    def __post_init__(self):
        if len(self.source) != len(self.target):
            raise InputError(
                f"parallel text: {len(self.source)} source lines but "
                f"{len(self.target)} target lines; make them equal in number"
            )

    def __len__(self):
        return len(self.source)

    def fingerprints(self):
        """`{"source": SHA-256, "target": SHA-256}` of the lines, in hexadecimal."""
        return {
            side: _fingerprint(getattr(self, side)) for side in ("source", "target")
        }

    @classmethod
    def of(cls, pairs):
        """The `ParallelText` of an iterable of `Pair`s."""
        source, target, numbers = [], [], []
        for pair in pairs:
            source.append(pair.source)
            target.append(pair.target)
            numbers.append(pair.number)
        is_counted = numbers == [*range(1, len(numbers) + 1)]
        return cls(tuple(source), tuple(target), None if is_counted else tuple(numbers))

    def select(self, indices):
        """A `ParallelText` of the pairs at `indices`, in that order."""
        return ParallelText(
            tuple(self.source[i] for i in indices),
            tuple(self.target[i] for i in indices),
            self.line_numbers(indices),
        )

    def line_numbers(self, indices):
        """The line numbers of the pairs at `indices` in their files, from 1."""
        return tuple(self.numbers[i] if self.numbers else i + 1 for i in indices)


@dataclasses.dataclass(frozen=True)
class Corpus:
    """A parallel text in three parts, with its two languages."""

    name: str
    source_language: str
    target_language: str
    train: ParallelText
    validation: ParallelText
    test: ParallelText

    def fingerprints(self):
        """`{part: {side: SHA-256}}` of the lines.

        Runs on two corpora with equal fingerprints give the same results.
        """
        return {part: getattr(self, part).fingerprints() for part in PARTS}


def _fingerprint(lines):
    digest = hashlib.sha256()
    for line in lines:
        content = line.encode("utf-8", "surrogatepass")
        # The length before each line keeps lines apart.
        digest.update(b"%d:" % len(content) + content)
    return digest.hexdigest()


def read_parallel(source_path, target_path):
    """Reads two files whose lines translate each other into a `ParallelText`.

    Raises:
        InputError: the files have no lines or differ in their number; the message names
            both files.
    """
    paths = pathlib.Path(source_path), pathlib.Path(target_path)
    return ParallelText.of(TwoFiles(*paths))


def read_corpus(
    path=None,
    source_language=None,
    target_language=None,
    test=None,
    *,
    source_column=None,
    target_column=None,
    files=None,
    split=None,
):
    """Reads a corpus: a folder, a table, TMX, JSON lines, or files of any names.

        >>> read_corpus("data/multi30k")  # train.de, train.en, val.de, ...
        >>> read_corpus("data/Books.de-en", split=1000)  # Books.de-en.de, and .en
        >>> read_corpus("deu.txt", source_column="2", target_column="1", split=1000)
        >>> read_corpus(files={"train": ("a.fr", "a.en")}, split=1000)

    A folder has files `{train,val,test*}.{xx,yy}`; `valid`, `validation` and `dev` are
    read as `val`. Without a choice of languages the direction is German to English, or
    else from the alphabetically first suffix to the second. Files that look like parts
    of the corpus but are not read are named in a warning. docs/your-own-text.md tells
    the other formats.

    Train pairs with a blank side are dropped. Validation and test keep them, so that
    scores stay comparable.

    Args:
        path: a folder, a file, or what two files have before `.xx` and `.yy`.
        source_language, target_language: codes in any usual form, such as "de", "deu".
        test: name of the test set. The default is `test`, then `test_2016_flickr`, then
            the only one.
        source_column, target_column: names or numbers (from 1) of the columns of a
            table, or keys of JSON lines.
        files: `{"train", "validation" or "test": (source file, target file)}`.
        split: pairs to take from train for validation, and for test, if there is none.

    Raises:
        InputError: files are missing, or the choice is not clear.
    """
    choice = Choice(source_language, target_language, source_column, target_column)
    try:
        sources = find_sources(path, choice, test, files)
    except FileNotFoundError:
        raise InputError(
            f"{path}: no such folder or file; check the path of the corpus"
        ) from None
    return load(sources if split is None else split_sources(sources, split))


def load(sources):
    """The `Corpus` of `Sources`, in memory.

    Raises:
        InputError: a part is missing, or no pair of train has text.
    """
    sources.require()
    text = {part: ParallelText.of(sources.parts[part]) for part in PARTS}
    text["train"] = _without_blank_pairs(text["train"], sources.place)
    _note_copies(text["train"], sources.place)
    return Corpus(sources.name, *sources.languages, **text)


def _note_copies(text, folder):
    copies = sum(map(operator.eq, text.source, text.target))
    if copies > MOST_COPIES * len(text):
        _LOG.warning(
            "%s: %d of %d train pairs have the same text on both sides; "
            "check that each language has its own file",
            *(folder, copies, len(text)),
        )


def _without_blank_pairs(text, folder):
    pairs = zip(text.source, text.target, strict=True)
    kept = [i for i, pair in enumerate(pairs) if not has_blank(pair)]
    if not kept:
        raise InputError(f"{folder}: every train pair has a blank side; give text")
    if len(kept) < len(text):
        dropped = len(text) - len(kept)
        _LOG.warning("%s: %d train pairs with a blank side dropped", folder, dropped)
    return dataclasses.replace(text.select(kept), blank=len(text) - len(kept))
