"""Writes a corpus as a folder, without the train pairs that rules tell to drop."""

import collections
import contextlib
import csv
import dataclasses
import hashlib
import shutil

from keras_nmt.atomic import replacing
from keras_nmt.corpora.formats.pairs import Counted, Pair
from keras_nmt.errors import InputError
from keras_nmt.text.languages import same

DROPPED = "dropped.tsv"
"""The file of dropped pairs, in the folder of the cleaned corpus."""

FILES = {"train": "train", "validation": "val", "test": "test"}

MARKS = 'written without a byte order mark at the start or "\\r" at the end of a line'
"""What is said of pairs that would otherwise be read back differently."""

ALLOWED = 20
"""Characters by which a side may always be longer than the other."""


@dataclasses.dataclass(frozen=True)
class Rules:
    """The rules by which a pair of lines is dropped from train.

    Args:
        max_characters: most characters of a side.
        max_ratio: how many times longer one side may be than the other, after the mean
            ratio of the corpus is divided out. `ALLOWED` characters are free.
        mean_ratio: characters of all targets by characters of all sources.
    """

    max_characters: int = 1000
    max_ratio: float = 3.0
    mean_ratio: float = 1.0

    def fault(self, pair):
        """Why a pair is dropped by itself: blank, length, ratio, copy; or ""."""
        if pair.is_blank:
            return "blank"
        lengths = len(pair.source), len(pair.target)
        if max(lengths) > self.max_characters:
            return "length"
        shorter, longer = sorted((lengths[0] * self.mean_ratio, lengths[1]))
        if longer > self.max_ratio * shorter + ALLOWED:
            return "ratio"
        if pair.source.strip() == pair.target.strip():
            return "copy"
        return ""

    def lines(self):
        """The rules in words, a line each."""
        return (
            "blank: a side has no text",
            f"length: a side has more than {self.max_characters:,} characters",
            f"ratio: a side has more than {self.max_ratio:g} times the characters of "
            f"the other, and {ALLOWED} (a target has {self.mean_ratio:.2f} times the "
            "characters of its source on average)",
            "copy: source and target are the same",
            "overlap: validation or test has the same source",
            "duplicate: an earlier pair has the same source and target",
        )


def rules_for(pairs, max_characters, max_ratio):
    """The `Rules` with the mean ratio of these pairs, but for very long ones."""
    source = target = 0
    for pair in pairs:
        if max(map(len, pair[:2])) <= max_characters:
            source += len(pair.source)
            target += len(pair.target)
    mean = target / source if source and target else 1.0
    return Rules(max_characters, max_ratio, mean)


def line_key(line):
    """A number for a line, without its case and white space."""
    content = " ".join(line.split()).casefold().encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big")


def pair_key(pair):
    """A number for a pair, exactly as it is written."""
    content = f"{pair.source}\n{pair.target}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big")


def clean(sources, folder, rules):
    """Writes train without what the rules drop, and the other parts as they are.

    Args:
        sources: `Sources`.
        folder: where to write `train.xx`, ..., and `DROPPED`; absent or empty.
        rules: `Rules`.

    Returns:
        the names of both languages in the folder, and `Counter` of the reasons; the
        pairs kept have the reason "".

    Raises:
        InputError: the folder has files, or cannot be written, or nothing is left.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: is there already; name a folder that is not")
    languages = _suffixes(sources.languages)
    try:
        counts = _write(sources, folder, rules, languages)
    except BaseException:
        # Half a corpus would look like a whole one.
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return languages, counts


def _write(sources, folder, rules, languages):
    """Writes the files; returns the `Counter` of reasons."""
    known = set()
    for part in ("validation", "test"):
        if part in sources.parts:
            with _writers(folder, FILES[part], languages) as write:
                for pair in _plain(sources, part, folder):
                    known.add(line_key(pair.source))
                    write(pair)
    counts, seen = collections.Counter(), set()
    with (
        _writers(folder, FILES["train"], languages) as write,
        replacing(folder / DROPPED) as path,
        path.open("w", encoding="utf-8", newline="") as file,
    ):
        table = csv.writer(file, "excel-tab", lineterminator="\n")
        table.writerow(("line", "reason", "source", "target"))
        for pair in _plain(sources, "train", folder):
            reason = rules.fault(pair) or _seen(pair, known, seen)
            counts[reason] += 1
            if reason:
                table.writerow((pair.number, reason, pair.source, pair.target))
            else:
                write(pair)
    if not counts[""]:
        reasons = ", ".join(f"{count:,} {x}" for x, count in counts.items() if x)
        raise InputError(
            f"{sources.place}: the rules drop every pair of train ({reasons}); give "
            "other text, or other --max-characters and --max-ratio"
        )
    return counts


def _plain(sources, part, folder):
    """Yields the pairs of a part without the marks that reading would remove."""
    counted = Counted()
    for pair in sources.parts[part]:
        lines = [line.lstrip("\ufeff").rstrip("\r") for line in pair[:2]]
        if lines != [*pair[:2]]:
            counted.add(f"{part} pairs {MARKS}", pair.number)
            pair = Pair(*lines, pair.number)
        yield pair
    counted.tell(folder, sources.log)


def _seen(pair, known, seen):
    if line_key(pair.source) in known:
        return "overlap"
    key = pair_key(pair)
    if key in seen:
        return "duplicate"
    seen.add(key)
    return ""


def _suffixes(languages):
    """The endings of the files; "src" and "tgt" if the languages are not two."""
    source, target = (language.replace(".", "-") for language in languages)
    return ("src", "tgt") if same(source, target) else (source, target)


@contextlib.contextmanager
def _writers(folder, name, languages):
    """Yields a function that writes a pair to the two files of a part."""
    with contextlib.ExitStack() as stack:
        files = [
            stack.enter_context(
                stack.enter_context(replacing(folder / f"{name}.{language}")).open(
                    "w", encoding="utf-8", errors="surrogatepass", newline=""
                )
            )
            for language in languages
        ]

        def write(pair):
            for file, line in zip(files, pair[:2], strict=True):
                file.write(line + "\n")

        yield write
