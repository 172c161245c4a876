"""Reads and checks parallel text.

A corpus is a folder of files `train.de`, `train.en`, `val.de`... in which line n of
one language translates line n of the other.
"""

import dataclasses
import hashlib
import logging
import operator
import os
import pathlib

from keras_nmt.corpora.layout import find_layout
from keras_nmt.errors import InputError
from keras_nmt.text.lines import read_lines

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
        return {
            part: getattr(self, part).fingerprints()
            for part in ("train", "validation", "test")
        }


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
    source, target = read_lines(source_path), read_lines(target_path)
    if len(source) != len(target):
        sides = {source_path: source, target_path: target}
        raise InputError(
            f"{source_path} has {len(source)} lines but {target_path} has "
            f"{len(target)}: line n of one must translate line n of the other"
            f"{_blank_end(sides)}"
        )
    if not source:
        raise InputError(f"{source_path} and {target_path} are empty: give text")
    return ParallelText(tuple(source), tuple(target))


def read_corpus(folder, source_language=None, target_language=None, test=None):
    """Reads a folder of `{train,val,test*}.{xx,yy}` files, plain or `.gz`.

    `valid`, `validation` and `dev` are read as `val`. Without a choice of languages the
    direction is German to English if the suffixes are `de` and `en`, otherwise from the
    alphabetically first suffix to the second. If one language is given, the other is
    the remaining suffix. If a file exists plain and as `.gz`, the plain one is read.
    Files that look like parts of the corpus but are not read are named in a warning.

    Train pairs with a blank side are dropped. Validation and test keep them, so that
    scores stay comparable.

    Args:
        folder: its name becomes the name of the corpus.
        source_language: suffix of the files to translate from, such as "de".
        target_language: suffix of the files to translate into, such as "en".
        test: name of the test set. The default is `test`, then `test_2016_flickr`, then
            the only one.

    Raises:
        InputError: files are missing, or the choice is not clear.
    """
    folder = pathlib.Path(folder)
    layout = find_layout(folder)
    languages = layout.direction(source_language, target_language)
    validation = layout.validation(languages)
    test = layout.test(languages, test)

    def part(name):
        return read_parallel(*(layout.path(name, x) for x in languages))

    train = _without_blank_pairs(part("train"), folder)
    _note_copies(train, folder)
    corpus = Corpus(_name(folder), *languages, train, part(validation), part(test))
    layout.note_ignored(languages)
    return corpus


def read_validation(folder, source_language=None, target_language=None):
    """The validation part alone of a folder, a `ParallelText`; see `read_corpus`."""
    layout = find_layout(pathlib.Path(folder))
    languages = layout.direction(source_language, target_language)
    part = layout.validation(languages)
    return read_parallel(*(layout.path(part, language) for language in languages))


def _name(folder):
    """The folder's name; without leading dots, since reports skip hidden folders."""
    return pathlib.Path(os.path.abspath(folder)).name.lstrip(".") or "corpus"


def _blank_end(sides):
    """The mend, if the surplus lines of the longer side are all blank."""
    lengths = [len(lines) for lines in sides.values()]
    path, lines = max(sides.items(), key=lambda item: len(item[1]))
    surplus = lines[min(lengths) :]
    if any(line.strip() for line in surplus):
        return ""
    return f"; {path} ends in {len(surplus)} blank lines: remove them"


def _note_copies(text, folder):
    copies = sum(map(operator.eq, text.source, text.target))
    if copies > MOST_COPIES * len(text):
        _LOG.warning(
            "%s: %d of %d train pairs have the same text on both sides; "
            "check that each language has its own file",
            *(folder, copies, len(text)),
        )


def _without_blank_pairs(text, folder):
    kept = [
        i for i in range(len(text)) if text.source[i].strip() and text.target[i].strip()
    ]
    if not kept:
        raise InputError(f"{folder}: every train pair has a blank side; give text")
    if len(kept) < len(text):
        dropped = len(text) - len(kept)
        _LOG.warning("%s: %d train pairs with a blank side dropped", folder, dropped)
    return dataclasses.replace(text.select(kept), blank=len(text) - len(kept))
