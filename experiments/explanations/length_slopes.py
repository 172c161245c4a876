"""The slope of BLEU over the length of the source, for each system and between two.

    python -m experiments.explanations.length_slopes [--runs-dir results/runs]
        [--out results/explanations/length_slopes.csv]

Needs no backend. `lines` says which test lines count: all, or those that the protocol
keeps, of at most 20 tokens, as in training. A row stands for a recipe: the mean over
its complete runs, their standard deviation, and the 95 % interval over resampled test
sentences. `relative` is the slope as a share of the system's own BLEU. A row of two
recipes, `this - that`, holds the difference of their means. A figure of the writeup's
systems, on the lines that the protocol keeps, stands beside the table.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from experiments.explanations import figures
from experiments.explanations.complete_runs import by_recipe
from experiments.explanations.length_slope import groups_of, resamples, slopes
from experiments.report.systems import COLOURS
from experiments.report.tables import write_csv
from keras_nmt.evaluation.bleu import count_run, interval
from keras_nmt.program.command_line import OptionParser, command_line

COMPARED = (
    ("encoder_only", "full_transformer"),
    ("lstm_attention", "full_transformer"),
    ("lstm_attention_best", "full_transformer_best"),
)
"""The pairs that the writeup compares, and the defaults of both kinds."""

LINES = ("all", "kept")


@command_line(results_in_files=True)
def main(argv=None):
    parser = OptionParser(description=__doc__)
    parser.add_argument("--runs-dir", type=Path, default=Path("results/runs"))
    parser.add_argument(
        "--out", type=Path, default=Path("results/explanations/length_slopes.csv")
    )
    options = parser.parse_args(argv)
    table = slope_table(by_recipe(options.runs_dir))
    write_csv(table, options.out)
    print(table.to_string(index=False, float_format="{:.4f}".format))
    kept = table[table["lines"] == LINES[-1]]
    for path in figures.for_each_corpus(kept, slope_figure, options.out):
        print(path)


def slope_table(recipes):
    """The table of `{(corpus, recipe): runs}`: recipes, then the pairs compared."""
    found = {}
    for (corpus, recipe), runs in recipes.items():
        for lines in LINES:
            here = [measured for run in runs if (measured := _measured(run, lines))]
            if here:
                found.setdefault((corpus, lines), {})[recipe] = here
    rows = []
    for (corpus, lines), measured in found.items():
        same = {"corpus": corpus, "lines": lines}
        for recipe, here in measured.items():
            rows.append({**same, "recipe": recipe, "runs": len(here), **_row(here)})
        for one, other in COMPARED:
            if one in measured and other in measured:
                pair = {"recipe": f"{other} - {one}", "runs": None}
                values = _difference(measured[one], measured[other])
                rows.append({**same, **pair, **_row([values])})
    return pd.DataFrame(rows, dtype=object)


def _measured(run, lines):
    """Slopes, and slopes as a share of BLEU.

    None if the lines are not recorded, or all in one group of lengths.

    Returns:
        list of two arrays, float (R,).
    """
    counted = count_run(run)
    chosen = run.kept_rows if lines == "kept" else range(len(counted.rows))
    if chosen is None:
        return None
    words = np.array([len(counted.rows[index].source.split()) for index in chosen])
    if groups_of(words) < 2:
        print(f"{run.name}: left out, {lines} lines have about one length")
        return None
    found, scores = slopes(counted.counts[list(chosen)], words, resamples(words))
    return [found, found / np.maximum(scores, 1e-9)]


def _difference(one, other):
    return np.mean(other, axis=0) - np.mean(one, axis=0)


def _row(measured):
    row = {}
    for number, name in enumerate(("slope", "relative")):
        values = np.stack([run[number] for run in measured])
        mean = values.mean(axis=0)
        low, high = interval(mean[1:])
        row |= {
            name: float(mean[0]),
            f"{name}_spread": _spread(values[:, 0]),
            f"{name}_low": low,
            f"{name}_high": high,
        }
    return row


def _spread(values):
    return float(values.std(ddof=1)) if len(values) > 1 else None


def slope_figure(table):
    """The slope of each system, and between two, with its 95 % interval."""
    rows = [
        {
            "name": row["recipe"],
            "recipe": row["recipe"].split(" - ")[0],
            "value": row["slope"],
            "low": row["slope_low"],
            "high": row["slope_high"],
        }
        for row in table.to_dict("records")
        if row["recipe"].split(" - ")[0] in COLOURS
    ]
    label = "BLEU points for one more word of the source, lines of at most 20 tokens"
    return figures.ranges(rows, "Slope of BLEU over length", label)


if __name__ == "__main__":
    main()
