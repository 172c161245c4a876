"""Parallel text: read it, check it, keep its two sides aligned.

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
"""Of the train pairs may be their own translation; with more there is a warning."""

_LOG = logging.getLogger("keras_nmt")


@dataclasses.dataclass(frozen=True)
class ParallelText:
    """Lines and their translations; `source[n]` belongs to `target[n]`.

        >>> text = ParallelText(("Ein Hund.", "Ja."), ("A dog.", "Yes."))
        >>> len(text), text.select([1]).target
        (2, ('Yes.',))

    Args:
        source: lines of one language.
        target: lines of the other.
        numbers: where each pair stood in its files, from 1; None if none is left out.
        blank: how many pairs of the files were left out for a blank side.

    Raises:
        InputError: when the two sides differ in length.
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
        """The pairs at `indices`, in that order, as a text of their own."""
        return ParallelText(
            tuple(self.source[i] for i in indices),
            tuple(self.target[i] for i in indices),
            self.line_numbers(indices),
        )

    def line_numbers(self, indices):
        """Where the pairs at `indices` stood in their files, from 1."""
        return tuple(self.numbers[i] if self.numbers else i + 1 for i in indices)


@dataclasses.dataclass(frozen=True)
class Corpus:
    """A parallel text in its fixed parts, and which language is which."""

    name: str
    source_language: str
    target_language: str
    train: ParallelText
    validation: ParallelText
    test: ParallelText

    def fingerprints(self):
        """`{part: {side: SHA-256}}` of the lines as they were read.

        Two corpora with equal fingerprints train and score a run alike.
        """
        return {
            part: getattr(self, part).fingerprints()
            for part in ("train", "validation", "test")
        }


def _fingerprint(lines):
    digest = hashlib.sha256()
    for line in lines:
        content = line.encode("utf-8", "surrogatepass")
        # With its length before it no line can run into the next.
        digest.update(b"%d:" % len(content) + content)
    return digest.hexdigest()


def read_parallel(source_path, target_path):
    """Reads two files whose lines translate each other into a `ParallelText`.

    Raises:
        InputError: naming both files, when their line counts differ or are zero.
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

    `valid`, `validation` and `dev` are understood as `val`. The direction of
    translation, where it is not given: German to English when the suffixes are `de`
    and `en`; otherwise from the alphabetically first suffix to the second. With one
    language given the other is the remaining suffix. Where a file is there both
    plain and as `.gz`, the plain one is read. Files that look like parts of the
    corpus and are not read are named in a warning.

    A pair with a blank side teaches nothing and is dropped from train; validation
    and test keep theirs, so that scores stay comparable and line numbers true.

    Args:
        folder: its name becomes the name of the corpus.
        source_language: suffix of the files to translate from, such as "de".
        target_language: suffix of the files to translate into, such as "en".
        test: name of the test set; by default `test`, then `test_2016_flickr`,
            then the only one there is.

    Raises:
        InputError: when files are missing or the choice is not clear.
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


def _name(folder):
    """The folder's own name, such that a run folder of that name is seen."""
    return pathlib.Path(os.path.abspath(folder)).name.lstrip(".") or "corpus"


def _blank_end(sides):
    """The mend, where the longer side has nothing more than blank lines."""
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
