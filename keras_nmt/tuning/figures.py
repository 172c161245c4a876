"""Draws how a search went, and which fields mattered; needs matplotlib."""

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from keras_nmt.evaluation.drawing import GREY, STYLE
from keras_nmt.tuning.trial import COMPLETE

COLOUR = "#332288"
SIZE = (7.0, 3.4)  # inches


def history_figure(rows, measure, is_better):
    """Draws the value of each trial, and the best complete one so far.

    Args:
        rows: of `tables.trial_rows`.
        measure: the name of the value, for its axis.
        is_better: `(value, value) -> bool`.

    Returns:
        A `Figure`: a dot for a complete trial, a cross for one that was ended early, at
        its best epoch; a line for the best so far.
    """
    rows = [row for row in rows if row["value"] != ""]
    complete = [row for row in rows if row["status"] == COMPLETE]
    others = [row for row in rows if row["status"] != COMPLETE]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.subplots()
        axes.plot(*_points(others), "x", color=GREY, label="ended early")
        axes.plot(*_points(complete), "o", color=COLOUR, label="complete")
        line = _best_so_far(complete, is_better)
        axes.step(*zip(*line, strict=True), where="post", color=COLOUR, alpha=0.5)
        axes.set_title(f"{measure} by trial", fontweight="bold")
        axes.set_xlabel("trial")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(axis="y")
        axes.legend(frameon=False)
    return figure


def importances_figure(found, trials):
    """Draws a bar for each field.

    Args:
        found: as `tables.importances` returned it.
        trials: the number of complete trials.
    """
    with matplotlib.rc_context(STYLE):
        height = min(1.2 + 0.3 * len(found), 5.6)
        figure = Figure(figsize=(SIZE[0], height), layout="constrained")
        axes = figure.subplots()
        axes.barh([*found], [*found.values()], color=COLOUR)
        axes.invert_yaxis()
        axes.set_xlim(0, 1)
        axes.set_xlabel("share of the main effects")
        title = f"which fields mattered, in {trials} complete trials"
        axes.set_title(title, fontweight="bold")
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
    return figure


def _points(rows):
    return [row["trial"] for row in rows], [float(row["value"]) for row in rows]


def _best_so_far(rows, is_better):
    """Pairs of a trial and the best value up to it."""
    line = []
    for number, value in zip(*_points(rows), strict=True):
        if line and not is_better(value, line[-1][1]):
            value = line[-1][1]
        line.append((number, value))
    return line
