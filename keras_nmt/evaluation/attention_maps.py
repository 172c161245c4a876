"""Draws attention weights as heatmaps."""

import matplotlib
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from keras_nmt.errors import InputError
from keras_nmt.evaluation.drawing import STYLE

CELL, LINE = 0.165, 0.15
"""Width and height of a token in inches."""

ROOM = 0.95
"""Inches for the labels of one axis."""

BELOW = 0.5
"""Inches for the scale of colours."""

DOTS = 70
"""Dots per inch; other figures have 100."""

BAR = {"shrink": 0.4, "aspect": 40, "pad": 0.02}

SENTENCES_A_ROW = 3

SCALE = PowerNorm(0.5, vmin=0, vmax=1)
"""White is 0 and the darkest colour 1 in every map, so that maps compare and uniform
attention is one pale tint. The square root makes small weights visible."""

TICKS = (0, 0.05, 0.25, 0.5, 1)


def attention_maps(alignments, most_inches=None):
    """Draws maps with the source across and the translation down, all on one scale.

    Args:
        alignments: `Alignment`s of one system. Several are drawn side by side, with a
            row for each layer that shows the mean of its heads. A single one shows
            every head.
        most_inches: the figure's height, if the maps of all layers are higher: then
            the last layers alone are drawn, at least one.

    Returns:
        A `Figure`.

    Raises:
        InputError: no alignment has weights.
    """
    alignments = [alignment for alignment in alignments if alignment.weights]
    if not alignments:
        raise InputError("no attention to draw; give sentences of a system with some")
    if len(alignments) == 1:
        rows = [_heads(alignments[0], name) for name in alignments[0].weights]
    else:
        rows = [row for part in _in_rows(alignments) for row in _layers(part)]
    if most_inches is not None:
        fitting = int((most_inches - BELOW) / _height(alignments))
        rows = rows[-max(fitting, 1) :]
    return _draw_grid(rows, alignments)


def _height(alignments):
    """Inches of a row of maps."""
    return max(len(x.target_tokens) for x in alignments) * LINE + ROOM


def _in_rows(alignments):
    return [
        alignments[start : start + SENTENCES_A_ROW]
        for start in range(0, len(alignments), SENTENCES_A_ROW)
    ]


def _heads(alignment, name):
    """The maps of one layer: (title, alignment, weights (T, S)) of every head."""
    heads = alignment.weights[name]
    if len(heads) == 1:
        return [(name, alignment, heads[0])]
    return [
        (f"{name}, head {number}", alignment, weights)
        for number, weights in enumerate(heads, start=1)
    ]


def _layers(alignments):
    """One row of maps for each layer: the mean over heads for each sentence."""
    rows = {}
    for alignment in alignments:
        for name, heads in alignment.weights.items():
            several = f", mean of {len(heads)} heads" if len(heads) > 1 else ""
            panel = (f"{name}{several}", alignment, heads.mean(axis=0))
            rows.setdefault(name, []).append(panel)
    return list(rows.values())


def _draw_grid(rows, alignments):
    columns = max(map(len, rows))
    wide = max(len(alignment.source_tokens) for alignment in alignments)
    with matplotlib.rc_context({**STYLE, "font.size": 7}):
        size = (
            max(columns * (wide * CELL + ROOM), 3.0),
            len(rows) * _height(alignments) + BELOW,
        )
        figure = Figure(figsize=size, layout="constrained", dpi=DOTS)
        grid = figure.subplots(len(rows), columns, squeeze=False)
        for axes in grid.flat:
            axes.set_axis_off()
        for line, panels in zip(grid, rows, strict=True):
            for axes, panel in zip(line, panels, strict=False):
                image = _draw(axes, *panel)
        bar = figure.colorbar(image, ax=grid, location="bottom", **BAR)
        bar.set_ticks(TICKS, labels=[f"{tick:g}" for tick in TICKS])
        bar.set_label("attention weight, on a square-root scale", fontsize=7)
        bar.outline.set_visible(False)
    return figure


def _draw(axes, title, alignment, weights):
    axes.set_axis_on()
    image = axes.imshow(weights, cmap="Blues", norm=SCALE, aspect="auto")
    axes.set_title(title + _padding(weights), fontsize=7)
    axes.set_xticks(range(len(alignment.source_tokens)), alignment.source_tokens)
    axes.set_yticks(range(len(alignment.target_tokens)), alignment.target_tokens)
    axes.tick_params(axis="x", rotation=90)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return image


def _padding(weights):
    """The share of attention on padding, which is what the rows lack of a sum of 1."""
    left = 1 - weights.sum(axis=1).mean()
    return f" ({left:.0%} on padding)" if left >= 0.01 else ""
