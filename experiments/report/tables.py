"""Tables as data frames, and writing them as csv and markdown.

A cell is a float, an int, a word (`missing`, `failed`, ...) or None for an empty cell.
So a NaN in a table was always measured.
"""

import csv
import io
import math
import re
from collections import Counter
from itertools import groupby

import numpy as np
import pandas as pd

from experiments.report.epochs import epochs_frame
from experiments.report.score_tables import METRICS, OTHER_TOKENS, score_cell
from experiments.report.systems import order
from keras_nmt.errors import InputError
from keras_nmt.evaluation.bleu_tokenizers import tokenizer_of_run
from keras_nmt.files import read_cells, write_whole

MEASURES = {
    "train_loss": "loss",
    "train_perplexity": "perplexity",
    "val_loss": "val_loss",
    "val_perplexity": "val_perplexity",
    "val_loss_without_sos": "val_loss_without_sos",
    "val_perplexity_without_sos": "val_perplexity_without_sos",
}
HONEST = "val_loss_without_sos"
"""The measure that leaves the trivial `<sos>` out."""

IN_WRITEUP = ("train_loss", "train_perplexity", "val_loss", "val_perplexity")
BY_BACKEND = ("recipe", "backend")
SPREAD, WRITEUP, DIFFERENCE = "_spread", "_writeup", "_difference"


def read_reference(path):
    """The writeup's numbers, with a row for each system, indexed by its name."""
    header, *rows = read_cells(path)
    absent = {"system", "epochs", *IN_WRITEUP} - set(header)
    if absent:
        raise InputError(f"{path}: no column {', '.join(sorted(absent))}")
    reference = pd.DataFrame(rows, columns=header).set_index("system")
    try:
        numbers = ["epochs", *IN_WRITEUP]
        return reference.astype(dict.fromkeys(numbers, float))
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error


def writeup_table(runs, reference, by=BY_BACKEND):
    """The table of the writeup's systems: our numbers, the writeup's, the difference.

    `by` says which runs share a row. A system without runs has a row of the word
    `missing`.
    """
    rows = []
    for system, theirs in reference.iterrows():
        ours = [run for run in runs if run.system == system]
        for row in _summaries(ours, by) or [_missing(system, by)]:
            rows.append({"system": system, **_beside(row, theirs)})
    return pd.DataFrame(rows, dtype=object)


def recipe_table(runs, by=BY_BACKEND):
    """The table of all recipes: measures of the last epoch, and scores."""
    return pd.DataFrame(_summaries(runs, by), dtype=object)


def _summaries(runs, by):
    """A row with mean and spread for all runs with the same attributes `by`."""

    def identity(run):
        return order(run.recipe), *(getattr(run, name) for name in by)

    return [
        {**dict(zip(by, key, strict=True)), **_summary(list(here))}
        for (_, *key), here in groupby(sorted(runs, key=identity), identity)
    ]


def _summary(runs):
    """The row of some runs: means over those with a result, and a tally of statuses."""
    counted = [run for run in runs if run.has_result]
    results = [epochs_frame(run).iloc[-1] for run in counted]
    tally = Counter(run.status for run in runs)
    lengths = sorted({int(result["epoch"]) for result in results})
    summary = {
        "n": len(results),
        "status": _tally_text(tally),
        "epochs": ", ".join(map(str, lengths)),
    }
    columns = {
        measure: [result[column] for result in results]
        for measure, column in MEASURES.items()
    }
    columns |= {
        metric: [score_cell(run, metric) for run in counted] for metric in METRICS
    }
    if len({tokenizer_of_run(run.scores) for run in counted if run.scores}) > 1:
        columns["bleu"] = [OTHER_TOKENS]
    for name, cells in columns.items():
        summary[name], summary[name + SPREAD] = _mean(cells, tally)
    return summary


