"""Files read in full or refused, and written whole or not at all."""

import contextlib
import json
import os
import re
from pathlib import Path

from keras_nmt.errors import InputError


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
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(content)
        os.replace(unfinished, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise InputError(f"cannot write {path}: {error.strerror}") from error
    return path


def write_json(path, value):
    """Stores a JSON value, indented for reading and for git's diffs."""
    return write_whole(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_cells(path, delimiter=","):
    """All rows, each as wide as the first: a row cut short is an error, not NaN."""
    rows = _rows(read_text(path), delimiter, path)
    if not rows:
        raise InputError(f"{path} is empty; expected a header row")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise InputError(
                f"{path}: row {number} has {len(row)} cells, expected {len(rows[0])}"
            )
    return rows


def _rows(text, delimiter, path):
    """Cells as the `csv` module reads them with `strict=True`, of any length.

    That module refuses a cell above 131,072 characters, unless the limit is raised for
    the whole process and all of its threads.
    """
    cell = re.compile(
        rf'(?:"(?P<quoted>[^"]*(?:""[^"]*)*)"|(?P<plain>[^"\r\n{delimiter}]'
        rf"[^\r\n{delimiter}]*|))(?P<end>{delimiter}|\r\n|\r|\n|\Z)"
    )
    rows, row, place = [], [], 0
    while place < len(text) or row:
        found = cell.match(text, place)
        if not found:
            line = len(re.findall(r"\r\n|\r|\n", text[:place])) + 1
            raise InputError(f"{path}: line {line}: a quoted cell does not end well")
        quoted, plain, end = found["quoted"], found["plain"], found["end"]
        row.append(plain if quoted is None else quoted.replace('""', '"'))
        if end != delimiter:
            rows.append(row)
            row = []
        place = found.end()
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
