"""Learning curves and the overview, drawn without pyplot's global state."""

import io
import math

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from keras_nmt.reporting.files import write_whole
from keras_nmt.reporting.labels import draw_labels
from keras_nmt.reporting.runs import epochs_frame
from keras_nmt.reporting.tables import for_reading

# Paul Tol's "muted" scheme, for colour-blind readers; its palest blue is darkened
# here because labels are written in these colours too.
COLOURS = {
    "rnn": "#3D8FC4",
    "lstm": "#332288",
    "rnn_attention": "#44AA99",
    "lstm_attention": "#117733",
    "lstm_attention_best": "#999933",
    "encoder_only": "#CC6677",
    "full_transformer": "#AA4499",
    "full_transformer_best": "#882255",
}
OWN_COLOUR = "#444444"
GREY = "#777777"

STYLE = {
    "svg.hashsalt": "keras_nmt",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "grid.color": "#E5E5E5",
    "text.parse_math": False,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": "black",
    "ytick.labelcolor": "black",
}
WRITEUP_MARK = {
    "marker": "D",
    "markersize": 7,
    "markerfacecolor": "none",
    "clip_on": False,
    "linestyle": "",
}
LABEL_GAP = 0.14  # between labels of two lines
DETAIL = 1.6  # dots of an image file for each of the figure's own
LOG_FROM = 5  # the ratio of extremes at which a linear axis hides the late epochs


def learning_curves(runs, reference=None):
    """Training and validation perplexity by epoch, one thin line a run.

    Args:
        runs: runs of one recipe; those without a result are left out.
        reference: the writeup's row for this system, or None.

    Returns:
        A `Figure`, or None when no run has a result to draw.
    """
    runs = [run for run in runs if run.has_result]
    if not runs:
        return None
    colour = COLOURS.get(runs[0].system or runs[0].recipe, OWN_COLOUR)
    frames = [epochs_frame(run) for run in runs]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(6.4, 3.8), layout="constrained")
        axes = figure.subplots()
        labels = [
            _draw_measure(axes, frames, "validation", "val_", "-", colour, reference),
            _draw_measure(axes, frames, "training", "", "--", GREY, reference),
        ]
        _finish_curves(axes, runs)
        draw_labels(axes, labels, LABEL_GAP)
    return figure


def _draw_measure(axes, frames, name, prefix, line, colour, reference):
    """Draws one measure of every run; returns its label: text, height, colour."""
    column = f"{prefix}perplexity"
    for frame in frames:
        marker = "o" if len(frame) == 1 else ""
        style = {"color": colour, "linestyle": line, "marker": marker, "linewidth": 1}
        axes.plot(frame["epoch"], frame[column], **style)
    final = sum(frame[column].iloc[-1] for frame in frames) / len(frames)
    text = f"{name} {final:.2f}"
    if reference is not None:
        theirs = reference[f"{prefix or 'train_'}perplexity"]
        axes.plot(reference["epochs"], theirs, color=colour, **WRITEUP_MARK)
        text += f"\n◇ writeup {theirs:.2f}"
    return text, final, colour


def _finish_curves(axes, runs):
    axes.set_title(runs[0].recipe, fontweight="bold", pad=20)
    names = ", ".join(run.folder.name for run in runs)
    axes.annotate(
        f"{runs[0].corpus}: {names if len(runs) < 4 else f'{len(runs)} runs'}",
        (0, 1),
        (0, 6),
        xycoords="axes fraction",
        textcoords="offset points",
        color=GREY,
    )
    axes.set_ylabel("perplexity per target token")
    axes.grid(axis="y")
    use_epochs_axis(axes)
    heights = [y for line in axes.lines for y in line.get_ydata() if math.isfinite(y)]
    if heights and min(heights) > 0 and max(heights) / min(heights) > LOG_FROM:
        use_log_axis(axes)
        axes.set_ylabel("perplexity per target token, log scale")


def use_epochs_axis(axes):
    """Whole epochs below, from 0."""
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=(1, 2, 5, 10)))
    axes.set_xlim(left=0)


def use_log_axis(axes):
    """Perplexities as plain numbers on a logarithmic scale."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="y", which="minor", length=0)


def overview(table, title):
    """The final validation loss of every row of a results table.

    Args:
        table: `writeup_table` or `recipe_table`.
        title: what the rows are.

    Returns:
        A `Figure`: a dot and its spread for ours, a diamond for the writeup's, the
        numbers themselves in columns at the right.
    """
    with matplotlib.rc_context(STYLE):
        size = (7.6, 1.5 + 0.3 * len(table))
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots()
        for height, (_, row) in enumerate(table.iterrows()):
            _draw_row(axes, height, row)
        _finish_overview(axes, table, title)
    return figure


def _draw_row(axes, height, row):
    colour = COLOURS.get(row.get("system", row["recipe"]), OWN_COLOUR)
    axes.axhline(height, color="#E5E5E5", linewidth=0.8)
    if "val_loss_writeup" in row:
        axes.plot(row["val_loss_writeup"], height, color=colour, **WRITEUP_MARK)
    if isinstance(row["val_loss"], float):
        spread = row["val_loss_spread"] or 0
        style = {"color": colour, "marker": "o", "markersize": 5, "elinewidth": 1.5}
        axes.errorbar(row["val_loss"], height, xerr=spread, **style)


def _finish_overview(axes, table, title):
    text = for_reading(table)
    columns, unit = {"ours": text["val_loss"]}, "nats per target token"
    if "val_loss_writeup" in table:
        columns["◇ writeup"] = text["val_loss_writeup"]
        unit += ", <sos> counted"
    for number, (name, cells) in enumerate(columns.items()):
        _draw_column(axes, 14 + 110 * number, name, cells)
    names = (text["recipe"] + " · " + text["backend"]).str.removesuffix(" · ")
    axes.set_title(title, fontweight="bold", pad=20)
    axes.set_xlabel(f"validation loss at the last epoch, {unit}")
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _draw_column(axes, points, name, cells):
    """One column of numbers, `points` to the right of the axes."""
    place = {"xycoords": axes.get_yaxis_transform(), "textcoords": "offset points"}
    place["va"] = "center_baseline"
    axes.annotate(name, (1, 0), (points, 18), color=GREY, **place)
    for height, cell in enumerate(cells):
        axes.annotate(cell, (1, height), (points, 0), **place)


def save_figure(figure, stem):
    """Writes `<stem>.png` and `<stem>.svg`, the same bytes for the same figure."""
    return [save_image(figure, f"{stem}.{kind}") for kind in ("png", "svg")]


def save_image(figure, path):
    """Writes one image file in the format that the suffix of `path` names."""
    image, kind = io.BytesIO(), str(path).rpartition(".")[2]
    metadata = {"Date": None} if kind == "svg" else {}
    with matplotlib.rc_context(STYLE):
        figure.savefig(
            image, format=kind, dpi=DETAIL * figure.get_dpi(), metadata=metadata
        )
    return write_whole(path, image.getvalue())
