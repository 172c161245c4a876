"""The names of files that are part of a corpus."""

import re

from keras_nmt.corpora.formats.opening import FORMATS
from keras_nmt.opened import without_compression

VALIDATION = ("val", "valid", "validation", "dev")
"""The names that a validation set may have."""

PAIR = r"[A-Za-z]{2,3}(?:[_-][A-Za-z]{2,4}){1,3}"
"""Two languages, as in `train.de-en.de`."""

NEWS = r"news(?:test|dev)[^.]*"
"""Test and validation sets of WMT: `newstest2014`, `newsdev2016`."""

_PART = rf"train|{'|'.join(VALIDATION)}|test[^.]*"
_MIDDLE = rf"(?:tok|clean|norm|lc|low|true|tc|bpe|sp|raw|{PAIR})"

SHORT = rf"({_PART}|{NEWS})\.([^.]+)"
"""`train.de`"""

LONG = rf"({_PART}|{NEWS})(?:\.{_MIDDLE})*\.([^.]+?)(?:\.txt)?"
"""`train.tok.de`, `train.de-en.de`, `train.de.txt`"""

_LIKE_A_PART = re.compile(rf"(?:{_PART}|{NEWS})\..*")


def is_part(word):
    """Whether a word is the name of a part of a corpus, such as "dev" or "test_a"."""
    return bool(re.fullmatch(_PART, word))


def is_like_a_part(name):
    """Whether a file's name begins with the name of a part."""
    return bool(_LIKE_A_PART.fullmatch(name))


def short_test_name(name):
    """The name of a test set by what its files are called before their language.

    >>> short_test_name("newstest2014.de-en")
    'test2014'
    """
    return name.removeprefix("news").partition(".")[0]


def files_of_parts(paths, pattern):
    """The files whose names are of a pattern, and names of others that begin so.

    Args:
        paths: of files; of two with the same part and language the first is taken.
        pattern: `SHORT` or `LONG`.

    Returns:
        `{(part, language): path}`, and a tuple of names.
    """
    files, others = {}, []
    for path in paths:
        match = re.fullmatch(pattern, without_compression(path.name))
        if match and match[2] not in FORMATS and match.groups() not in files:
            files[match.groups()] = path
        elif match and match.groups() in files:
            others.append(f"{path.name} ({files[match.groups()].name} is)")
        elif is_like_a_part(path.name):
            others.append(path.name)
    files, unread = _with_news(files)
    return files, (*others, *unread)


def _with_news(files):
    """The files with those of WMT's sets as test and val; names of the unread ones."""
    of_news = {part: {} for part, _ in files if part.startswith("news")}
    for part, language in files:
        if part in of_news:
            of_news[part][language] = files[part, language]
    read = {key: path for key, path in files.items() if key[0] not in of_news}
    there = {part for part, _ in read}
    roles = {part: _role_of(part) for part in of_news if len(of_news[part]) > 1}
    unread = []
    for part, sides in of_news.items():
        role = roles.get(part)
        alike = VALIDATION if role == "val" else (role,)
        if [*roles.values()].count(role) == 1 and there.isdisjoint(alike):
            read |= {(role, language): path for language, path in sides.items()}
        else:
            unread += [path.name for path in sides.values()]
    return read, unread


def _role_of(part):
    return "val" if part.startswith("newsdev") else short_test_name(part)
