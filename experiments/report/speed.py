"""The page's part on speed, from the timings of `benchmarks/`."""

import io
from urllib.parse import quote

import matplotlib
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from experiments.report.figures import save_figure
from experiments.report.systems import BACKEND_COLOURS, BACKEND_NAMES
from experiments.report.tables import escaped, markdown_table
from keras_nmt.errors import InputError
from keras_nmt.evaluation.drawing import GREY, STYLE
from keras_nmt.files import MissingFile, read_text

FOLDER = "benchmarks"
PEER = "peer"
NAMES = {**BACKEND_NAMES, PEER: "plain PyTorch"}
TRANSLATE = {**NAMES, "ctranslate2": "CTranslate2"}
SHAPES = {"tensorflow": "o", "jax": "s", "torch": "^"}
"""Marks that can be distinguished without colours."""
OFFSETS = {"tensorflow": -0.2, "jax": 0.0, "torch": 0.2}


def write_speed(results_dir):
    """Writes the section on speed; "" and [] without timings."""
    folder, texts, paths = results_dir / FOLDER, [], []
    for name, write in (("training", _training), ("decoding", _decoding)):
        path = folder / f"{name}.csv"
        try:
            table = _read(path)
            text, written = write(table, results_dir)
        except MissingFile:
            continue
        except (InputError, KeyError, ValueError, TypeError) as error:
            text, written = f"- {name}.csv cannot be used: {escaped(str(error))}\n", []
        texts.append(text)
        paths += written
    return "## Speed\n\n" + "\n".join(texts) if texts else "", paths


def _read(path):
    return pd.read_csv(io.StringIO(read_text(path)))


def _training(table, results_dir):
    image = save_figure(speed_figure(table), results_dir / "figures" / "speed")
    text = (
        f"Timed on a quiet machine ({table['cpus'].iloc[0]} cores) beside the same "
        f"systems in plain eager PyTorch\n(`make bench`, "
        f"[csv]({FOLDER}/training.csv)). A dot is the median, a bar the quartiles.\n\n"
        f"![training speed beside plain PyTorch](figures/{quote(image.name)})\n"
    )
    return text, [image]


def _decoding(table, _):
    rows = []
    for name in dict.fromkeys(table["contender"]):
        of_name = table[table["contender"] == name].set_index("search")
        greedy, beam = (_numbers(of_name, search) for search in ("greedy", "beam"))
        rows.append(
            [
                TRANSLATE.get(name, escaped(name)),
                _told(greedy, "sentences_per_second", ",.0f"),
                _told(greedy, "ratio_to_peer", ".2f"),
                _told(greedy, "ratio_to_engine", ".2f"),
                _told(beam, "sentences_per_second", ",.0f"),
                _told(beam, "ratio_to_engine", ".2f"),
                _told(greedy, "alone_ms", ".0f"),
            ]
        )
    header = [
        "greedy search",
        "sentences/s",
        "× plain PyTorch",
        "× CTranslate2",
        "beam of 4, sentences/s",
        "× CTranslate2",
        "one sentence, ms",
    ]
    columns = [x for x in zip(header, *rows, strict=True) if any(x[1:])]
    header, *rows = map(list, zip(*columns, strict=True))
    run = escaped(str(table["weights"].iloc[0]))
    text = (
        f"Translation of {table['sentences'].iloc[0]:,} sentences with the weights of "
        f"{run},\nmedians of rounds, the ratios too, each taken within a round "
        f"([csv]({FOLDER}/decoding.csv)):\n\n{markdown_table(header, rows)}"
    )
    return text, []


def _numbers(table, search):
    """The row of a search, a dict; {} if there is none."""
    return table.loc[search].to_dict() if search in table.index else {}


def _told(row, column, form):
    """A number of a row, "" if it has none."""
    value = row.get(column)
    return "" if value is None or pd.isna(value) else format(value, form)


def speed_figure(table):
    """Draws speed relative to plain PyTorch: a line a recipe, a mark a backend.

    Args:
        table: rows of training.csv.

    Returns:
        A `Figure` with quartiles, and the milliseconds of a step at the right.
    """
    recipes = list(dict.fromkeys(table["recipe"]))
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(8.2, 1.4 + 0.42 * len(recipes)), layout="constrained")
        axes = figure.subplots()
        axes.axvline(1, color=GREY, linewidth=1)
        for height, recipe in enumerate(recipes):
            axes.axhline(height, color="#E5E5E5", linewidth=0.8)
            _draw_recipe(axes, height, table[table["recipe"] == recipe])
        _finish(axes, table, recipes)
    return figure


def _draw_recipe(axes, height, rows):
    rows = rows.dropna(subset="ratio_to_peer").set_index("contender")
    for backend in (name for name in OFFSETS if name in rows.index):
        row = rows.loc[backend]
        ratio = row["ratio_to_peer"]
        spread = [
            [ratio - row["ratio_to_peer_q1"]],
            [row["ratio_to_peer_q3"] - ratio],
        ]
        style = {"markersize": 5, "elinewidth": 1.2, **_mark(backend)}
        axes.errorbar(ratio, height + OFFSETS[backend], xerr=spread, **style)
    for number, name in enumerate(NAMES):
        if name in rows.index:
            _write(axes, height, number, f"{rows.loc[name, 'step_ms']:.0f}")


def _mark(backend):
    colour, shape = BACKEND_COLOURS[backend], SHAPES[backend]
    return {"color": colour, "marker": shape, "linestyle": ""}


def _write(axes, height, number, text, **style):
    """One cell of the columns at the right."""
    axes.annotate(
        text,
        (1, height),
        (62 + 48 * number + 24 * (number == len(NAMES) - 1), 0),
        xycoords=axes.get_yaxis_transform(),
        textcoords="offset points",
        ha="right",
        va="center_baseline",
        **style,
    )


def _finish(axes, table, recipes):
    place = f"{table['cpus'].iloc[0]} cores, {table['data'].iloc[0]}"
    axes.set_title(f"Training speed, {place}", fontweight="bold", pad=28)
    timed = set(table["contender"])
    for number, (contender, name) in enumerate(NAMES.items()):
        if contender in timed:
            _write(axes, -0.75, number, name, color=GREY)
    _write(axes, -1.25, len(NAMES) - 1, "milliseconds a step", color=GREY)
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
        axes.plot([], [], label=NAMES[name], **_mark(name))[0]
        for name in OFFSETS
        if name in timed
    ]
    axes.legend(
        handles=handles,
        frameon=False,
        ncols=len(handles),
        loc="lower left",
        bbox_to_anchor=(0, 1),
        borderaxespad=0.1,
    )
