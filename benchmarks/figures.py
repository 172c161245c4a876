"""How many times as fast as plain PyTorch, drawn."""

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from keras_nmt.reporting.figures import GREY, STYLE

# Paul Tol's "muted" scheme, as in the other figures; a shape each for print.
MARKS = {
    "tensorflow": {"color": "#882255", "marker": "o"},
    "jax": {"color": "#332288", "marker": "s"},
    "torch": {"color": "#117733", "marker": "^"},
}
COLUMNS = {
    "tensorflow": "ms: TF",
    "jax": "JAX",
    "torch": "torch",
    "peer": "plain",
}
"""Contenders whose milliseconds a step stand at the right, and their heads."""
OFFSETS = {"tensorflow": -0.2, "jax": 0.0, "torch": 0.2}


def speed_figure(table):
    """One line a recipe, one mark a backend, with the quartiles.

    Args:
        table: rows of training.csv.
    """
    recipes = list(dict.fromkeys(table["recipe"]))
    with matplotlib.rc_context(STYLE):
        size = (7.6, 1.5 + 0.45 * len(recipes))
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots()
        axes.axvline(1, color=GREY, linewidth=1)
        for height, recipe in enumerate(recipes):
            axes.axhline(height, color="#E5E5E5", linewidth=0.8)
            _draw_recipe(axes, height, table[table["recipe"] == recipe])
        _finish(axes, table, recipes)
    return figure


def _draw_recipe(axes, height, rows):
    rows = rows.dropna(subset="ratio_to_peer").set_index("contender")
    for backend in (name for name in MARKS if name in rows.index):
        row = rows.loc[backend]
        ratio = row["ratio_to_peer"]
        spread = [
            [ratio - row["ratio_to_peer_q1"]],
            [row["ratio_to_peer_q3"] - ratio],
        ]
        style = {"markersize": 5, "elinewidth": 1.2, "linestyle": "", **MARKS[backend]}
        axes.errorbar(ratio, height + OFFSETS[backend], xerr=spread, **style)
    for number, name in enumerate(COLUMNS):
        if name in rows.index:
            _write(axes, height, number, f"{rows.loc[name, 'step_ms']:.0f}")


def _write(axes, height, number, text, **style):
    """One cell of the columns at the right."""
    axes.annotate(
        text,
        (1, height),
        (50 + 42 * number, 0),
        xycoords=axes.get_yaxis_transform(),
        textcoords="offset points",
        ha="right",
        va="center_baseline",
        **style,
    )


def _finish(axes, table, recipes):
    title = f"Training speed, {table['cpus'].iloc[0]} cores, {table['data'].iloc[0]}"
    axes.set_title(title, fontweight="bold", pad=28)
    timed = set(table["contender"])
    for number, (contender, name) in enumerate(COLUMNS.items()):
        if contender in timed:
            _write(axes, -0.75, number, name, color=GREY)
    axes.set_xlabel("times as fast as plain eager PyTorch, per real target token")
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="x", which="minor", length=0)
    axes.set_yticks(range(len(recipes)), recipes)
    axes.set_ylim(len(recipes) - 0.5, -0.5)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    handles = [
        axes.plot([], [], linestyle="", label=name, **mark)[0]
        for name, mark in MARKS.items()
        if name in timed
    ]
    axes.legend(
        handles=handles,
        frameon=False,
        ncols=len(MARKS),
        loc="lower left",
        bbox_to_anchor=(0, 1),
        borderaxespad=0.1,
    )
