"""Where the writeup's loss lies among runs of one recipe that differ in their seed.

    python -m experiments.explanations.seeds [RUN_DIR ...] [--recipe lstm_attention]
        [--runs-dir results/runs] [--out results/explanations/seeds.csv]

Needs no backend. A row stands for a run of the recipe on Multi30k: the complete ones
under --runs-dir, and those of the folders given, with the validation loss of the last
epoch (`val_loss`) and the least (`best_val_loss`). A run of the same backend and seed
counts once. The page computes mean, standard deviation and intervals from the rows. The
figure has a row for each backend.
"""

from pathlib import Path

import pandas as pd

from experiments.explanations import figures
from experiments.report.epochs import epochs_frame
from experiments.report.tables import read_reference, write_csv
from keras_nmt.errors import InputError
from keras_nmt.program.command_line import OptionParser, command_line
from keras_nmt.run.runs import Run, load_runs

CORPUS = "multi30k"


@command_line(results_in_files=True)
def main(argv=None):
    parser = OptionParser(description=__doc__)
    add = parser.add_argument
    add("run_dirs", nargs="*", type=Path, metavar="RUN_DIR")
    add("--recipe", default="lstm_attention")
    add("--runs-dir", type=Path, default=Path("results/runs"))
    add("--reference", type=Path, default=Path("results/reference/writeup.csv"))
    add("--out", type=Path, default=Path("results/explanations/seeds.csv"))
    add("--debug", action="store_true", help="show tracebacks")
    options = parser.parse_args(argv)
    given = []
    for folder in options.run_dirs:
        if not folder.is_dir():
            raise InputError(f"{folder}: no such folder; give run folders")
        given.append(Run(folder))
    table = seed_table(options.recipe, [*load_runs(options.runs_dir), *given])
    write_csv(table, options.out)
    print(table.to_string(index=False, float_format="{:.4f}".format))
    reference = read_reference(options.reference)["val_loss"]
    figure = seed_figure(table, options.recipe, reference.get(options.recipe))
    print(figures.save_beside(figure, options.out))


def seed_table(recipe, runs):
    """A row for each complete run of the recipe; those left out are printed.

    Raises:
        InputError: there is none.
    """
    rows = {}
    for run in runs:
        if (run.corpus, run.recipe) != (CORPUS, recipe):
            continue
        key = run.backend, run.seed
        if run.status != "complete":
            print(f"{run.folder}: left out, {run.status} ({run.reason})")
        elif key in rows:
            print(f"{run.folder}: left out, {run.backend} has seed {run.seed} already")
        else:
            last = epochs_frame(run).iloc[-1]
            rows[key] = {
                "corpus": run.corpus,
                "recipe": recipe,
                "backend": run.backend,
                "seed": run.seed,
                "epochs": int(last["epoch"]),
                "val_loss": float(last["val_loss"]),
                "best_val_loss": float(epochs_frame(run)["val_loss"].min()),
            }
    if not rows:
        raise InputError(f"no complete run of {recipe} on {CORPUS}; give run folders")
    return pd.DataFrame([rows[key] for key in sorted(rows)], dtype=object)


def seed_figure(table, recipe, writeup):
    """Mean and range of each backend's runs, and the writeup's number as a line."""
    rows = []
    for backend, here in [("all", table), *table.groupby("backend")]:
        losses = here["val_loss"].astype(float)
        rows.append(
            {
                "name": f"{backend}, {len(here)} runs",
                "recipe": recipe,
                "value": losses.mean(),
                "low": losses.min(),
                "high": losses.max(),
                "marks": losses.to_list(),
            }
        )
    title = f"Validation loss of {recipe} over seeds; the line is the writeup's"
    return figures.ranges(rows, title, "nats a token, mean and range", writeup)


if __name__ == "__main__":
    main()
