"""The name of a corpus, after which its runs are called, by its folder or file."""

import os
import pathlib

from keras_nmt.corpora.part_names import is_part
from keras_nmt.opened import without_compression
from keras_nmt.text.languages import base


def language_of(path):
    """The language at the end of a file's name; None if there is none."""
    name = without_compression(path.name).removesuffix(".txt")
    ending = name.rpartition(".")[2] if "." in name else ""
    return ending if ending != "txt" and base(ending) else None


def name_of(path):
    """The name of a corpus by its folder or file.

    >>> [name_of(x) for x in ("data/wmt", "deu.txt.gz", "Books.de-en.de", "a/dev.csv")]
    ['wmt', 'deu', 'Books', 'a']

    A file that is called like a part of a corpus has the name of its folder. Leading
    dots are left out, since reports skip hidden folders.
    """
    path = pathlib.Path(os.path.abspath(path))
    if path.is_dir():
        return path.name.lstrip(".") or "corpus"
    words = without_compression(path.name).lstrip(".").split(".")
    while len(words) > 1 and _is_ending(words[-1]):
        words.pop()
    if is_part(words[0]):
        return name_of(path.parent)
    return ".".join(words) or "corpus"


def _is_ending(word):
    """Whether a word of a file's name is a format, a language, or two languages."""
    ends = ("txt", "csv", "tsv", "tab", "tmx", "json", "jsonl", "ndjson")
    languages = base(word) is not None or all(map(base, word.split("-")))
    return word in ends or languages
