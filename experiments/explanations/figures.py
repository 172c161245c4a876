"""Figures of the explanations: curves with bands, and values with their ranges."""

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments.report.figures import HIGHEST, save_figure
from experiments.report.systems import colour
from keras_nmt.evaluation.drawing import GREY, STYLE

DASHES = ("-", "--", ":", "-.")


def curves(panels, x_label, y_label, log=False, shared=True):
    """Draws curves, each panel with its own legend.

    Args:
        panels: a list of (title, lines); a line is a dict of `name`, `x`, `y`, and
            optionally `low` and `high`, the bounds of its band, `recipe`, whose
            colour it has, and `dash`, the number of its style.
        x_label: of every panel.
        y_label: of the first one.
        log: whether the vertical axis is logarithmic.
        shared: whether all panels have the same vertical axis.

    Returns:
        A `Figure`.
    """
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9.0, 4.2), layout="constrained")
        axes = figure.subplots(1, len(panels), sharey=shared, squeeze=False)[0]
        for place, (title, lines) in zip(axes, panels, strict=True):
            if log:
                place.set_yscale("log")
                place.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
            for line in lines:
                _draw_line(place, **line)
            place.set_title(title, fontweight="bold", fontsize=9)
            place.set_xlabel(x_label)
            place.grid(axis="y")
            place.tick_params(labelleft=True)
            if not any(isinstance(x, str) for line in lines for x in line["x"]):
                place.xaxis.set_major_locator(MaxNLocator(integer=True))
            # Below the axes, where it covers no curve.
            place.legend(
                frameon=False,
                fontsize=7,
                loc="upper center",
                bbox_to_anchor=(0.5, -0.16),
                ncols=2,
            )
        axes[0].set_ylabel(y_label)
    return figure


def _draw_line(axes, name, x, y, low=None, high=None, recipe=None, dash=0):
    tint = colour(recipe or name)
    style = {"color": tint, "linestyle": DASHES[dash], "marker": "o", "markersize": 3}
    axes.plot(x, y, label=name, linewidth=1.2, **style)
    if low is not None:
        axes.fill_between(x, low, high, color=tint, alpha=0.15, linewidth=0)


def ranges(rows, title, x_label, line=0.0):
    """Draws a value a row, with its range: an interval, or least and greatest.

    Args:
        rows: a list of dicts of `name`, `value`, `low`, `high`, and perhaps `recipe`
            and `marks`, single values.
        title, x_label: texts.
        line: where a vertical line is drawn.
    """
    with matplotlib.rc_context(STYLE):
        height = min(1.2 + 0.3 * len(rows), HIGHEST)
        figure = Figure(figsize=(9.0, height), layout="constrained")
        axes = figure.subplots()
        axes.axvline(line, color=GREY, linewidth=0.8)
        for place, row in enumerate(rows):
            tint = colour(row.get("recipe") or row["name"])
            axes.plot([row["low"], row["high"]], [place] * 2, color=tint, linewidth=2)
            axes.plot(row["value"], place, marker="o", color=tint)
            marks = row.get("marks", [])
            axes.plot(marks, [place] * len(marks), "|", color=tint, markersize=12)
        axes.set_yticks(range(len(rows)), [row["name"] for row in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_title(title, fontweight="bold")
        axes.set_xlabel(x_label)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x")
    return figure


def for_each_corpus(table, draw, path):
    """Draws a table's figure next to its csv file, one for each corpus with rows.

    Args:
        table: with a column `corpus`.
        draw: `table of one corpus -> Figure`.
        path: of the csv file; the corpus is in the figure's name if there are several.

    Returns:
        The paths of the figures.
    """
    corpora = [*dict.fromkeys(table["corpus"])]
    return [
        save_beside(
            draw(table[table["corpus"] == corpus]),
            path,
            f"_{corpus}" if len(corpora) > 1 else "",
        )
        for corpus in corpora
    ]


def save_beside(figure, path, suffix=""):
    """Writes a figure next to a csv file, with its name; returns the path."""
    return save_figure(figure, path.with_suffix("").as_posix() + suffix)


def numbers(cells):
    """A column of a table as floats; NaN for an empty cell."""
    return np.array([np.nan if x in (None, "") else float(x) for x in cells])
