"""The table and figures of the series that `experiments.explanations.series` trained.

    python -m experiments.explanations.series_table [--base full_transformer_best]
        [--runs-dir results/series] [--out results/explanations/series.csv]

A row stands for a factor and one of its values: over the complete runs, the mean, least
and greatest validation loss of the last epoch, BLEU of the test set, and diversity of
heads (`experiments.explanations.head_diversities`), which needs the weights and two
heads and is empty otherwise. All runs have the same number of epochs, which the row
names; others are left out. Three figures stand beside the table.
"""

import functools
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from experiments.explanations import figures
from experiments.explanations.series import FACTORS
from experiments.report.epochs import epochs_frame
from experiments.report.score_tables import score_cell
from experiments.report.tables import write_csv
from keras_nmt.errors import InputError
from keras_nmt.program.command_line import OptionParser, command_line
from keras_nmt.run.runs import load_runs

MEASURES = {
    "val_loss": "validation loss, nats a token",
    "bleu": "BLEU of the test set, lower-cased",
    "diversity": "divergence of heads, bits",
}


@command_line(results_in_files=True)
def main(argv=None):
    parser = OptionParser(description=__doc__)
    add = parser.add_argument
    add("--base", default="full_transformer_best")
    add("--runs-dir", type=Path, default=Path("results/series"))
    add("--out", type=Path, default=Path("results/explanations/series.csv"))
    add("--debug", action="store_true", help="show tracebacks")
    options = parser.parse_args(argv)
    runs = of_one_length(options.base, load_runs(options.runs_dir))
    if not runs:
        raise InputError(
            f"no complete run of {options.base} under {options.runs_dir}; train some "
            "by python -m experiments.explanations.series"
        )
    table = series_table(options.base, [(run, measures_of(run)) for run in runs])
    write_csv(table, options.out)
    print(table.to_string(index=False, float_format="{:.4f}".format))
    for measure, label in MEASURES.items():
        draw = functools.partial(series_figure, measure=measure, label=label)
        here = table[table[measure].notna()]
        path = options.out.with_name(f"{options.out.stem}_{measure}.csv")
        for figure in figures.for_each_corpus(here, draw, path):
            print(figure)


def of_one_length(base, runs):
    """The complete runs of the series that have its usual number of epochs."""
    known = {
        base,
        *(f"{base},{f}={v}" for f, values in FACTORS.items() for v in values),
    }
    complete = []
    for run in (run for run in runs if run.recipe in known):
        if run.status == "complete":
            complete.append(run)
        else:
            print(f"{run.folder}: left out, {run.status} ({run.reason})")
    if not complete:
        return []
    ((usual, _),) = Counter(len(run.epochs) for run in complete).most_common(1)
    for run in complete:
        if len(run.epochs) != usual:
            print(f"{run.folder}: left out, {len(run.epochs)} epochs, not {usual}")
    return [run for run in complete if len(run.epochs) == usual]


def measures_of(run):
    """`{measure: float}` of one run; NaN where it cannot be measured."""
    from experiments.explanations.head_diversities import diversities

    bleu = score_cell(run, "bleu")  # a word if an earlier version scored it
    found = {
        "val_loss": float(epochs_frame(run)["val_loss"].iloc[-1]),
        "bleu": bleu if isinstance(bleu, float) else np.nan,
        "diversity": np.nan,
    }
    if run.translating_weights_file.exists() and run.translator_file.exists():
        layers = diversities(run, most=256)
        if layers:
            found["diversity"] = float(np.mean([*layers.values()]))
    return found


def series_table(base, measured):
    """The table.

    Args:
        base: name of the recipe in the middle of all series.
        measured: (run, `{measure: float}`) of each run.
    """
    rows = []
    for corpus in dict.fromkeys(run.corpus for run, _ in measured):
        here = [(run, found) for run, found in measured if run.corpus == corpus]
        of_base = next((run for run, _ in here if run.recipe == base), None)
        for factor, values in FACTORS.items():
            for value in values:
                names = {f"{base},{factor}={value}"}
                if of_base is not None and of_base.config.get(factor) == value:
                    names.add(base)
                some = [(run, found) for run, found in here if run.recipe in names]
                if some:
                    same = {"corpus": corpus, "base": base, "factor": factor}
                    rows.append({**same, "value": str(value), **_row(some)})
    return pd.DataFrame(rows, dtype=object)


def _row(measured):
    row = {"epochs": len(measured[0][0].epochs), "runs": len(measured)}
    for measure in MEASURES:
        values = np.array([found[measure] for _, found in measured], float)
        known = values[np.isfinite(values)]
        ends = {"": np.mean, "_least": np.min, "_greatest": np.max}
        for end, of in ends.items():
            row[measure + end] = float(of(known)) if len(known) else None
    return row


def series_figure(table, measure, label):
    """A panel for each factor."""
    panels = []
    for factor, rows in table.groupby("factor", sort=False):
        base = rows["base"].iloc[0]
        line = {
            "name": f"{base}, {rows['epochs'].iloc[0]} epochs",
            "recipe": base,
            "x": rows["value"].to_list(),
            "y": figures.numbers(rows[measure]),
            "low": figures.numbers(rows[f"{measure}_least"]),
            "high": figures.numbers(rows[f"{measure}_greatest"]),
        }
        panels.append((factor.replace("_", " "), [line]))
    return figures.curves(panels, "value of the field", label)


if __name__ == "__main__":
    main()
