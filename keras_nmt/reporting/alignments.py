"""Where a system looked: kept in a run folder, drawn as heatmaps."""

import json
from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from keras_nmt.errors import InputError
from keras_nmt.reporting.figures import STYLE
from keras_nmt.reporting.files import read_text, write_whole

CELL = 0.17
"""Inches a token takes."""

ROOM = 0.95
"""Inches for the labels of one axis."""

DOTS = 56
"""Dots an inch, of the 100 that other figures have: there are many maps in one."""

ALONE_IN_A_ROW = 3
"""Sentences side by side where there is one map a sentence."""


class Alignment(NamedTuple):
    """Where a system looked while it said a translation.

    `weights`: attention_weights by the name of their layer, float (H, T, S), for T
    `target_tokens` and S `source_tokens`, at least one each; empty if the system has
    no attention. A row need not sum to 1: a system that sees padding may look there,
    and padding is not shown.
    """

    source_tokens: list[str]
    target_tokens: list[str]
    weights: dict[str, np.ndarray]


def write_alignments(path, alignments):
    """Stores `Alignment`s as JSON, a line each, weights to four decimals."""
    lines = [
        json.dumps(
            alignment._replace(
                weights={
                    name: np.round(weights.astype(float), 4).tolist()
                    for name, weights in alignment.weights.items()
                }
            )._asdict(),
            ensure_ascii=False,
        )
        for alignment in alignments
    ]
    return write_whole(path, "[\n" + ",\n".join(lines) + "\n]\n")


def read_alignments(path):
    """What `write_alignments` stored.

    Raises:
        InputError: the file is missing or holds something else.
    """
    try:
        return [_alignment(**sentence) for sentence in json.loads(read_text(path))]
    except InputError:
        raise
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{path} holds no alignments: {error!r:.120}") from error


def _alignment(source_tokens, target_tokens, weights):
    weights = {name: np.array(heads, float) for name, heads in weights.items()}
    expected = len(target_tokens), len(source_tokens)
    for name, heads in weights.items():
        if heads.ndim != 3 or heads.shape[1:] != expected:
            raise ValueError(
                f"weights of {name}: expected (heads, {expected[0]}, {expected[1]}). "
                f"Received: {heads.shape}"
            )
    return Alignment(source_tokens, target_tokens, weights)


def attention_maps(alignments):
    """One map a sentence and head, the source across and the translation down.

    The darkest colour is the highest weight of the figure, which is told below it:
    cosine scores make nearly even weights, a transformer's come close to 1.

    Args:
        alignments: `Alignment`s of one system.

    Returns:
        A `Figure`: a sentence a row where there are several maps of each, one a head
        of every layer.

    Raises:
        InputError: there is nothing to draw.
    """
    maps = [_maps(alignment) for alignment in alignments]
    if not any(maps):
        raise InputError("no attention to draw; give sentences of a system with some")
    columns = len(maps[0]) if len(maps[0]) > 1 else min(ALONE_IN_A_ROW, len(maps))
    rows = -(-sum(map(len, maps)) // columns)
    wide = max(len(alignment.source_tokens) for alignment in alignments)
    high = max(len(alignment.target_tokens) for alignment in alignments)
    with matplotlib.rc_context({**STYLE, "font.size": 7}):
        size = (columns * (wide * CELL + ROOM), rows * (high * CELL + ROOM))
        figure = Figure(figsize=size, layout="constrained", dpi=DOTS)
        grid = list(figure.subplots(rows, columns, squeeze=False).flat)
        for axes in grid:
            axes.set_axis_off()
        panels = [
            (alignment, *panel)
            for alignment, found in zip(alignments, maps, strict=True)
            for panel in found
        ]
        highest = max(float(weights.max()) for *_, weights in panels)
        for place, (axes, panel) in enumerate(zip(grid, panels, strict=False)):
            _draw(axes, *panel, highest)
            if place % columns and len(maps[0]) > 1:  # the same words all along a row
                axes.set_yticks([])
        figure.supxlabel(f"attention weights: white 0, darkest {highest:.2f}")
    return figure


def _maps(alignment):
    """(title, weights (T, S)) of every head of every layer."""
    return [
        (f"{name}, head {number}" if len(heads) > 1 else "", weights)
        for name, heads in alignment.weights.items()
        for number, weights in enumerate(heads, start=1)
    ]


def _draw(axes, alignment, title, weights, highest):
    axes.set_axis_on()
    axes.imshow(weights, cmap="Blues", vmin=0, vmax=highest, aspect="auto")
    axes.set_title(title, fontsize=7)
    axes.set_xticks(range(len(alignment.source_tokens)), alignment.source_tokens)
    axes.set_yticks(range(len(alignment.target_tokens)), alignment.target_tokens)
    axes.tick_params(axis="x", rotation=90)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
