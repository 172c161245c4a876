"""The trials of a study as a table, and which fields mattered."""

import csv
import io
import math

import optuna
from optuna.importance import FanovaImportanceEvaluator
from optuna.trial import TrialState

from keras_nmt.files import write_whole
from keras_nmt.run.runs import Run
from keras_nmt.tuning.trial import REASON, status_of

ENOUGH = 4
"""Complete trials from which importances are computed."""

COLUMNS = ("trial", "status", "value", "best_epoch", "epochs", "seconds", "parameters")
"""Those before the fields; `reason` comes after them."""


def trial_rows(study, folder_of, selection):
    """A dict for each trial, by number; a cell that is not known is "".

    Args:
        study: a `SharedStudy`.
        folder_of: `number -> folder` of a trial's run.
        selection: the `Selection` by which trials are compared.
    """
    return [
        _row(trial, Run(folder_of(trial.number)), study.ranges, selection)
        for trial in study.trials
    ]


def _row(trial, run, ranges, selection):
    rows = run.epochs
    best = selection.best(rows)
    seconds = sum(float(row["seconds"]) for row in rows)
    return {
        "trial": trial.number,
        "status": status_of(trial),
        "value": rows[best - 1][selection.column] if best else "",
        "best_epoch": best or "",
        "epochs": len(rows) or "",
        "seconds": round(seconds, 1) if rows else "",
        "parameters": run.scores.get("parameters", ""),
        **{name: shown(trial.params.get(name, "")) for name in ranges},
        "reason": trial.user_attrs.get(REASON, ""),
    }


def shown(value):
    """A value of a field; 0.15 for a sum of steps that is 0.15000000000000002."""
    return float(f"{value:.12g}") if isinstance(value, float) else value


def importances(study):
    """What each field by itself changes of the value, largest first.

    The main effects of a functional ANOVA (Hutter et al. 2014) of a random forest that
    is fitted to the complete trials, as shares of their sum. What fields do together
    is not in them. With few trials they are no more than a hint.

    Returns:
        `{field: share}`; {} for fewer than `ENOUGH` complete trials or if all have the
        same value.
    """
    states = (TrialState.COMPLETE,)
    complete = study.study.get_trials(deepcopy=False, states=states)
    if len(complete) < ENOUGH or len({trial.value for trial in complete}) < 2:
        return {}
    # It leaves out a field that had one value in all of these trials.
    evaluator = FanovaImportanceEvaluator(seed=0)
    found = optuna.importance.get_param_importances(study.study, evaluator=evaluator)
    return {name: float(share) for name, share in found.items() if math.isfinite(share)}


def write_table(path, rows):
    """Writes rows, which are dicts with the same keys, as csv."""
    if not rows:
        return
    table = io.StringIO()
    writer = csv.DictWriter(table, [*rows[0]], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_whole(path, table.getvalue())
