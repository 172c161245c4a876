"""`SELECTION.md`: what was tried on validation, the losing choices included."""

import io

import pandas as pd

from experiments.report.tables import escaped, markdown_table
from keras_nmt.errors import InputError
from keras_nmt.files import read_text, write_whole

FOLDER = "selection"
PAGE = "SELECTION.md"

INTRODUCTION = """\
# What was tried

Every choice is made on the validation text; no test sentence was read for this page.
BLEU is sacreBLEU's, with the case of the references and lower-cased, and the tokenizer
of the run's own scores (`tok:13a` for most languages). The first row of a run with its
highest BLEU is bold. A run that went on is listed again.

Made by `python -m experiments.select RUN_DIR ...`, which adds a run's rows to the csv.
"""

RUN = ["run", "trained_epochs"]
"""The columns that name a run at one time of its training."""

HEADER = (
    "weights",
    "beam",
    "length penalty",
    "loss",
    "BLEU, cased",
    "BLEU, lower-cased",
)


def write_selection_page(results_dir):
    """Writes the page from the csv files of `selection/`.

    Returns:
        its path; None if nothing was measured.

    Raises:
        InputError: a csv file cannot be used; the message names it.
    """
    parts = [INTRODUCTION]
    for path in sorted((results_dir / FOLDER).glob("*.csv")):
        try:
            table = pd.read_csv(io.StringIO(read_text(path)), keep_default_na=False)
            parts += [f"## {path.stem}\n", _overview(table), *_runs(table)]
        except (KeyError, ValueError, TypeError) as error:
            raise InputError(
                f"{path}: cannot be used ({error!s:.120}); remove it and run "
                "experiments.select again"
            ) from None
    if len(parts) == 1:
        return None
    return write_whole(results_dir / PAGE, "\n".join(parts))


def _overview(table):
    """Each run's best row, the best run first."""
    best = table.loc[table.groupby(RUN)["val_bleu_lowercased"].idxmax()]
    best = best.sort_values("val_bleu_lowercased", ascending=False)
    rows = [
        [escaped(row.run), str(row.trained_epochs), *_cells(row)]
        for row in best.itertuples()
    ]
    return markdown_table(["run", "epochs", *HEADER], rows)


def _runs(table):
    for (name, epochs), rows in table.groupby(RUN, sort=True):
        best = rows["val_bleu_lowercased"].idxmax()
        cells = [_cells(row, bold=row.Index == best) for row in rows.itertuples()]
        first = rows.iloc[0]
        differs = escaped(first["differs"]) or "nothing"
        yield (
            f"### {escaped(name)}, {epochs} epochs\n\nFields that differ from "
            f"the first recipe of its kind: {differs}.\n"
        )
        yield markdown_table(list(HEADER), cells)


def _cells(row, bold=False):
    cells = [
        escaped(row.weights),
        "greedy" if row.beam_size == 1 else str(row.beam_size),
        "" if row.beam_size == 1 else f"{row.length_penalty:g}",
        f"{row.val_loss:.4f}",
        f"{row.val_bleu_cased:.2f}",
        f"{row.val_bleu_lowercased:.2f}",
    ]
    return [f"**{cell}**" if cell and bold else cell for cell in cells]
