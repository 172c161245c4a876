"""Draws how cost grows with the pairs, and writes the tables of its page.

    python -m benchmarks.any_size_page

Reads results/benchmarks/any_size.csv, which `benchmarks.any_size` writes.
"""

import csv
import io
from pathlib import Path

from keras_nmt.errors import InputError
from keras_nmt.files import read_text, write_whole

TABLE = Path("results/benchmarks/any_size.csv")
PAGE = Path("docs/how-cost-grows.md")

MANY = 10**9
"""Pairs to which the costs are carried on, on paper."""

PROCESSES = 64
"""Processes that would prepare them."""


def write(table=TABLE, page=PAGE):
    """Writes the figure beside the table, and its tables into the page."""
    rows = read(table)
    draw(rows, table.with_suffix(".png"))
    write_whole(page, with_tables(read_text(page), rows))


def read(path):
    """The rows of any_size.csv: dicts, with numbers as such."""
    return [
        {key: _number(value) for key, value in row.items()}
        for row in csv.DictReader(io.StringIO(read_text(path)))
    ]


def _number(text):
    try:
        return float(text) if text else None
    except ValueError:
        return text


def with_tables(text, rows):
    """The page with the tables of these rows in their places."""
    for name, table in (("measured", measured(rows)), ("carried", carried(rows))):
        begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->\n"
        before, found, rest = text.partition(begin)
        _, found_end, after = rest.partition(end)
        if not found or not found_end:
            raise InputError(f"the page lacks {begin.strip()} or {end.strip()}")
        text = before + begin + "\n" + table + "\n" + end + after
    return text


# === What was measured ===


def measured(rows):
    """A table in Markdown: a row for each cost, a column for each number of pairs."""
    sizes = sorted({row["pairs"] for row in rows})
    table = [["", *(f"{size:,.0f} pairs" for size in sizes)]]
    processes = sorted({x["processes"] for x in rows if x["what"] == "prepare"})
    for count in processes:
        name = _processes(count)
        found = [_one(rows, size, "prepare", count) for size in sizes]
        table += [
            [f"prepare, {name}: seconds", *(_shown(x, "seconds") for x in found)],
            [
                f"prepare, {name}: pairs a second",
                *(f"{x['pairs'] / x['seconds']:,.0f}" if x else "" for x in found),
            ],
            [f"prepare, {name}: peak MiB", *(_shown(x, "peak_mib") for x in found)],
        ]
    found = [_one(rows, size, "prepare", processes[0]) for size in sizes]
    table.append(["prepared folder: MiB", *(_shown(x, "disk_mib") for x in found)])
    for what, name in (
        ("start", "start of training: seconds"),
        ("order", "order of an epoch: seconds"),
        ("feed", "making a batch: milliseconds"),
        ("step", "training on it: milliseconds"),
    ):
        found = [_one(rows, size, what) for size in sizes]
        scale = 1000 if "milli" in name else 1
        table.append([name, *(_shown(x, "seconds", scale) for x in found)])
    found = [_one(rows, size, "feed") for size in sizes]
    shares = (f"{x['share']:.2%}" if x else "" for x in found)
    table.append(["making a batch, share of processor time", *shares])
    found = [_one(rows, size, "step") for size in sizes]
    table.append(["training: peak MiB", *(_shown(x, "peak_mib") for x in found)])
    return _markdown(table)


def _one(rows, pairs, what, processes=1):
    wanted = pairs, what, processes
    keys = ("pairs", "what", "processes")
    return next((x for x in rows if tuple(x[key] for key in keys) == wanted), None)


def _shown(row, key, scale=1):
    if not row or row[key] is None:
        return ""
    value = scale * row[key]
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"


def _processes(count):
    return "1 process" if count == 1 else f"{count:.0f} processes"


def _markdown(table):
    lines = [table[0], ["---", *["---:"] * (len(table[0]) - 1)], *table[1:]]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


# === On paper ===


def carried(rows):
    """What `MANY` pairs would cost, from the largest number that was measured."""
    prepared = [row for row in rows if row["what"] == "prepare"]
    largest = max(row["pairs"] for row in prepared)
    times = MANY / largest
    several = [x for x in prepared if x["pairs"] == largest and x["processes"] > 1]
    best = min(several, key=lambda row: row["processes"])
    own = times * best["own_cpu_seconds"]
    others = times * (best["cpu_seconds"] - best["own_cpu_seconds"])
    start, order = (_one(rows, largest, what) for what in ("start", "order"))
    step, small = (
        _one(rows, size, "step")["peak_mib"]
        for size in (largest, min(row["pairs"] for row in rows))
    )
    memory = times * (step - small) / 1024
    table = [
        ["", f"{MANY:,} pairs"],
        ["the process that reads and writes: hours", f"{own / 3600:.1f}"],
        [
            f"encoding by {PROCESSES} processes: minutes",
            f"{others / PROCESSES / 60:.0f}",
        ],
        ["prepared folder: GiB", f"{times * best['disk_mib'] / 1024:,.0f}"],
        ["start of training: minutes", f"{times * start['seconds'] / 60:.0f}"],
        ["order of an epoch: seconds", f"{times * order['seconds']:.0f}"],
        ["memory that grows, a process: GiB", f"{memory:,.0f}"],
        [f"the same, {PROCESSES} processes: GiB", f"{PROCESSES * memory:,.0f}"],
    ]
    return _markdown(table)


# === The figure ===


def draw(rows, path):
    """Writes the figure: seconds and memory by the number of pairs."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from keras_nmt.evaluation.drawing import STYLE, save_image

    with matplotlib.rc_context(STYLE):
        figure = Figure((9, 3.6), layout="constrained")
        FigureCanvasAgg(figure)
        left, right = figure.subplots(1, 2)
        counts = sorted({x["processes"] for x in rows if x["what"] == "prepare"})
        lines = [
            (f"prepare, {_processes(count)}", "prepare", count) for count in counts
        ]
        times = [*lines, ("start of training", "start", 1), ("order", "order", 1)]
        _panel(left, rows, times, "seconds", "Time, seconds", logarithmic=True)
        memory = [*lines, ("training", "step", 1)]
        _panel(right, rows, memory, "peak_mib", "Peak memory, MiB", logarithmic=False)
        named = {}
        for axes in (left, right):
            for line in axes.get_lines():
                named.setdefault(line.get_label(), line)
        figure.legend(
            named.values(),
            named,
            loc="outside lower center",
            ncols=len(named),
            frameon=False,
            fontsize=8,
        )
        return save_image(figure, path)


COLOURS = {
    ("prepare", 1): "#0072B2",
    ("prepare", 2): "#56B4E9",
    ("prepare", 4): "#009E73",
    ("start", 1): "#D55E00",
    ("order", 1): "#CC79A7",
    ("step", 1): "#E69F00",
}


def _panel(axes, rows, lines, column, title, logarithmic):
    for name, what, count in lines:
        found = [x for x in rows if (x["what"], x["processes"]) == (what, count)]
        found = sorted((x["pairs"], x[column]) for x in found)
        colour = COLOURS.get((what, count), "#777777")
        axes.plot(*zip(*found, strict=True), "o-", label=name, color=colour, ms=4)
    sizes = sorted({row["pairs"] for row in rows})
    axes.set(title=title, xscale="log", xlabel="pairs of train")
    axes.set_xticks(sizes, [f"{size:,.0f}" for size in sizes])
    axes.minorticks_off()
    if logarithmic:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda value, place: f"{value:g}")
        axes.minorticks_off()
    else:
        axes.set_ylim(0)
    axes.grid(True, axis="y")


if __name__ == "__main__":
    write()