def _mean(cells, tally):
    """Mean and spread of cells; words in place of the mean if there are any."""
    words = [cell for cell in cells if isinstance(cell, str)]
    if not cells or words:
        return " or ".join(dict.fromkeys(words) or tally), None
    values = pd.Series(cells, dtype=float)
    return values.mean(skipna=False), _spread(values)


def _spread(values):
    """The sample standard deviation; None for one run, NaN if a run diverged."""
    if len(values) < 2:
        return None
    if not np.isfinite(values).all():
        return math.nan
    return values.std(ddof=1)


def _tally_text(tally):
    if len(tally) == 1:
        return next(iter(tally))
    return ", ".join(f"{count} {status}" for status, count in sorted(tally.items()))


def _missing(recipe, by):
    """The row of a recipe without runs, with the columns of `_summaries`."""
    row = dict.fromkeys(by) | {"recipe": recipe, "n": 0, "status": "missing"}
    row["epochs"] = None
    for measure in (*MEASURES, *METRICS):
        row |= {measure: "missing", measure + SPREAD: None}
    return row


def _beside(row, theirs):
    """Adds the writeup's number and the difference after each of our measures."""
    columns = {}
    for name, value in row.items():
        columns[name] = value
        measure = name.removesuffix(SPREAD)
        if name.endswith(SPREAD) and measure in IN_WRITEUP:
            ours = row[measure]
            known = not isinstance(ours, str)
            columns[measure + WRITEUP] = theirs[measure]
            columns[measure + DIFFERENCE] = ours - theirs[measure] if known else None
    return columns


def formatted(frame):
    """The frame as text, with four decimals; differences have a sign."""
    return pd.DataFrame(
        {name: [_text(cell, name) for cell in frame[name]] for name in frame},
        dtype=object,
    )


def _text(cell, column):
    if cell is None:
        return ""
    if not isinstance(cell, float):
        return str(cell)
    if column.endswith(DIFFERENCE) and not math.isnan(cell):
        return f"{cell:+z.4f}"
    return f"{cell:z.4f}"


def for_reading(frame):
    """The formatted frame, each mean with its spread: `3.0410 ± 0.0123`."""
    text = formatted(frame)
    for name in [name for name in text if name.endswith(SPREAD)]:
        mean = name.removesuffix(SPREAD)
        spread = text.pop(name)
        text[mean] = [
            f"{m} ± {s}" if s else m for m, s in zip(text[mean], spread, strict=True)
        ]
    return text


def cell(value, spread=None, decimals=2, sign=""):
    """The text of one cell of a page: `30.40 ± 0.54`, a word, or `nan`.

    Args:
        value: float, word or None.
        spread: its standard deviation; None or NaN if there is none.
        decimals: digits after the point.
        sign: "+" shows the sign of a difference.
    """
    if not isinstance(value, float):
        return "" if value is None else str(value)
    text = "nan" if math.isnan(value) else f"{value:{sign}z.{decimals}f}"
    known = spread is not None and not math.isnan(spread)
    return f"{text} ± {spread:.{decimals}f}" if known else text


def markdown(frame):
    """The frame as a markdown table, each mean with its spread."""
    text = for_reading(frame).map(escaped)
    return markdown_table([name.replace("_", " ") for name in text], text.to_numpy())


def markdown_table(header, rows):
    """A markdown table of cells that are already markdown."""
    rows = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def escaped(text):
    """Escapes text, so that markdown shows it unchanged and on one line."""
    text = re.sub(r"\r\n|\r|\n", "↵", text)
    return re.sub(r"[\\|*`<>\[\]&~$]|(?<!\w)_|_(?!\w)", r"\\\g<0>", text)


def write_csv(frame, path):
    """Writes the frame as csv, with four decimals; returns the path."""
    table = io.StringIO()
    text = formatted(frame)
    writer = csv.writer(table, lineterminator="\n")
    writer.writerows([text.columns, *text.to_numpy()])
    return write_whole(path, table.getvalue())
