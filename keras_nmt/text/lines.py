"""Reads lines from text files, the same on every machine."""

import io
import itertools
import logging
import pathlib
import re
import unicodedata

from keras_nmt.errors import InputError
from keras_nmt.opened import opened

MAX_LINE_CHARACTERS = 1_000_000

_BLOCK_BYTES = 1 << 16
"""Bytes that are decoded at once; most text needs no look at its single lines."""

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


def is_blank(line):
    """Whether a line has nothing that can be seen: white space, marks of no width.

    >>> is_blank(" \\u200b\\t"), is_blank("\\u200bJa")
    (True, False)
    """
    return all(c.isspace() or unicodedata.category(c) == "Cf" for c in line)


def read_lines(path):
    """Reads the normalized lines of a UTF-8 file, plain or compressed by its name.

    Lines end only at "\\n". `str.splitlines` would also split at U+2028, U+0085 or a
    form feed, and one side of a corpus would have more lines than the other.

        >>> read_lines("val.de.gz")[0]
        'Eine Gruppe von Männern lädt Baumwolle auf einen Lastwagen'

    Raises:
        InputError: the file is missing, truncated, not UTF-8, or has a line of more
            than `MAX_LINE_CHARACTERS`. The message names file and line.
    """
    return list(iterate_lines(path))


def iterate_lines(path, log=_LOG):
    """An iterator over the lines of a file, as `read_lines`, without holding them.

    Args:
        path: a UTF-8 file, plain or compressed by its name.
        log: what is told of the file, once it is read, goes to its `warning`.
    """
    return itertools.chain.from_iterable(_normalized(path, log))


def _normalized(path, log):
    """Yields lists of normalized lines, without "\\n"."""
    changed, first = 0, None
    for number, lines in _decoded(path, log):
        if not lines[-1]:
            lines.pop()
        if not unicodedata.is_normalized("NFC", "\n".join(lines)):
            before, lines = lines, [*map(normalize, lines)]
            places = [n for n, line in enumerate(lines) if line != before[n]]
            changed += len(places)
            first = first or number + places[0]
        yield lines
    if changed:
        log.warning(
            "%s: %d lines normalized to Unicode NFC, the first is line %d",
            *(path, changed, first),
        )


def decoded_lines(path, log=_LOG):
    """Yields the lines of a file with their "\\n", not normalized.

    Byte order marks and the "\\r" of "\\r\\n" are removed, and counted in a warning.
    """
    for _, (*lines, rest) in _decoded(path, log):
        yield from (f"{line}\n" for line in lines)
        if rest:
            yield rest


def _decoded(path, log):
    """Yields some lines at a time, without "\\n", after the number of the first.

    The last of them is what follows the last "\\n": "", or a line that ends the file.
    """
    path, notes = pathlib.Path(path), _Notes()
    number = 1
    with opened(path) as file:
        for block in _blocks(file):
            lines = _plain_lines(block)
            if lines is not None:
                yield number, lines
                number += len(lines) - 1
                continue
            for raw in io.BytesIO(block):
                line = notes.cleaned(_decode(raw, path, number), number)
                if line:
                    yield number, line.split("\n")
                number += 1
    notes.tell(path, log)


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


def _blocks(file):
    """Yields whole lines, many at once; a line that is too long may be cut."""
    while block := file.read(_BLOCK_BYTES):
        yield block if block.endswith(b"\n") else block + file.readline(_MAX_LINE_BYTES)


def _plain_lines(block):
    """The lines of a block if it needs no further look, as most; otherwise None."""
    if len(block) > MAX_LINE_CHARACTERS:
        return None
    try:
        text = block.decode("utf-8")
    except UnicodeDecodeError:
        return None
    lines = text.split("\n")
    # Without "\n" most text is printable, which is told faster.
    if not "".join(lines).isprintable() and _CONTROLS.search(text):
        return None
    return lines


def _raw_lines(file):
    # Limited reads, so that a file without line ends does not fill the memory.
    return iter(lambda: file.readline(_MAX_LINE_BYTES), b"")


def _decode(raw, path, number):
    # A line that was cut may end inside a character, so it is not decoded.
    cut = len(raw) >= _MAX_LINE_BYTES and not raw.endswith(b"\n")
    try:
        line = "" if cut else raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}, line {number}, column {error.start + 1}: byte "
            f"0x{raw[error.start]:02x} is not UTF-8{_like(raw)}; save the file as UTF-8"
        ) from None
    if number == 1 and raw.count(0) > len(raw) // 3 > 2:
        raise InputError(
            f"{path}, line 1: every second byte is 0, as in UTF-16; save the file as "
            "UTF-8"
        )
    if cut or len(line.rstrip("\r\n")) > MAX_LINE_CHARACTERS:
        raise InputError(
            f"{path}, line {number}: longer than {MAX_LINE_CHARACTERS:,} "
            'characters; end each sentence with "\\n"'
        )
    return line


def _like(raw):
    return ", this is UTF-16" * raw.startswith((b"\xff\xfe", b"\xfe\xff"))


class _Notes:
    """What was removed from the lines of a file, or kept although it is strange."""

    def __init__(self):
        self.marks, self.returns = [], 0
        self.controls, self.first_control = 0, None

    def cleaned(self, line, number):
        """The line without its byte order mark, and with "\\n" for "\\r\\n"."""
        if line.startswith("\ufeff"):
            self.marks.append(number)
            line = line.removeprefix("\ufeff")
        if line.endswith("\r\n"):
            self.returns += 1
            line = line[:-2] + "\n"
        found = len(_CONTROLS.findall(line))
        if found:
            self.controls += found
            self.first_control = self.first_control or number
        return line

    def tell(self, path, log):
        if self.marks:
            where = ", ".join(map(str, self.marks[:_NAMED]))
            where += ", ..." * (len(self.marks) > _NAMED)
            log.warning("%s: byte order mark removed from line %s", path, where)
        if self.returns:
            log.warning('%s: "\\r" removed from %d line ends', path, self.returns)
        if self.controls:
            log.warning(
                "%s: %d control characters kept, the first in line %d",
                *(path, self.controls, self.first_control),
            )
