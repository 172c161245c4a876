"""Reads files or raises `InputError`; writes files completely or not at all."""

import csv
import hashlib
import io
import json
from pathlib import Path

from keras_nmt.atomic import replacing
from keras_nmt.errors import InputError

LONGEST_CELL = 2**31 - 1
"""Characters; the csv module's limit is a C long, which may have 32 bits."""


class MissingFile(InputError):
    """The file does not exist; callers often treat that as "not written yet"."""


def write_whole(path, content):
    """Replaces `path` by `content`; no reader ever sees part of a file.

    Args:
        path: where to write; missing folders are made.
        content: `str` (stored as UTF-8, line ends unchanged) or `bytes`. Characters
            of file names that UTF-8 cannot encode are written as `\\udcff`, which JSON
            decodes to the original.

    Raises:
        InputError: `path` cannot be written.
    """
    path = Path(path)
    if isinstance(content, str):
        content = content.encode("utf-8", "backslashreplace")
    with replacing(path) as unfinished:
        unfinished.write_bytes(content)
    return path


def digest_of_file(path):
    """The SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path, value):
    """Stores a JSON value, indented for reading and for git's diffs."""
    return write_whole(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_cells(path, delimiter=","):
    """All rows of a table; a row of another width than the first is an error."""
    # Longer cells are an error of the csv module; its limit belongs to the process.
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL))
    text = io.StringIO(read_text(path), newline="")
    try:
        rows = list(csv.reader(text, delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise InputError(f"{path}: {error}") from error
    if not rows:
        raise InputError(f"{path} is empty; expected a header row")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise InputError(
                f"{path}: row {number} has {len(row)} cells, expected {len(rows[0])}"
            )
    return rows


def read_object(path):
    """A JSON object as a dict."""
    try:
        content = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise InputError(f"{path} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected a JSON object. Received: {content!r:.40}")
    return content


def read_text(path):
    """The text of a file, its line ends unchanged."""
    try:
        return Path(path).read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise MissingFile(f"{path} is missing") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text: {error}") from error
