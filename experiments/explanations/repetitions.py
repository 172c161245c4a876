"""How many words the systems double, beside the references.

    python -m experiments.explanations.repetitions [--runs-dir results/runs]
        [--out results/explanations/repetitions.csv]

Needs no backend. A row stands for a recipe on a corpus: the share of doubled words,
its standard deviation, least and greatest value over the complete runs. A figure of the
writeup's systems stands beside the table.
"""

from pathlib import Path

import pandas as pd

from experiments.explanations import figures
from experiments.explanations.complete_runs import by_recipe
from experiments.explanations.repetition import repetition_rate
from experiments.report.systems import COLOURS
from experiments.report.tables import write_csv
from keras_nmt.program.command_line import OptionParser, command_line


@command_line(results_in_files=True)
def main(argv=None):
    parser = OptionParser(description=__doc__)
    parser.add_argument("--runs-dir", type=Path, default=Path("results/runs"))
    parser.add_argument(
        "--out", type=Path, default=Path("results/explanations/repetitions.csv")
    )
    options = parser.parse_args(argv)
    table = repetition_table(by_recipe(options.runs_dir))
    write_csv(table, options.out)
    print(table.to_string(index=False))
    for path in figures.for_each_corpus(table, repetition_figure, options.out):
        print(path)


def repetition_table(recipes):
    """The table of `{(corpus, recipe): runs}`, a row for each recipe."""
    rows = []
    for (corpus, recipe), runs in recipes.items():
        texts = [run.translations for run in runs]
        rates = pd.Series(
            [repetition_rate([row.hypothesis for row in text]) for text in texts]
        )
        rows.append(
            {
                "corpus": corpus,
                "recipe": recipe,
                "runs": len(runs),
                "doubled": float(rates.mean()),
                "spread": float(rates.std()) if len(runs) > 1 else None,
                "least": float(rates.min()),
                "greatest": float(rates.max()),
                "references": repetition_rate([row.reference for row in texts[0]]),
            }
        )
    return pd.DataFrame(rows, dtype=object)


def repetition_figure(table):
    """Mean, least and greatest share of doubled words of each system, in percent."""
    rows = [
        {
            "name": row["recipe"],
            **{
                name: 100 * row[column]
                for name, column in (
                    ("value", "doubled"),
                    ("low", "least"),
                    ("high", "greatest"),
                )
            },
        }
        for row in table.to_dict("records")
        if row["recipe"] in COLOURS
    ]
    label = "doubled words, % of all: the mean of the runs, and their range"
    return figures.ranges(rows, "Words that repeat the word before them", label)


if __name__ == "__main__":
    main()
