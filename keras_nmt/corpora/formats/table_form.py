"""Opens tables: finds out how one is written, its header and its columns."""

import dataclasses
import itertools
import re

from keras_nmt.corpora.formats.columns import (
    columns_by_name,
    columns_without_names,
    is_header,
)
from keras_nmt.corpora.formats.pairs import SILENT
from keras_nmt.corpora.formats.table import Dialect, Table
from keras_nmt.errors import InputError
from keras_nmt.opened import without_compression
from keras_nmt.text.lines import decoded_lines

SAMPLE = 50
"""Rows from which it is found how a table is written."""

SEPARATORS = (",", ";", "\t", "|")
"""What may stand between the cells of a CSV file."""

_DECLARED = re.compile(r'"?sep=([^"\s\w]|\t)"?\s*', re.IGNORECASE)
"""The first line by which Excel is told the separator."""

_QUOTED = re.compile(r'(?:^|(?<=\t))"([^"]*(?:""[^"]*)*)"(?=\t|$)', re.MULTILINE)
"""A cell in quotes, in text with tabs."""


def open_table(path, choice, log):
    """The `Table` of a file: how it is written, its header, its columns.

    Raises:
        InputError: the file is empty, or has no such columns.
    """
    dialect = _dialect(path, choice)
    if dialect.declared:
        log.warning("%s: line 1 says that %r is between cells", path, dialect.separator)
    first = next(dialect.rows(path, log), None)
    if first is None:
        raise InputError(f"{path}: is empty; give text")
    where, width = f"{path}, line {first.number}", len(first)
    if is_header(first, choice):
        columns, has_header = columns_by_name(first, choice, where), True
    else:
        columns, has_header = columns_without_names(width, choice, where), False
    table = Table(path, dialect, columns, width, has_header, log)
    log.warning("%s", _description(table, first))
    return table


def _description(table, first):
    """One line: which columns are read, as which languages, and is there a header."""
    columns, sides = table.columns, []
    for side, place, language in zip(
        ("source", "target"),
        (columns.source, columns.target),
        columns.languages,
        strict=True,
    ):
        name = first[place].strip() if table.has_header else language
        sides.append(f"{side} is column {place + 1}" + (f" ({name})" if name else ""))
    header = "the first row is a header" if table.has_header else "no header"
    return f"{table.path}: {', '.join(sides)}; {header}"


class _Sample:
    """The first rows as a dialect reads them, up to one that it cannot read.

    Args:
        path: the file.
        dialect: a `Dialect`.
    """

    def __init__(self, path, dialect):
        self.dialect, self.rows, self.is_whole = dialect, [], True
        try:
            self.rows.extend(itertools.islice(dialect.rows(path, SILENT), SAMPLE))
        except InputError:
            self.is_whole = False

    @property
    def even(self):
        """How many rows have the width of the first; 0 if that has one cell."""
        widths = [len(row) for row in self.rows]
        return widths.count(widths[0]) if widths and widths[0] > 1 else 0

    def is_headed(self, choice):
        return bool(self.rows) and is_header(self.rows[0], choice)


def _dialect(path, choice):
    is_csv = without_compression(path.name).lower().endswith(".csv")
    declared = _DECLARED.fullmatch(next(decoded_lines(path, SILENT), ""))
    given = (declared[1],) if declared else SEPARATORS if is_csv else ("\t",)
    plain = Dialect(given[0], True, declared=bool(declared))
    if not (is_csv or declared):
        is_quoted = _is_quoted(path, plain, choice)
        return dataclasses.replace(plain, quoted=is_quoted)
    samples = [
        _spaced_or_not(path, dataclasses.replace(plain, separator=separator))
        for separator in given
    ]
    return _best(samples, choice).dialect


def _best(samples, choice):
    """The one that makes the first row a header, or most rows as wide as the first.

    Those that read all rows go before the others.
    """
    for some in ([x for x in samples if x.is_whole], samples):
        headed = [x for x in some if x.is_headed(choice)]
        found = max(headed or some, key=lambda x: x.even, default=None)
        if headed or (found and found.even):
            return found
    return samples[0]


def _spaced_or_not(path, dialect):
    """The `_Sample` with spaces before quotes left out, where there are such."""
    plain = _Sample(path, dialect)
    cells = (cell for row in plain.rows for cell in row)
    if not any(cell.startswith(" ") and cell.lstrip()[:1] == '"' for cell in cells):
        return plain
    spaced = _Sample(path, dataclasses.replace(dialect, spaced=True))
    is_as_even = not plain.is_whole or spaced.even >= plain.even
    return spaced if spaced.is_whole and is_as_even else plain


def _is_quoted(path, dialect, choice):
    """Whether quotes hold the cells of a table with tabs, by its first rows.

    They do if that reads all of these rows, and makes them more even, or some cell in
    quotes holds `""`, or all cells are in quotes, or a header is.
    """
    quoted = _Sample(path, dialect)
    plain = _Sample(path, dataclasses.replace(dialect, quoted=False))
    if not quoted.is_whole or not quoted.even:
        return False
    lines = itertools.islice(decoded_lines(path, SILENT), plain.rows[-1].number)
    cells = _QUOTED.findall("".join(lines))
    return (
        quoted.even * len(plain.rows) > plain.even * len(quoted.rows)
        or any('""' in cell for cell in cells)
        or len(cells) == sum(map(len, quoted.rows))
        or (quoted.is_headed(choice) and not plain.is_headed(choice))
    )
