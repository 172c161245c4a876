"""Tables: CSV, or cells with tabs between them. `table_form.py` opens them."""

import csv
import dataclasses
import itertools
from pathlib import Path

from keras_nmt.corpora.formats.columns import Columns
from keras_nmt.corpora.formats.pairs import Counted, OnceLog, pair_of
from keras_nmt.errors import InputError
from keras_nmt.text.lines import MAX_LINE_CHARACTERS, decoded_lines

LOOKS_QUOTED = (
    "rows with cells that look quoted, read as they are; if quotes hold cells, call "
    "the file .csv"
)
"""What is said of such rows of a table in which quotes are text."""


class Row(list):
    """The cells of a row, and the line of the file where it begins."""

    def __init__(self, cells, number):
        super().__init__(cells)
        self.number = number


@dataclasses.dataclass(frozen=True)
class Dialect:
    """How a table is written.

    Args:
        separator: what stands between cells.
        quoted: whether quotes hold cells.
        spaced: whether spaces after a separator are none of the cell.
        declared: whether the first line is Excel's `sep=;`, which is no row.
    """

    separator: str
    quoted: bool
    spaced: bool = False
    declared: bool = False

    def rows(self, path, log):
        """The rows of a file, without empty lines and without blank rows before all.

        Raises:
            InputError: a quote is never closed, or the file is no text.
        """
        csv.field_size_limit(max(csv.field_size_limit(), 2 * MAX_LINE_CHARACTERS))
        lines = _Bounded(decoded_lines(path, log), path)
        rows = lines
        if self.declared:
            next(lines)
            rows = itertools.chain(["\n"], lines)  # an empty row in its place
        reader = csv.reader(
            rows,
            delimiter=self.separator,
            quoting=csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE,
            skipinitialspace=self.spaced,
            strict=True,
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


def _looks_quoted(cell):
    """Whether a cell is in quotes, or is a part of one, cut at a tab or line break."""
    cell = cell.strip()
    is_whole = len(cell) > 1 and cell.endswith('"')
    return cell.startswith('"') and (is_whole or cell.count('"') % 2 == 1)


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
    def paths(self):
        return (self.path,)

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
            cells = [row[place] for place in places]
            if not self.dialect.quoted and any(map(_looks_quoted, cells)):
                counted.add(LOOKS_QUOTED, row.number)
            yield pair_of(*cells, row.number, counted, "rows")
        counted.tell(self.path, self.log)
        if not found:
            raise InputError(
                f"{self.path}: no row with text after the header; add rows"
            )
