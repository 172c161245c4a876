"""Lines of text, as keras_nmt reads them."""

import sys
import unicodedata


def is_blank(line):
    """Whether a line has nothing that can be seen: white space, marks of no width."""
    return all(c.isspace() or unicodedata.category(c) == "Cf" for c in line)


def read_lines(file):
    """The lines of a binary file, without line ends and byte order marks."""
    lines = []
    for number, raw in enumerate(file, start=1):
        try:
            line = raw.decode("utf-8").removeprefix("\ufeff")
        except UnicodeDecodeError:
            sys.exit(f"stdin, line {number}: is not UTF-8; save the file as UTF-8")
        lines.append(line[:-2] if line.endswith("\r\n") else line.removesuffix("\n"))
    return lines
