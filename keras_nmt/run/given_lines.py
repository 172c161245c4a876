"""Checks what a caller passes to a translator: lines in any iterable, and a search."""

import collections.abc
import operator
import os

from keras_nmt.errors import InputError
from keras_nmt.search.base import Search
from keras_nmt.text.lines import normalize


def given_lines(lines, first=0):
    """The lines of any iterable of strings, as a list of `str`.

    The iterable is read once, in its order; the index of a pandas Series is ignored.
    A line may end in "\\n" or "\\r\\n", as the lines of an open file do. Lines are
    normalized to Unicode NFC, as the commands do.

        >>> given_lines(line for line in ["Ja.\\n", "Nein.\\r\\n"])
        ['Ja.', 'Nein.']

    Args:
        lines: a list, tuple, generator, open text file, Series, array, `dict.values()`.
        first: number of lines before these; messages count from there.

    Raises:
        InputError: `lines` is not an iterable of lines, or a line is not a string; the
            message gives its number, counted from 1.
    """
    _check_iterable(lines)
    return [_line(line, number) for number, line in enumerate(lines, first + 1)]


def whole_number(name, value, least):
    """The value as an `int`; an error unless it is whole and at least `least`."""
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None or number < least:
        raise InputError(
            f"{name} must be a whole number of at least {least}. "
            f"Received: {_shown(value)}"
        )
    return number


def _check_iterable(lines):
    if isinstance(lines, str | bytes | bytearray):
        mend = "put one line into a list, [line]"
    elif isinstance(lines, os.PathLike):
        mend = "open the file and give what open() returns"
    elif isinstance(lines, collections.abc.Mapping):
        mend = "give its values, lines.values()"
    elif isinstance(lines, set | frozenset):
        mend = "a set has no order, make a list of it"
    elif hasattr(lines, "columns"):
        mend = 'give one column of the table, table["name"]'
    elif getattr(lines, "ndim", 1) != 1:
        mend = f"give an array of one dimension, not of {lines.ndim}"
    elif not isinstance(lines, collections.abc.Iterable):
        mend = "give a list of str"
    else:
        return
    raise InputError(f"expected a list of lines. Received: {_shown(lines)}; {mend}")


def _line(line, number):
    if not isinstance(line, str):
        if isinstance(line, bytes | bytearray):
            mend = "decode it, or open the file as text"
        else:
            mend = 'give a str, "" for a blank line'
        raise InputError(
            f"line {number}: expected a str. Received: {_shown(line)}; {mend}"
        )
    try:
        line.encode("utf-8")
    except UnicodeEncodeError as error:
        code = ord(line[error.start])
        raise InputError(
            f"line {number}, column {error.start + 1}: the surrogate U+{code:04X} is "
            "not a character; decode the text with its own encoding, or with "
            "errors='replace'"
        ) from None
    # `str` of a subclass (numpy.str_, an Enum of strings) may give another text.
    line = str.__str__(line).removeprefix("\ufeff")
    return normalize(line[:-2] if line.endswith("\r\n") else line.removesuffix("\n"))


def _shown(value):
    """A value for a message, on one line and cut."""
    try:
        text = " ".join(repr(value).split())
    except Exception:
        text = "..."
    kind = type(value).__name__
    return f"{text:.40}" if isinstance(value, str) else f"{text:.40} ({kind})"


def check_search(search):
    """Raises `InputError` unless this is a `Search`, not its class or its name."""
    if not isinstance(search, Search):
        raise InputError(
            "search must be Greedy(), BeamSearch(...) or Sampling(...). "
            f"Received: {search!r:.40}"
        )
