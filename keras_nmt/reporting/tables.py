"""Data frames, one function a table, and one way to write them.

A cell is a float, an int, a word (`missing`, `failed`, ...) or None for nothing to
say, so a NaN in a table can only be a NaN that was measured.
"""

import csv
import io
import math
import re
from collections import Counter
from itertools import groupby

import numpy as np
import pandas as pd

from keras_nmt.errors import InputError
from keras_nmt.reporting.files import read_cells, write_whole
from keras_nmt.reporting.runs import TRANSLATIONS, epochs_frame, read_translations

MEASURES = {
    "train_loss": "loss",
    "train_perplexity": "perplexity",
    "val_loss": "val_loss",
    "val_perplexity": "val_perplexity",
    "val_loss_without_sos": "val_loss_without_sos",
    "val_perplexity_without_sos": "val_perplexity_without_sos",
}
IN_WRITEUP = ("train_loss", "train_perplexity", "val_loss", "val_perplexity")
SPREAD, WRITEUP, DIFFERENCE = "_spread", "_writeup", "_difference"


def read_reference(path):
    """The writeup's own numbers, one row a system, indexed by its name."""
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


def writeup_table(runs, reference):
    """Each system of the writeup: ours, the writeup's, the difference.

    A system has one row for each recipe and backend that ran it, and a row of the
    word `missing` when none did.
    """
    rows = []
    for system, theirs in reference.iterrows():
        ours = [run for run in runs if run.system == system]
        for row in _summaries(ours) or [_missing(system)]:
            rows.append({"system": system, **_beside(row, theirs)})
    return pd.DataFrame(rows, dtype=object)


def recipe_table(runs):
    """Each recipe and backend found: the measures of its last epoch."""
    return pd.DataFrame(_summaries(runs), dtype=object)


def translations_table(run, count=9):
    """The first `count` test sentences and what the run made of them.

    Every line of the test set is translated, but the writeup's sentences are the
    first that its protocol keeps, so those are taken where the scores name them.
    """
    rows = read_translations(run.folder / TRANSLATIONS)
    kept = run.kept_rows or range(len(rows))
    rows = [rows[index] for index in kept[:count]]
    columns = ["source", "reference", "hypothesis"]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def _summaries(runs):
    """One row a recipe and backend: mean and spread over the seeds."""

    def identity(run):
        return run.recipe, run.backend

    return [
        {"recipe": recipe, "backend": backend, **_summary(list(seeds))}
        for (recipe, backend), seeds in groupby(sorted(runs, key=identity), identity)
    ]


def _summary(runs):
    """Only whole runs count towards a mean; what the others are stands beside it."""
    results = [epochs_frame(run).iloc[-1] for run in runs if run.has_result]
    tally = Counter(run.status for run in runs)
    lengths = sorted({int(result["epoch"]) for result in results})
    summary = {
        "n": len(results),
        "status": _tally_text(tally),
        "epochs": ", ".join(map(str, lengths)),
    }
    for measure, column in MEASURES.items():
        values = pd.Series([result[column] for result in results], dtype=float)
        summary[measure] = values.mean(skipna=False) if results else " or ".join(tally)
        summary[measure + SPREAD] = _spread(values)
    return summary


def _spread(values):
    """The sample standard deviation; one seed has none, diverged seeds have NaN."""
    if len(values) < 2:
        return None
    if not np.isfinite(values).all():
        return math.nan
    return values.std(ddof=1)


def _tally_text(tally):
    if len(tally) == 1:
        return next(iter(tally))
    return ", ".join(f"{count} {status}" for status, count in sorted(tally.items()))


def _missing(recipe):
    """The row of a recipe that nobody ran, with the columns of `_summaries`."""
    row = {"recipe": recipe, "backend": None, "n": 0, "status": "missing"}
    row["epochs"] = None
    for measure in MEASURES:
        row |= {measure: "missing", measure + SPREAD: None}
    return row


def _beside(row, theirs):
    """The row with the writeup's figure and the difference after each of ours."""
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
    """The frame as text, four decimals throughout; a difference shows its sign."""
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
    """The formatted frame with each spread behind its mean: `3.0410 ± 0.0123`."""
    text = formatted(frame)
    for name in [name for name in text if name.endswith(SPREAD)]:
        mean = name.removesuffix(SPREAD)
        spread = text.pop(name)
        text[mean] = [
            f"{m} ± {s}" if s else m for m, s in zip(text[mean], spread, strict=True)
        ]
    return text


def markdown(frame):
    """The frame as markdown; losses and perplexities side by side fit no page."""
    text = for_reading(frame)
    losses = [name for name in text if "loss" in name]
    perplexities = [name for name in text if "perplexity" in name]
    if losses and perplexities:
        halves = (text.drop(columns=perplexities), text.drop(columns=losses))
        return "\n".join(map(_markdown_table, halves))
    return _markdown_table(text)


def _markdown_table(text):
    header = [name.replace("_", " ") for name in text]
    rows = [header, ["---"] * len(header), *text.map(escaped).to_numpy().tolist()]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def escaped(text):
    """Text that markdown shows as it is, on one line: `<unk>` stays `<unk>`."""
    text = re.sub(r"\r\n|\r|\n", "↵", text)
    return re.sub(r"[\\|*`<>\[\]&~$]|(?<!\w)_|_(?!\w)", r"\\\g<0>", text)


def write_table(frame, stem, page=None):
    """Writes `<stem>.csv` and `<stem>.md`, and returns both paths.

    Args:
        frame: what the csv holds, whole.
        stem: the path without its ending.
        page: the markdown, where it is laid out otherwise than the csv.
    """
    table = io.StringIO()
    text = formatted(frame)
    writer = csv.writer(table, lineterminator="\n")
    writer.writerows([text.columns, *text.to_numpy()])
    return [
        write_whole(f"{stem}.csv", table.getvalue()),
        write_whole(f"{stem}.md", page or markdown(frame)),
    ]
