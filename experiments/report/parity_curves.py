"""Draws the differences between the backends' training losses."""

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from experiments.report.parity_verdicts import relative_differences
from experiments.report.systems import BACKEND_COLOURS, BACKEND_NAMES, OWN_COLOUR
from keras_nmt.evaluation.drawing import GREY, STYLE

COLUMNS = 4
LEAST = 1e-8
"""The lower end of the logarithmic axis; smaller differences are drawn there."""

HIGHEST = 5.6
"""Inches, about the height of a screen."""


def parity_curves(found, bound):
    """Draws the largest relative difference of the losses so far, a panel a recipe.

    Args:
        found: list of `Parity`.
        bound: of the relative differences, drawn as a dashed line.

    Returns:
        A `Figure`: a line for each backend except the first, on a logarithmic scale,
        and a grey one for the first backend with nudged initial weights.
    """
    columns = min(COLUMNS, len(found))
    rows = -(-len(found) // columns)
    with matplotlib.rc_context(STYLE):
        size = (max(2.4 * columns, 5.0), min(1.9 * rows + 0.6, HIGHEST))
        figure = Figure(figsize=size, layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        for axes in grid.flat:
            axes.set_axis_off()
        for axes, parity in zip(grid.flat, found, strict=False):
            _draw_recipe(axes, parity, bound)
        _finish(grid, bound)
        reference = BACKEND_NAMES.get(*2 * (next(iter(found[0].losses)),))
        figure.supylabel(
            f"largest difference so far\nof the loss from {reference}", fontsize=9
        )
        figure.supxlabel("training step", fontsize=9)
        legends = [axes.get_legend_handles_labels() for axes in grid.flat]
        handles, names = max(legends, key=lambda legend: len(legend[1]))
        figure.legend(
            handles, names, loc="outside upper left", ncols=len(names), frameon=False
        )
    return figure


def _draw_recipe(axes, parity, bound):
    (reference, base), *others = parity.losses.items()
    curves = [
        (BACKEND_NAMES.get(name, name), BACKEND_COLOURS.get(name, OWN_COLOUR), losses)
        for name, losses in others
    ]
    if parity.nudged:
        first = BACKEND_NAMES.get(reference, reference)
        curves.append(
            (f"{first}, weights nudged by a rounding", "#999999", parity.nudged)
        )
    for label, colour, losses in curves:
        apart = np.maximum.accumulate(relative_differences(base, losses))
        steps = np.arange(1, len(losses) + 1)
        axes.plot(steps, np.maximum(apart, LEAST), color=colour, label=label)
    axes.set_axis_on()
    axes.axhline(bound, color="black", linewidth=0.8, linestyle="--")
    axes.set_title(parity.recipe, fontweight="bold", fontsize=8)
    axes.grid(axis="y")


def _finish(grid, bound):
    axes = grid[0, 0]  # all share its scales
    axes.annotate(
        "bound",
        (0, bound),
        (3, 2),
        xycoords=axes.get_yaxis_transform(),
        textcoords="offset points",
        color=GREY,
        fontsize=7,
    )
    axes.set_yscale("log")
    axes.set_ylim(LEAST, max(axes.get_ylim()[1], 10 * bound))
    axes.yaxis.set_major_locator(FixedLocator([LEAST, 1e-6, 1e-4, 1e-2, 1]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    for axes in grid.flat:
        axes.tick_params(axis="y", which="minor", length=0)
