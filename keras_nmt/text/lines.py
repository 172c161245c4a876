"""Files of text to lines: the same lines on every machine, or a clear complaint."""

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
"""Lines that a message names."""

_LOG = logging.getLogger("keras_nmt")
# UTF-8 takes at most four bytes a character.
_MAX_LINE_BYTES = 4 * MAX_LINE_CHARACTERS + len(b"\r\n")
# Tab is ordinary text; the two Unicode separators end a line for many other tools, and
# a byte order mark within a word makes it another word.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


def normalize(text):
    """The one normalisation (Unicode NFC) of training, decoding and references.

    "ü" may come as one code point or as "u" and a combining mark; without this the
    two would be different words, known in training and unknown in use.

        >>> len("u\\u0308ber"), len(normalize("u\\u0308ber"))
        (5, 4)
    """
    return unicodedata.normalize("NFC", text)


def read_lines(path):
    """Reads the normalised lines of a UTF-8 file, plain or (by its name) `.gz`.

    Lines end at "\\n" and nowhere else: `str.splitlines` also ends them at U+2028,
    U+0085 or a form feed, and then one side gains a line that the other lacks.

        >>> read_lines("val.de.gz")[0]
        'Eine Gruppe von Männern lädt Baumwolle auf einen Lastwagen'

    Raises:
        InputError: naming the file and the line, for a file that is absent, not
            UTF-8, truncated, or has a line above `MAX_LINE_CHARACTERS`.
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
    """The lines of an open binary file as `read_lines` gives them, one at a time.

    Args:
        file: such as `sys.stdin.buffer`.
        name: how errors are to call it.

    Raises:
        InputError: at the first line that is not UTF-8 or too long.
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
    # Bounded reads: a file that is one endless line must not fill the memory.
    return iter(lambda: file.readline(_MAX_LINE_BYTES), b"")


def _decode(raw, path, number):
    # What a bounded read has cut may end inside a character, so it is not decoded.
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
    """Files that were put together bring their marks with them, each in its line."""
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
