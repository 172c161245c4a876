"""Finds files with the names of Moses and OPUS: `Books.de-en.de`, `Books.de-en.en`."""

import re

from keras_nmt.corpora.formats.opening import FORMATS
from keras_nmt.corpora.layout import Layout
from keras_nmt.corpora.part_names import VALIDATION, is_like_a_part, short_test_name
from keras_nmt.errors import InputError
from keras_nmt.opened import without_compression
from keras_nmt.text.languages import base

_VALIDATION = re.compile(rf"({'|'.join(VALIDATION)}|newsdev)(?![a-z])")
_TEST = re.compile(r"(news)?test")
_TRAIN = re.compile(r"train(ing)?(?![a-z])")
_OTHER = {*FORMATS, "txt", "xml", "zip", "ids", "scores", "md", "log"}


def prefixes(folder):
    """`{prefix: {language: path}}` of files PREFIX.xx and PREFIX.yy in a folder."""
    found = {}
    for path in sorted(folder.iterdir(), key=lambda path: (path.is_dir(), path.name)):
        prefix, _, language = without_compression(path.name).rpartition(".")
        if prefix.strip(".") and language not in _OTHER and base(language):
            found.setdefault(prefix, {}).setdefault(language, path)
    return {prefix: files for prefix, files in found.items() if len(files) > 1}


def find_moses(folder):
    """The `Layout` of a folder with such names; None if there are none.

    Prefixes that begin with val, valid, dev... are the validation set, those with test
    or newstest are test sets. Train is the one that begins so, or the only other one.

    Raises:
        InputError: several prefixes may be train, the validation set, or one test set.
    """
    # macOS writes `._Books.de-en.de` beside each file of a foreign disk.
    there = {x: y for x, y in prefixes(folder).items() if not x.startswith(".")}
    tests = [prefix for prefix in there if _TEST.match(prefix)]
    validation = [prefix for prefix in there if _VALIDATION.match(prefix)]
    rest = [prefix for prefix in there if prefix not in {*tests, *validation}]
    trains = [prefix for prefix in rest if _TRAIN.match(prefix)] or rest
    if not trains:
        return None
    of_test = {}
    for prefix in tests:
        of_test.setdefault(short_test_name(prefix), []).append(prefix)
    roles = [("train", trains), ("validation", validation), *of_test.items()]
    for role, names in roles:
        if len(names) > 1:
            raise InputError(
                f"{folder}: {', '.join(names)} may each be {role}; name one, "
                f"--corpus {folder / trains[0]}, or put the files of one in a folder"
            )
    files = {("train", x): path for x, path in there[trains[0]].items()}
    for prefix in validation:
        files |= {("val", x): path for x, path in there[prefix].items()}
    for prefix in tests:
        name = short_test_name(prefix)
        files |= {(name, x): path for x, path in there[prefix].items()}
    unread = [f"{x}.*" for x in rest if x not in trains]
    strays = {*folder.iterdir()} - {*files.values()}
    unread += [path.name for path in strays if is_like_a_part(path.name)]
    return Layout(folder, files, tuple(unread))


def find_prefix(path):
    """The `Layout` of train files PATH.xx and PATH.yy; None if there are none."""
    if not path.parent.is_dir():
        return None
    files = prefixes(path.parent).get(path.name)
    if files is None:
        return None
    return Layout(path, {("train", x): file for x, file in files.items()}, ())
