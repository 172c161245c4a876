"""The files of a complete run, and how they are read and written."""

import csv
import io
import math
from typing import NamedTuple

from keras_nmt.errors import InputError
from keras_nmt.files import read_cells, read_object, write_whole

CONFIG = "config.json"
ENVIRONMENT = "environment.json"
EPOCHS = "epochs.csv"
SCORES = "scores.json"
TRANSLATIONS = "translations.tsv"

LOSS_COLUMNS = (
    "loss",
    "perplexity",
    "val_loss",
    "val_perplexity",
    "val_loss_without_sos",
    "val_perplexity_without_sos",
)

EPOCH_COLUMNS = (
    "epoch",
    *LOSS_COLUMNS,
    "learning_rate",
    "seconds",
    "tokens_per_second",
)

BLEU_COLUMN = "val_bleu"
"""A last column of runs whose recipe asks for it; empty where it was not measured."""


class Translation(NamedTuple):
    """One row of `translations.tsv`: a test line, its reference, its hypothesis."""

    source: str
    reference: str
    hypothesis: str


def write_translations(path, rows):
    """Stores `(source, reference, hypothesis)` rows in the order of the test set.

    Every cell is quoted, so that tabs, quotes and line ends are read back unchanged;
    minimal quoting would not quote a bare carriage return.
    """
    table = io.StringIO()
    writer = csv.writer(
        table, delimiter="\t", quoting=csv.QUOTE_ALL, lineterminator="\n"
    )
    writer.writerow(Translation._fields)
    writer.writerows(Translation(*row) for row in rows)
    return write_whole(path, table.getvalue())


def read_translations(path):
    """The rows of `write_translations` as a list of `Translation`.

    Raises:
        InputError: the file is missing, or a row does not have three cells.
    """
    header, *rows = read_cells(path, delimiter="\t")
    if tuple(header) != Translation._fields:
        raise InputError(
            f"{path}: expected the header {Translation._fields}. "
            f"Received: {tuple(header)}"
        )
    return [Translation(*row) for row in rows]


def _read_epochs(path):
    header, *rows = read_cells(path)
    absent = [name for name in EPOCH_COLUMNS if name not in header]
    if absent:
        raise InputError(f"{path}: no column {', '.join(absent)}")
    unmeasured = {
        place: math.nan for place, name in enumerate(header) if name == BLEU_COLUMN
    }
    try:
        values = [
            [
                float(cell) if cell or place not in unmeasured else unmeasured[place]
                for place, cell in enumerate(row)
            ]
            for row in rows
        ]
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error
    return [dict(zip(header, row, strict=True)) for row in values]


READERS = {
    CONFIG: read_object,
    ENVIRONMENT: read_object,
    EPOCHS: _read_epochs,
    SCORES: read_object,
    TRANSLATIONS: read_translations,
}
