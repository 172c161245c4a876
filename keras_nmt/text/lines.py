"""Reads lines from text files, the same on every machine."""

import contextlib
import gzip
import logging
import pathlib
import re
import unicodedata
import zlib

from keras_nmt.errors import InputError

MAX_LINE_CHARACTERS = 1_000_000

_NAMED = 5
"""Most lines that a message names."""

_LOG = logging.getLogger("keras_nmt")
# UTF-8 takes at most four bytes a character.
_MAX_LINE_BYTES = 4 * MAX_LINE_CHARACTERS + len(b"\r\n")
# Without tab, which is ordinary text. Many tools end lines at the two Unicode
# separators, and a byte order mark inside a word makes it another word.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


def normalize(text):
    """Normalizes text to Unicode NFC, in training, translation and scoring alike.

    "ü" may be one code point or "u" and a combining mark. Without normalization these
    are different words, of which a model may know only one.

        >>> len("u\\u0308ber"), len(normalize("u\\u0308ber"))
        (5, 4)
    """
    return unicodedata.normalize("NFC", text)


def read_lines(path):
    """Reads the normalized lines of a UTF-8 file, plain or `.gz` by its name.

    Lines end only at "\\n". `str.splitlines` would also split at U+2028, U+0085 or a
    form feed, and one side of a corpus would have more lines than the other.

        >>> read_lines("val.de.gz")[0]
        'Eine Gruppe von Männern lädt Baumwolle auf einen Lastwagen'

    Raises:
        InputError: the file is missing, truncated, not UTF-8, or has a line of more
            than `MAX_LINE_CHARACTERS`. The message names file and line.
    """
    path = pathlib.Path(path)
    with _readable(path) as file:
        lines = [
            _decode(raw, path, number)
            for number, raw in enumerate(_raw_lines(file), start=1)
        ]
    lines = _without_byte_order_marks(lines, path)
    lines = _without_carriage_returns(lines, path)
    _note_control_characters(lines, path)
    return [normalize(line) for line in lines]


def stream_lines(file, name):
    """Yields the lines of an open binary file, normalized as by `read_lines`.

    Args:
        file: a binary file, such as `sys.stdin.buffer`.
        name: its name in error messages.

    Raises:
        InputError: a line is not UTF-8 or too long.
    """
    for number, raw in enumerate(_raw_lines(file), start=1):
        line = _decode(raw, name, number)
        if line.startswith("\ufeff"):
            line = line.removeprefix("\ufeff")
            if number == 1 and not line:
                return
        yield normalize(line[:-2] if line.endswith("\r\n") else line.rstrip("\n"))


@contextlib.contextmanager
def _readable(path):
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as file:
            yield file
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; check the path") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder; name a file in it") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(
            f"{path}: truncated or not gzip ({error}); fetch the file again"
        ) from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; make it readable") from None


def _raw_lines(file):
    # Limited reads, so that a file without line ends does not fill the memory.
    return iter(lambda: file.readline(_MAX_LINE_BYTES), b"")


def _decode(raw, path, number):
    # A line that was cut may end inside a character, so it is not decoded.
    cut = len(raw) == _MAX_LINE_BYTES and not raw.endswith(b"\n")
    try:
        line = "" if cut else raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}, line {number}, column {error.start + 1}: byte "
            f"0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8"
        ) from None
    if cut or len(line.rstrip("\r\n")) > MAX_LINE_CHARACTERS:
        raise InputError(
            f"{path}, line {number}: longer than {MAX_LINE_CHARACTERS:,} "
            'characters; end each sentence with "\\n"'
        )
    return line


def _without_byte_order_marks(lines, path):
    """Removes byte order marks, which concatenated files have in several lines."""
    found = [n for n, line in enumerate(lines, 1) if line.startswith("\ufeff")]
    if not found:
        return lines
    where = ", ".join(map(str, found[:_NAMED])) + ", ..." * (len(found) > _NAMED)
    _LOG.warning("%s: byte order mark removed from line %s", path, where)
    lines = [line.removeprefix("\ufeff") for line in lines]
    return lines if lines[0] else lines[1:]


def _without_carriage_returns(lines, path):
    found = sum(line.endswith("\r\n") for line in lines)
    if found:
        _LOG.warning('%s: "\\r" removed from %d line ends', path, found)
    return [
        line.removesuffix("\n") if not line.endswith("\r\n") else line[:-2]
        for line in lines
    ]


def _note_control_characters(lines, path):
    counts = [len(_CONTROLS.findall(line)) for line in lines]
    if any(counts):
        first = next(number for number, count in enumerate(counts, 1) if count)
        _LOG.warning(
            "%s: %d control characters kept, the first in line %d",
            path,
            sum(counts),
            first,
        )
