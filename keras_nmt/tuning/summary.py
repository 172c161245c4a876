"""Writes what a study found: tables, figures, and the best recipe as a TOML file."""

import json
import operator

from keras_nmt.evaluation.drawing import save_image
from keras_nmt.files import write_whole
from keras_nmt.tuning import figures
from keras_nmt.tuning.pruning import MEASURED
from keras_nmt.tuning.tables import importances, shown, trial_rows, write_table
from keras_nmt.tuning.trial import COMPLETE

BETTER = {"val_loss": operator.lt, "val_bleu": operator.gt}


def write_summary(study, space, folder_of):
    """Rewrites the files beside the journal; they follow from it and the run folders.

    Args:
        study: a `SharedStudy`.
        space: its `Space`.
        folder_of: `number -> folder` of a trial's run.

    Returns:
        Lines that tell what was found.
    """
    selection = space.recipe.selection
    rows = trial_rows(study, folder_of, selection)
    shares = importances(study)
    best = study.best()
    with study.lock:
        folder = study.folder
        write_table(folder / "trials.csv", rows)
        table = [{"field": name, "share": round(x, 4)} for name, x in shares.items()]
        write_table(folder / "importances.csv", table)
        measure = MEASURED[selection.column]
        if best:
            better = BETTER[selection.column]
            history = figures.history_figure(rows, measure, better)
            save_image(history, folder / "history.png")
            write_whole(folder / "best.toml", best_recipe(space, best))
        if shares:
            count = sum(row["status"] == COMPLETE for row in rows)
            drawn = figures.importances_figure(shares, count)
            save_image(drawn, folder / "importances.png")
    return [*_tally(rows), *_found(folder, best, measure)]


def best_recipe(space, trial):
    """The TOML file of a trial's recipe, for `keras-nmt train`.

    Args:
        space: the `Space`.
        trial: a `FrozenTrial`.
    """
    found = {name: shown(trial.params[name]) for name in space.ranges}
    fields = {**space.fixed, **found}
    fields = {"name": f"{space.name}_tuned", "base": space.base, **fields}
    # A JSON number, text, list, true or false is written alike in TOML.
    lines = [f"{name} = {json.dumps(value)}" for name, value in fields.items()]
    header = f"# Trial {trial.number} of the search {space.name}."
    return "\n".join([header, *lines]) + "\n"


def _tally(rows):
    counts = {}
    for row in rows:
        counts[row["status"]] = counts.get(row["status"], 0) + 1
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    yield f"{len(rows)} trials: {told}"


def _found(folder, best, measure):
    if best is None:
        yield "no trial is complete, so there is no best one"
        return
    values = ", ".join(f"{name} {shown(x)}" for name, x in best.params.items())
    yield f"best: trial {best.number}, {measure} {best.value:.4f}: {values}"
    yield f"{folder}: trials.csv and figures; best.toml is the recipe to train"
