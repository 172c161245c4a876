"""Heatmaps of CKA, with the number in each cell; needs matplotlib."""

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from keras_nmt.evaluation.drawing import STYLE

DARK = 0.5
"""Values above are written in white."""


def cka_figure(panels):
    """Draws matrices of CKA side by side.

    Args:
        panels: a list of (title, names of rows, names of columns, matrix).

    Returns:
        A `Figure`; all panels have the same colours from 0 to 1.
    """
    with matplotlib.rc_context(STYLE):
        widest = max(len(columns) for _, _, columns, _ in panels)
        highest = max(len(rows) for _, rows, _, _ in panels)
        size = (1.2 + 0.55 * widest) * len(panels), min(1.6 + 0.45 * highest, 5.6)
        figure = Figure(figsize=size, layout="constrained")
        (axes,) = figure.subplots(1, len(panels), squeeze=False)
        for place, panel in zip(axes, panels, strict=True):
            _draw(place, *panel)
    return figure


def _draw(axes, title, rows, columns, matrix):
    matrix = np.asarray(matrix)
    axes.imshow(matrix, vmin=0, vmax=1, cmap="Blues")
    axes.set_title(title, fontweight="bold")
    axes.set_xticks(range(len(columns)), columns, rotation=45, ha="right")
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(length=0)
    for (row, column), value in np.ndenumerate(matrix):
        colour = "white" if value > DARK else "black"
        text = f"{value:.2f}"
        axes.text(column, row, text, ha="center", va="center", color=colour, size=8)
