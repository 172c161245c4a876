"""Parallel text: read it, check it, keep its two sides aligned.

A corpus is a folder of files `train.de`, `train.en`, `val.de`... in which line n of
one language translates line n of the other.
"""

import dataclasses
import hashlib
import logging
import os
import pathlib
import re

from keras_nmt.data.lines import read_lines
from keras_nmt.errors import InputError

_PREFERRED_TESTS = ("test", "test_2016_flickr")

_LOG = logging.getLogger("keras_nmt")
_FILE_NAME = re.compile(r"(train|val|test[^.]*)\.([^.]+?)(?:\.gz)?")


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

    Raises:
        InputError: when the two sides differ in length.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    numbers: tuple[int, ...] | None = dataclasses.field(default=None, compare=False)

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
        raise InputError(
            f"{source_path} has {len(source)} lines but {target_path} has "
            f"{len(target)}: line n of one must translate line n of the other"
        )
    if not source:
        raise InputError(f"{source_path} and {target_path} are empty: give text")
    return ParallelText(tuple(source), tuple(target))


def read_corpus(folder, source_language=None, target_language=None, test=None):
    """Reads a folder of `{train,val,test*}.{xx,yy}` files, plain or `.gz`.

    The direction of translation, where it is not given: German to English when the
    suffixes are `de` and `en`; otherwise from the alphabetically first suffix to the
    second. With one language given the other is the remaining suffix. Where a file
    is there both plain and as `.gz`, the plain one is read.

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
    files = _corpus_files(folder)
    languages = _direction(folder, files, source_language, target_language)
    test = test or _choose_test(folder, files, languages)

    def part(name):
        return read_parallel(*(_find(folder, files, name, x) for x in languages))

    name = pathlib.Path(os.path.abspath(folder)).name
    train = _without_blank_pairs(part("train"), folder)
    return Corpus(name, *languages, train, part("val"), part(test))


def _corpus_files(folder):
    """Maps (part, language) to the path of its file."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; check the path of the corpus")
    files = {}
    # Reverse order lets `train.de` stand where `train.de.gz` is there as well.
    for path in sorted(folder.iterdir(), reverse=True):
        match = _FILE_NAME.fullmatch(path.name)
        if match:
            files[match.groups()] = path
    return files


def _direction(folder, files, source, target):
    found = sorted({language for part, language in files if part == "train"})
    if len(found) < 2:
        raise InputError(
            f"{folder}: expected train.xx and train.yy for two languages, "
            f"found {found or 'neither'}; name the files so"
        )
    unknown = [x for x in (source, target) if x is not None and x not in found]
    if unknown or (source is not None and source == target):
        raise InputError(
            f"{folder}: languages {source!r} to {target!r} asked for; "
            f"choose two different ones of {found}"
        )
    if len(found) > 2 and None in (source, target):
        raise InputError(f"{folder}: give both languages, two of {found}")
    first, second = ("de", "en") if found == ["de", "en"] else found[:2]
    if source is None and target is None:
        return first, second
    if len(found) == 2:
        source = source or next(x for x in found if x != target)
        target = target or next(x for x in found if x != source)
    return source, target


def _choose_test(folder, files, languages):
    found = sorted({p for p, x in files if p.startswith("test") and x in languages})
    for name in _PREFERRED_TESTS:
        if name in found:
            return name
    if len(found) > 1:
        raise InputError(f"{folder}: several test sets, name one of {found}")
    return found[0] if found else "test"


def _find(folder, files, part, language):
    if (part, language) not in files:
        raise InputError(f"{folder}: no {part}.{language}; add that file (or its .gz)")
    path = files[part, language]
    if path.exists() and not (path.is_file() or path.is_dir()):
        # A named pipe, say: whoever opens it may wait for ever.
        raise InputError(f"{path}: no regular file; put a copy of its text there")
    return path


def _without_blank_pairs(text, folder):
    kept = [
        i for i in range(len(text)) if text.source[i].strip() and text.target[i].strip()
    ]
    if not kept:
        raise InputError(f"{folder}: every train pair has a blank side; give text")
    if len(kept) < len(text):
        dropped = len(text) - len(kept)
        _LOG.warning("%s: %d train pairs with a blank side dropped", folder, dropped)
    return text.select(kept)
