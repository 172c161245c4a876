"""Tables: CSV, or cells with tabs between them."""

import csv
import dataclasses
import itertools
from pathlib import Path

from keras_nmt.corpora.formats.columns import (
    Columns,
    columns_by_name,
    columns_without_names,
    is_header,
)
from keras_nmt.corpora.formats.pairs import SILENT, Counted, OnceLog, pair_of
from keras_nmt.errors import InputError
from keras_nmt.opened import without_compression
from keras_nmt.text.lines import MAX_LINE_CHARACTERS, decoded_lines

SAMPLE = 50
"""Rows from which the character between the cells is found."""

SEPARATORS = (",", ";", "\t", "|")
"""What may stand between the cells of a CSV file."""


class Row(list):
    """The cells of a row, and the line of the file where it begins."""

    def __init__(self, cells, number):
        super().__init__(cells)
        self.number = number


@dataclasses.dataclass(frozen=True)
class Dialect:
    """How a table is written: between the cells, and whether quotes hold cells."""

    separator: str
    quoted: bool

    def rows(self, path, log):
        """The rows of a file, without empty lines and without blank rows before all.

        Raises:
            InputError: a quote is never closed, or the file is no text.
        """
        csv.field_size_limit(max(csv.field_size_limit(), 2 * MAX_LINE_CHARACTERS))
        lines = _Bounded(decoded_lines(path, log), path)
        quoting = csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE
        reader = csv.reader(
            lines, delimiter=self.separator, quoting=quoting, strict=True
        )
        has_begun = False
        while True:
            lines.begin = reader.line_num + 1
            lines.size = 0
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise InputError(
                    f"{path}, line {lines.begin}: {_reason(error)}"
                ) from None
            has_begun = has_begun or any(cell.strip() for cell in cells)
            if cells and has_begun:
                yield Row(cells, lines.begin)


def _reason(error):
    """What the csv module found wrong, and the mend."""
    if "new-line" in str(error):
        return 'a "\\r" within the line; let lines end in "\\n"'
    if "NUL" in str(error):
        return "a byte 0 within the line; remove it"
    return f"{error}; mend the quotes of the row that begins there"


class _Bounded:
    """Lines for the csv module, which reads on until a quote is closed."""

    def __init__(self, lines, path):
        self._lines, self._path = lines, path
        self.begin = self.size = 0

    def __iter__(self):
        return self

    def __next__(self):
        line = next(self._lines)
        self.size += len(line)
        if self.size > MAX_LINE_CHARACTERS + len("\n"):
            raise InputError(
                f"{self._path}, line {self.begin}: a quote that opens in this row is "
                f"not closed within {MAX_LINE_CHARACTERS:,} characters; close it"
            )
        return line


@dataclasses.dataclass(frozen=True)
class Table:
    """The pairs in two columns of a table; `open_table` finds how it is written."""

    path: Path
    dialect: Dialect
    columns: Columns
    width: int
    has_header: bool
    log: OnceLog

    @property
    def name(self):
        return str(self.path)

    @property
    def languages(self):
        return self.columns.languages

    def __iter__(self):
        places = self.columns.source, self.columns.target
        counted, rows = Counted(), self.dialect.rows(self.path, self.log)
        found = 0
        for row in itertools.islice(rows, int(self.has_header), None):
            if not max(places) < len(row) <= self.width:
                counted.add(f"rows without {self.width} cells dropped", row.number)
                continue
            found += 1
            cells = (row[place] for place in places)
            yield pair_of(*cells, row.number, counted, "rows")
        counted.tell(self.path, self.log)
        if not found:
            raise InputError(
                f"{self.path}: no row with text after the header; add rows"
            )


def open_table(path, choice, log):
    """The `Table` of a file: how it is written, its header, its columns.

    A `.csv` file has the one of `SEPARATORS` between its cells that gives the first
    rows the same number of cells, and quotes hold cells. In other files it is the tab,
    and quotes are text, unless every cell of the first row is in quotes.

    Raises:
        InputError: the file is empty, or has no such columns.
    """
    dialect = _dialect(path, choice)
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


def _dialect(path, choice):
    is_csv = without_compression(path.name).lower().endswith(".csv")
    if not is_csv:
        return Dialect("\t", _is_quoted(path))
    samples = {
        separator: [*itertools.islice(_tried(path, separator), SAMPLE)]
        for separator in SEPARATORS
    }
    fitting = [
        separator
        for separator, rows in samples.items()
        if rows and len(rows[0]) > 1 and len({len(row) for row in rows}) == 1
    ]
    headed = [x for x in SEPARATORS if samples[x] and is_header(samples[x][0], choice)]
    wide = [x for x in SEPARATORS if samples[x] and len(samples[x][0]) > 1]
    return Dialect((headed or fitting or wide or [","])[0], True)


def _tried(path, separator):
    """The rows with this separator, up to the first that cannot be read so."""
    try:
        yield from Dialect(separator, True).rows(path, SILENT)
    except InputError:
        return


def _is_quoted(path):
    first = next(decoded_lines(path, SILENT), "").strip("\n")
    cells = first.split("\t")
    return len(cells) > 1 and all(
        len(cell) > 1 and cell.startswith('"') and cell.endswith('"') for cell in cells
    )
