"""The results on the README's first screen: filled in, never typed."""

import pandas as pd

from keras_nmt.reporting.files import MissingFile, read_text, write_whole
from keras_nmt.reporting.tables import SPREAD, WRITEUP, for_reading, markdown

BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"

BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "torch"}
"""Columns of the table, and their headings."""

MEASURE = "val_loss"


def refresh(readme_path, table):
    """Replaces what stands between the two markers of the README.

    Args:
        readme_path: the file. Where it is absent, or lacks a marker, nothing is
            written.
        table: what `tables.writeup_table` gave.

    Returns:
        Whether the file now shows the table.

    Raises:
        InputError: the file cannot be read or written.
    """
    try:
        text = read_text(readme_path)
    except MissingFile:
        return False
    before, begin, rest = text.partition(BEGIN)
    old, end, after = rest.partition(END)
    if not end:
        return False
    new = f"\n\n{block(table)}\n"
    if new != old:
        write_whole(readme_path, before + begin + new + end + after)
    return True


def block(table):
    """The markdown between the markers: a row a system, a column a backend.

    A cell is the mean over the seeds with its spread, and how many they are if there
    are several.
    """
    measures = [MEASURE, MEASURE + SPREAD, MEASURE + WRITEUP]
    text = for_reading(table[["system", "recipe", "backend", "n", *measures]])
    rows = {}
    for found in text.to_dict("records"):
        row = rows.setdefault(
            (found["system"], found["recipe"]),
            {
                "system": found["system"],
                "writeup": found[MEASURE + WRITEUP],
                **dict.fromkeys(BACKENDS.values(), "missing"),
            },
        )
        if found["backend"] in BACKENDS:
            seeds = f" ({found['n']})" if int(found["n"]) > 1 else ""
            row[BACKENDS[found["backend"]]] = found[MEASURE] + seeds
    return markdown(pd.DataFrame(rows.values(), dtype=object))
