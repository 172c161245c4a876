"""Files read in full or refused, and written whole or not at all."""

import csv
import io
import json
from pathlib import Path

from keras_nmt.atomic import replacing
from keras_nmt.errors import InputError

LONGEST_CELL = 2**31 - 1
"""Characters; what a C long holds everywhere."""


class MissingFile(InputError):
    """A file that is not there: often just not written yet, hence its own name."""


def write_whole(path, content):
    """Replaces `path` by `content`, so that no reader ever meets half a file.

    Args:
        path: where to write; missing folders are made.
        content: `str` (stored as UTF-8, line ends untouched) or `bytes`. Names of
            files may hold what UTF-8 cannot; that is written as `\\udcff`, which JSON
            reads back as it was.

    Raises:
        InputError: the place cannot be written.
    """
    path = Path(path)
    if isinstance(content, str):
        content = content.encode("utf-8", "backslashreplace")
    with replacing(path) as unfinished:
        unfinished.write_bytes(content)
    return path


def write_json(path, value):
    """Stores a JSON value, indented for reading and for git's diffs."""
    return write_whole(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_cells(path, delimiter=","):
    """All rows, each as wide as the first: a row cut short is an error, not NaN."""
    # The csv module refuses longer cells; its limit is one for the process.
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
        raise InputError(f"{path} is no JSON: {error}") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected a JSON object. Received: {content!r:.40}")
    return content


def read_text(path):
    """The text with its line ends as they are."""
    try:
        return Path(path).read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise MissingFile(f"{path} is missing") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no UTF-8 text: {error}") from error
