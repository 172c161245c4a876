"""Draws the overview and the learning curves, without pyplot's global state."""

import io
import math

import matplotlib
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from PIL import Image

from experiments.report.epochs import epochs_frame
from experiments.report.score_tables import OTHER_TOKENS, score_cell, tokens_of
from experiments.report.systems import (
    BACKEND_COLOURS,
    BACKEND_NAMES,
    OWN_COLOUR,
    colour,
)
from experiments.report.tables import HONEST, SPREAD, cell
from keras_nmt.evaluation.drawing import STYLE, save_image
from keras_nmt.files import write_whole

WRITEUP_MARK = {
    "color": "black",
    "marker": "D",
    "markersize": 7,
    "markerfacecolor": "none",
    "clip_on": False,
    "linestyle": "",
}
HIGHEST = 5.6  # inches, about the height of a screen
LARGEST = 200_000  # bytes of an image in git
FEW_COLOURS = 64


def overview(rows, recipes, title):
    """Draws BLEU and validation loss without `<sos>` of every system, side by side.

    Args:
        rows: recipe -> its row of `tables.writeup_table` with `by=("recipe",)`.
        recipes: recipe -> its runs.
        title: of the figure.

    Returns:
        A `Figure`: a pale dot for each run, a stroke for the mean with a bar for the
        standard deviation, and the numbers at the right of each panel. A loss of other
        tokens than the first recipe's is left out, since it does not compare.
    """
    tokens = {name: tokens_of(recipes[name]) for name in rows}
    first = next(iter(tokens.values()), None)
    with matplotlib.rc_context(STYLE):
        height = min(1.3 + 0.32 * len(rows), HIGHEST)
        figure = Figure(figsize=(9.0, height), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        panels = (
            (left, "bleu", 2, "BLEU, lower-cased: more is better"),
            (right, HONEST, 3, "validation loss, nats per token: less is better"),
        )
        for axes, measure, decimals, label in panels:
            for place, (recipe, row) in enumerate(rows.items()):
                if measure == HONEST and tokens[recipe] != first:
                    _note_row(axes, place, OTHER_TOKENS)
                    continue
                runs = [run for run in recipes[recipe] if run.has_result]
                cells = [_value(run, measure) for run in runs]
                _draw_row(axes, place, row, measure, cells, decimals)
            axes.set_xlabel(label)
            axes.spines["left"].set_visible(False)
            axes.tick_params(axis="y", length=0)
        left.set_xlim(left=0)
        left.set_yticks(range(len(rows)), list(rows))
        left.set_ylim(len(rows) - 0.5, -0.5)
        left.set_title(title, fontweight="bold")
    return figure


def _value(run, measure):
    if measure == "bleu":
        return score_cell(run, "bleu")
    return epochs_frame(run)[measure].iloc[-1]


def _draw_row(axes, height, row, measure, cells, decimals):
    tint = colour(row["recipe"], row.get("system"))
    axes.axhline(height, color="#E5E5E5", linewidth=0.8)
    mean, spread = row[measure], row[measure + SPREAD]
    numbers = [value for value in cells if isinstance(value, float)]
    style = {"color": tint, "linestyle": ""}
    axes.plot(numbers, [height] * len(numbers), marker="o", alpha=0.4, **style)
    if isinstance(mean, float):
        axes.errorbar(mean, height, xerr=spread or 0, marker="|", ms=12, **style)
    _note_row(axes, height, cell(mean, spread, decimals))


def _note_row(axes, height, text):
    axes.annotate(
        text,
        (1, height),
        (8, 0),
        xycoords=axes.get_yaxis_transform(),
        textcoords="offset points",
        va="center_baseline",
    )


def learning_curves(runs, reference=None):
    """Draws training and validation loss by epoch, a line for each run.

    Args:
        runs: runs of one recipe; those without a result are left out.
        reference: the writeup's row for this system, or None.

    Returns:
        A `Figure`, with a colour for each backend; None if no run has a result.
    """
    runs = [run for run in runs if run.has_result]
    if not runs:
        return None
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9.0, 3.6), layout="constrained")
        panels = figure.subplots(1, 2, sharey=True)
        for axes, part, prefix in zip(
            panels, ("training", "validation"), ("", "val_"), strict=True
        ):
            for run in runs:
                _draw_run(axes, run, f"{prefix}loss")
            if reference is not None:
                theirs = reference[f"{prefix or 'train_'}loss"]
                axes.plot(reference["epochs"], theirs, **WRITEUP_MARK)
            axes.set_title(f"{part} loss by epoch", fontweight="bold", fontsize=9)
            axes.set_xlabel("epoch")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=(1, 2, 5, 10)))
            axes.set_xlim(left=0)
            axes.grid(axis="y")
            axes.tick_params(labelleft=True)
        panels[0].set_ylabel("nats per token, as the recipe counts")
        figure.suptitle(
            f"{runs[0].recipe} on {runs[0].corpus}", x=0.01, ha="left", fontsize=10
        )
        handles = _legend(runs, reference)
        panels[1].legend(handles=handles, frameon=False, loc="upper right")
    return figure


def _draw_run(axes, run, column):
    frame = epochs_frame(run)
    style = {"color": BACKEND_COLOURS.get(run.backend, OWN_COLOUR), "linewidth": 1}
    axes.plot(frame["epoch"], frame[column], alpha=0.8, **style)
    last = frame[column].iloc[-1]
    if math.isfinite(last):
        axes.plot(frame["epoch"].iloc[-1], last, marker="o", markersize=3, **style)


def _legend(runs, reference):
    """A line for each backend with the number of runs, a diamond for the writeup."""
    backends = [run.backend for run in runs]
    handles = [
        Line2D(
            [],
            [],
            color=BACKEND_COLOURS.get(name, OWN_COLOUR),
            label=f"{BACKEND_NAMES.get(name, name)}, {backends.count(name)} "
            + ("run" if backends.count(name) == 1 else "runs"),
        )
        for name in dict.fromkeys(backends)
    ]
    if reference is not None:
        handles.append(Line2D([], [], label="the writeup's", **WRITEUP_MARK))
    return handles


def save_figure(figure, stem):
    """Writes `<stem>.png`, always the same bytes for a figure; returns the path.

    A file above `LARGEST` is stored again with `FEW_COLOURS`, which a map of one hue
    does not show.
    """
    path = save_image(figure, f"{stem}.png")
    if path.stat().st_size > LARGEST:
        image = io.BytesIO()
        with Image.open(path) as full:
            small = full.convert("RGB").quantize(FEW_COLOURS, dither=Image.Dither.NONE)
        small.save(image, "png", optimize=True)
        write_whole(path, image.getvalue())
    return path
