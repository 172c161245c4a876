"""BLEU by the length of the source sentence."""

from itertools import pairwise

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from experiments.report.labels import draw_labels
from experiments.report.systems import colour
from keras_nmt.evaluation.bleu import bleu, interval, resampled_bleu
from keras_nmt.evaluation.drawing import STYLE

LONGER_FROM = (8, 10, 12, 14, 17)
"""Words of the source at which the next bin begins. On Multi30k's 1,000 test lines the
bins hold 172, 234, 214, 172, 133 and 75 lines. The writeup's protocol leaves all lines
of the last bin out of training."""
LABEL_GAP = 0.05
WIDTH = 0.8
"""Width over which the marks of a bin spread; 1 is the distance between two bins."""


def bin_names():
    """`≤7`, `8–9`, ..., `17+`."""
    middle = pairwise(LONGER_FROM)
    return [
        f"≤{LONGER_FROM[0] - 1}",
        *(f"{first}–{after - 1}" for first, after in middle),
        f"{LONGER_FROM[-1]}+",
    ]


def length_table(counted_runs):
    """A table with a row for each run and bin: sentences, BLEU, 95 % interval.

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
    """The measures of a bin; without sentences they are None."""
    measures = {"sentences": len(counts), "bleu": None, "low": None, "high": None}
    if len(counts):
        measures["bleu"] = bleu(counts)
        measures["low"], measures["high"] = interval(resampled_bleu(counts))
    return measures


def length_figure(table, title):
    """Draws a line for each recipe over the bins, with intervals; empty bins are gaps.

    The marks of a bin are drawn side by side, so that intervals do not overlap.
    """
    recipes = list(table.groupby("recipe", sort=False))
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9.0, 4.6), layout="constrained")
        axes = figure.subplots()
        shifts = (np.arange(len(recipes)) + 0.5) / len(recipes) - 0.5
        labels = [
            _draw_recipe(axes, *item, WIDTH * shift)
            for item, shift in zip(recipes, shifts, strict=True)
        ]
        axes.set_title(title, fontweight="bold")
        axes.set_xlabel("words of the source sentence")
        axes.set_ylabel("BLEU, lower-cased, and its 95 % interval")
        axes.set_xticks(range(len(bin_names())), bin_names())
        axes.set_xlim(-0.5, len(bin_names()) - 0.5)
        axes.set_ylim(bottom=0)
        axes.grid(axis="y")
        draw_labels(axes, labels, LABEL_GAP)
    return figure


def _draw_recipe(axes, recipe, bins, shift):
    """Draws one recipe; returns its label: text, height, colour."""
    tint = colour(recipe, bins["system"].iloc[0])
    scores, low, high = (
        bins[name].astype(float).to_numpy() for name in ("bleu", "low", "high")
    )
    places = np.arange(len(bins)) + shift
    axes.plot(places, scores, color=tint, linewidth=0.7, alpha=0.5)
    # With very few sentences the resampled interval may not contain the score.
    reach = np.maximum([scores - low, high - scores], 0)
    style = {"color": tint, "linestyle": "", "marker": "o", "markersize": 3}
    axes.errorbar(places, scores, yerr=reach, elinewidth=1, **style)
    return recipe, scores[np.isfinite(scores)][-1], tint
