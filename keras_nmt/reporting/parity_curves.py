"""The losses of the first steps of training, backend upon backend."""

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from keras_nmt.reporting.backend_tables import COLOURS, LINES, OWN_COLOUR
from keras_nmt.reporting.figures import GREY, STYLE

COLUMNS = 4
LEAST = 1e-8
"""Where the axis of differences begins: equal losses have no logarithm."""


def parity_curves(found, bound):
    """Small multiples, one a recipe: the losses, and below how far they part.

    Args:
        found: list of `Parity`.
        bound: of the relative differences.

    Returns:
        A `Figure`. The lower axes show each backend's relative difference from the
        first one, on a logarithmic scale, with the bound in grey, and that of the
        first one from itself with every weight moved to the next float32.
    """
    columns = min(COLUMNS, len(found))
    rows = -(-len(found) // columns)
    with matplotlib.rc_context(STYLE):
        size = (max(2.9 * columns, 5.0), 3.6 * rows + 0.4)
        figure = Figure(figsize=size, layout="constrained")
        ratios = [2, 1] * rows
        grid = figure.subplots(2 * rows, columns, squeeze=False, height_ratios=ratios)
        for axes in grid.flat:
            axes.set_axis_off()
        for place, parity in enumerate(found):
            row, column = divmod(place, columns)
            pair = grid[2 * row, column], grid[2 * row + 1, column]
            _draw_recipe(parity, *pair, bound, first=not column)
        legends = [axes.get_legend_handles_labels() for axes in grid[::2].flat]
        handles, names = max(legends, key=lambda legend: len(legend[1]))
        figure.legend(
            handles, names, loc="outside upper left", ncols=len(names), frameon=False
        )
    return figure


def _draw_recipe(parity, upper, lower, bound, first):
    (reference, base), *_ = parity.losses.items()
    for backend, losses in parity.losses.items():
        style = {
            "color": COLOURS.get(backend, OWN_COLOUR),
            "linestyle": LINES.get(backend, "-"),
            "linewidth": 1.2,
        }
        steps = np.arange(1, len(losses) + 1)
        upper.plot(steps, losses, label=backend, **style)
        if backend != reference:
            apart = np.abs(np.subtract(losses, base)) / np.abs(base)
            style["linestyle"] = "-"
            lower.plot(steps, np.maximum(apart, LEAST), **{**style, "linewidth": 0.8})
    if parity.nudged:
        apart = np.abs(np.subtract(parity.nudged, base)) / np.abs(base)
        style = {"color": GREY, "linewidth": 0.8}
        lower.plot(steps, np.maximum(apart, LEAST), zorder=1, **style)
        upper.plot([], [], label=f"{reference}, nudged", **style)
    _finish_differences(lower, bound)
    for axes in (upper, lower):
        axes.set_axis_on()
        axes.grid(axis="y")
    upper.set_title(parity.recipe, fontweight="bold")
    upper.tick_params(labelbottom=False)
    lower.set_xlabel("step")
    if first:
        upper.set_ylabel("training loss")
        lower.set_ylabel(f"difference\nfrom {reference}")


def _finish_differences(axes, bound):
    axes.axhline(bound, color=GREY, linewidth=0.8, linestyle="--")
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
    axes.tick_params(axis="y", which="minor", length=0)
