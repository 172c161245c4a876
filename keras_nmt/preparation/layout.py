"""The names of the files in a prepared folder, and manifest.json."""

import concurrent.futures
import re

from keras_nmt.errors import InputError
from keras_nmt.files import MissingFile, digest_of_file, read_object

MANIFEST = "manifest.json"
PROCESSORS = "processors.json"
SHARDS = "shards"
TOKENIZERS = "tokenizers.json"
LOCK = "lock"

SHARD = re.compile(r"(text-)?[a-z]+-\d{6}-[0-9a-f]{16}(-[0-9a-f]{24}\.npz)?")
"""The names of the files in `SHARDS`."""

FORMAT = 1
"""Of the folder; raised when its files change."""

SIDES = ("source", "target")


def ids(part, side):
    """The name of the file of ids, of the type that the manifest names."""
    return f"{part}.{side}.ids"


def starts(part, side):
    """The name of the file with the place of each pair's first id: int64 (n + 1,)."""
    return f"{part}.{side}.starts"


def lines(part):
    """The name of the file with the pairs' line numbers in their text: int64 (n,)."""
    return f"{part}.lines"


def kept(part):
    """The name of the file with the pairs' indices in their part: int64 (n,)."""
    return f"{part}.kept"


def text(part, side):
    """The name of the file with the lines of a part."""
    return f"{part}.{side}.txt"


def names(parts):
    """The names of all files that a preparation may have beside its shards."""
    of_parts = [name(part) for part in parts for name in (lines, kept)]
    of_sides = [
        name(part, side)
        for part in parts
        for side in SIDES
        for name in (ids, starts, text)
    ]
    return {MANIFEST, PROCESSORS, TOKENIZERS, *of_parts, *of_sides}


def read_manifest(folder):
    """The content of manifest.json; None if there is none.

    Raises:
        InputError: it is damaged or of another version.
    """
    try:
        found = read_object(folder / MANIFEST)
    except MissingFile:
        return None
    if found.get("format") != FORMAT:
        raise InputError(
            f"{folder / MANIFEST}: format {found.get('format')}, expected {FORMAT}; "
            "prepare the text again, in another folder"
        )
    if not isinstance(found.get("files"), dict):
        raise InputError(
            f"{folder / MANIFEST}: is not of prepared text; name another folder"
        )
    return found


def check_files(folder, manifest):
    """Compares the files with their checksums.

    Raises:
        InputError: a file is missing or altered.
    """
    paths = [folder / name for name in manifest["files"]]
    for path in paths:
        if not path.is_file():
            raise InputError(f"{path}: is missing; prepare the text again (--restart)")
    with concurrent.futures.ThreadPoolExecutor() as threads:  # on several cores
        digests = [*threads.map(digest_of_file, paths)]
    for path, digest in zip(paths, digests, strict=True):
        known = manifest["files"][path.name]
        if path.stat().st_size != known["bytes"] or digest != known["sha256"]:
            raise InputError(
                f"{path}: is cut short or altered: its checksum does not match; "
                "prepare the text again (--restart)"
            )
