"""The same recipe on several backends: what it learned, and what it cost."""

from urllib.parse import quote

import matplotlib
import pandas as pd
from matplotlib.figure import Figure

from keras_nmt.reporting.figures import (
    STYLE,
    save_figure,
    use_epochs_axis,
    use_log_axis,
)
from keras_nmt.reporting.labels import draw_labels
from keras_nmt.reporting.runs import epochs_frame
from keras_nmt.reporting.score_tables import scores_table
from keras_nmt.reporting.tables import escaped, markdown, write_table

COLOURS = {"tensorflow": "#EE7733", "jax": "#0077BB", "torch": "#CC3311"}
LINES = {"tensorflow": "-", "jax": "--", "torch": ":"}
OWN_COLOUR = "#444444"
LABEL_GAP = 0.08

GUIDE = """\
One row a run: validation loss and perplexity of its last epoch, the median of the
seconds a training step took, those of the first step (which also compiles), the most
memory the process held and, on a GPU, had in use there, target tokens a second in
training, sentences a second in translation, BLEU (lower-cased, all test lines), the
device, and how many cores of the processor the run could use (not noted in earlier
runs). Times compare only within a device, between as many cores, and only if nothing
else ran on them; `make bench` sees to that.
"""

COSTS = {
    "step_seconds": "median_step_seconds",
    "first_step_seconds": "first_step_seconds",
    "peak_memory_mib": "peak_memory_mib",
    "peak_device_memory_mib": "peak_device_memory_mib",
}
"""Columns -> keys below `training` in scores.json."""


def compared(runs):
    """The runs of a recipe where two backends or more have a result, else none."""
    runs = [run for run in runs if run.has_result]
    return runs if len({run.backend for run in runs}) > 1 else []


def write_backends(recipes, results_dir, prefix):
    """Writes the table and the curves of all recipes that several backends ran.

    Args:
        recipes: (recipe, its runs) pairs.
        results_dir: where `tables` and `figures` lie.
        prefix: of the file names, for a corpus that is not the writeup's.

    Returns:
        The markdown and the paths written; "" and [] if there is no such recipe.
    """
    found = {recipe: compared(runs) for recipe, runs in recipes}
    found = {recipe: runs for recipe, runs in found.items() if runs}
    if not found:
        return "", []
    table = backends_table([run for runs in found.values() for run in runs])
    stem = results_dir / "tables" / f"{prefix}backends"
    paths = write_table(table, stem, f"{GUIDE}\n{markdown(table)}")
    texts = [GUIDE, markdown(table)]
    texts.append(f"The same as [csv](tables/{quote(paths[0].name)}).\n")
    for recipe, runs in found.items():
        stem = results_dir / "figures" / f"{prefix}backends_{recipe}"
        images = save_figure(overlaid_curves(runs), stem)
        caption = f"{escaped(recipe)} by backend"
        texts.append(f"![{caption}](figures/{quote(images[0].name)})\n")
        paths += images
    return "\n".join(texts), paths


def backends_table(runs):
    """One row a run: last losses, seconds a step, memory, size, speed, BLEU.

    `first_step_seconds` holds the compilation; `step_seconds` is the median of the
    steps after it.
    """
    scores = scores_table(runs).set_index("run")
    rows = []
    for run in runs:
        last, score = epochs_frame(run).iloc[-1], scores.loc[run.name]
        training = run.scores.get("training", {})
        rows.append(
            {
                "recipe": run.recipe,
                "backend": run.backend,
                "seed": run.seed,
                "epochs": int(last["epoch"]),
                "val_loss": last["val_loss"],
                "val_perplexity": last["val_perplexity"],
                **{name: training.get(key) for name, key in COSTS.items()},
                "tokens_per_second": score["training_tokens_per_second"],
                "parameters": score["parameters"],
                "sentences_per_second": score["sentences_per_second"],
                "bleu": score["all_lowercased_bleu"],
                "device": run.environment.get("device"),
                "cores": run.environment.get("cores"),
            }
        )
    return pd.DataFrame(rows, dtype=object)


def overlaid_curves(runs):
    """Loss and perplexity of validation by epoch, a line a run, a colour a backend."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9.6, 3.8), layout="constrained")
        left, right = figure.subplots(1, 2)
        for axes, column in ((left, "val_loss"), (right, "val_perplexity")):
            labels = [_draw_run(axes, run, column) for run in runs]
            axes.set_ylabel(column.replace("val_", "validation "))
            axes.grid(axis="y")
            use_epochs_axis(axes)
            if column == "val_perplexity":
                use_log_axis(axes)
            draw_labels(axes, labels, LABEL_GAP)
        left.set_title(runs[0].recipe, fontweight="bold")
    return figure


def _draw_run(axes, run, column):
    """Draws the values of a run; returns its label: text, height, colour."""
    frame = epochs_frame(run)
    colour = COLOURS.get(run.backend, OWN_COLOUR)
    style = LINES.get(run.backend, "-")
    axes.plot(frame["epoch"], frame[column], color=colour, linestyle=style)
    last = frame[column].iloc[-1]
    return f"{run.folder.name} {last:.3f}", last, colour
