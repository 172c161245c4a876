"""Finds the files of a folder that hold both languages: tables, TMX, JSON lines."""

import logging
import pathlib

from keras_nmt.corpora.formats.opening import ending_of
from keras_nmt.corpora.part_names import is_like_a_part, is_part
from keras_nmt.corpora.test_sets import some
from keras_nmt.errors import InputError
from keras_nmt.opened import without_compression

_LOG = logging.getLogger("keras_nmt")


def tables(folder):
    """`{part name: path}` of files such as train.csv, dev.tsv, test_a.jsonl."""
    found = {}
    for path in sorted(folder.iterdir()):
        name = without_compression(path.name).partition(".")[0]
        if is_part(name) and path.is_file() and ending_of(path):
            if name in found:
                raise InputError(
                    f"{folder}: {found[name].name} and {path.name} may each be {name}; "
                    "keep one and move the other away"
                )
            found[name] = path
    return found


def candidates(folder):
    """Files of a known format in a folder.

    A `.txt` file that cannot be looked into is none, with a warning, if there are
    others.

    Raises:
        InputError: it cannot be looked into, and there are no others.
    """
    found, errors = [], []
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            try:
                found += [path] if ending_of(path) else []
            except InputError as error:
                errors.append(error)
    if errors and not found:
        raise errors[0]
    for error in errors:
        _LOG.warning("not read: %s", error)
    return found


def note_unread(folder, read, named):
    """Warns of files that are called like parts of a corpus but are not read.

    Args:
        folder: where to look.
        read: paths of those that are, and of those that another message names.
        named: `{part: (source path, target path)}` of parts that are named file by
            file.
    """
    paths = [*read, *(pathlib.Path(path) for both in named.values() for path in both)]
    known = {path.resolve() for path in paths}
    unread = sorted(
        path.name
        for path in folder.iterdir()
        if is_like_a_part(path.name) and path.resolve() not in known
    )
    if unread:
        _LOG.warning(
            "%s: not read: %s; --test-source and --test-target, for example, name the "
            "files of a part",
            *(folder, some(unread)),
        )
