"""BLEU by the length of the source: do systems fail on long sentences?"""

from itertools import groupby, pairwise

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from keras_nmt.reporting.bleu import bleu, interval, resampled_bleu
from keras_nmt.reporting.figures import COLOURS, OWN_COLOUR, STYLE
from keras_nmt.reporting.labels import draw_labels

LONGER_FROM = (8, 10, 12, 14, 17)
"""Words of the source with which the next bin begins. On Multi30k's 1,000 test lines
the bins hold 172, 234, 214, 172, 133 and 75; the last are lines that the writeup's
protocol leaves out of training, all of them."""
LABEL_GAP = 0.055


def bin_names():
    """`≤7`, `8–9`, ..., `17+`."""
    middle = pairwise(LONGER_FROM)
    return [
        f"≤{LONGER_FROM[0] - 1}",
        *(f"{first}–{after - 1}" for first, after in middle),
        f"{LONGER_FROM[-1]}+",
    ]


def length_table(counted_runs):
    """One row a run and bin: its sentences, their BLEU and its 95 % interval.

    Args:
        counted_runs: a list of `CountedRun`.
    """
    rows = []
    for counted in counted_runs:
        words = [len(row.source.split()) for row in counted.rows]
        bins = np.digitize(words, LONGER_FROM)
        for number, name in enumerate(bin_names()):
            rows.append(
                {
                    "recipe": counted.run.recipe,
                    "system": counted.run.system,
                    "source_words": name,
                    **_measures(counted.counts[bins == number]),
                }
            )
    return pd.DataFrame(rows, dtype=object)


def _measures(counts):
    """No sentence, no score: the cells stay empty."""
    measures = {"sentences": len(counts), "bleu": None, "low": None, "high": None}
    if len(counts):
        measures["bleu"] = bleu(counts)
        measures["low"], measures["high"] = interval(resampled_bleu(counts))
    return measures


def length_matrix(table):
    """The table for reading: a row a recipe, a column a bin.

    A row with the number of sentences stands before the first recipe, and before
    one that translated other lines.
    """
    columns = ["source words", *bin_names()]
    rows = []
    for sentences, recipes in groupby(_by_recipe(table), key=_sentences):
        rows.append(["(sentences)", *map(str, sentences)])
        for recipe, bins in recipes:
            rows.append([recipe, *(_read(row) for _, row in bins.iterrows())])
    return pd.DataFrame(rows, columns=columns, dtype=object)


def _by_recipe(table):
    return table.groupby("recipe", sort=False)


def _sentences(recipe_and_bins):
    return recipe_and_bins[1]["sentences"].tolist()


def _read(row):
    if row["bleu"] is None:
        return ""
    return f"{row['bleu']:.1f} [{row['low']:.1f}, {row['high']:.1f}]"


def length_figure(table, title):
    """One line a recipe over the bins, broken where a bin is empty."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(6.4, 3.8), layout="constrained")
        axes = figure.subplots()
        labels = [_draw_recipe(axes, *item) for item in _by_recipe(table)]
        axes.set_title(title, fontweight="bold")
        axes.set_xlabel("words of the source sentence")
        axes.set_ylabel("BLEU, lower-cased")
        axes.set_xticks(range(len(bin_names())), bin_names())
        axes.set_ylim(bottom=0)
        axes.grid(axis="y")
        draw_labels(axes, labels, LABEL_GAP)
    return figure


def _draw_recipe(axes, recipe, bins):
    """Draws one recipe; returns its label: text, height, colour."""
    colour = COLOURS.get(bins["system"].iloc[0] or recipe, OWN_COLOUR)
    scores = bins["bleu"].astype(float).to_numpy()
    axes.plot(scores, color=colour, marker="o", markersize=3, linewidth=1.2)
    return recipe, scores[np.isfinite(scores)][-1], colour
