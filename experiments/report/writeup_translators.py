"""The part of `WRITEUP.md` that applies its paper's measures to our translators."""

import re
import statistics

from experiments.report.tables import markdown_table
from experiments.report.verdicts import OPEN, better
from experiments.report.writeup_facts import TRANSLATORS

PAIRS = (
    ("encoder_only", "full_transformer"),
    ("rnn", "lstm"),
    ("full_transformer", "full_transformer,norm=pre"),
    ("full_transformer_best", "full_transformer_best,norm=pre"),
)


def translators(facts):
    """CKA of layers, reach of heads, skip connections; "" without numbers."""
    found = facts.tables.get(TRANSLATORS)
    if not found:
        return ""
    return (
        f"\nThe same measures were taken of our translators, on {found['sentences']} "
        "test sentences; a sentence is\nthe mean of its tokens' vectors.\n"
        f"{_similarities(found)}{_layers(found)}\n"
        "Command: `python -m experiments.representations.translators RUN_DIR ...`\n"
    )


def _similarities(found):
    rows, figures = [], []
    for one, other in PAIRS:
        uniform = [_uniformities(found, name) for name in (one, other)]
        cross = _cka(found, one, other)
        if not all(uniform) or cross is None:
            continue
        verdict = OPEN
        if min(map(len, uniform)) > 1:
            verdict = better(*uniform[::-1])
        cells = [f"{statistics.mean(values):.3f}" for values in uniform]
        rows.append([one, other, *cells, f"{cross:.3f}", verdict])
        name = re.sub(r"[,=.]", "_", f"cka_{one}_and_{other}")
        figures.append(f"![CKA of {one} and {other}](representations/{name}.png)\n")
    if not rows:
        return ""
    header = ["one", "other", "uniformity, one", "other", "CKA between their layers"]
    header.append("the other is more uniform")
    return (
        "\nUniformity is the mean CKA of two different layers of one network; with one "
        "run of each system there\nis no verdict. The maps show the CKA of each layer "
        "with each other, within a network and between both:\n\n"
        f"{markdown_table(header, rows)}\n" + "\n".join(figures)
    )


def _uniformities(found, recipe):
    """Of each run of the recipe."""
    return [
        pair["uniformity"]
        for pair in found["pairs"]
        if pair["recipes"] == [recipe, recipe] and "uniformity" in pair
    ]


def _cka(found, one, other):
    """The mean CKA between the layers of two recipes' first runs; None without."""
    for pair in found["pairs"]:
        if {*pair["recipes"]} == {one, other}:
            return statistics.mean(value for row in pair["cka"] for value in row)
    return None


def _layers(found):
    """Heads and skip connections, a row for each block; "" without blocks."""
    rows = []
    for run in found["runs"]:
        for layers in run["layers"].values():
            for name, layer in layers.items():
                if isinstance(layer, dict) and "norm_ratios" in layer:
                    rows.append(_row(run, name, layer))
    if not rows:
        return ""
    header = ["system", "layer", "heads look, of uniform", "skip against branch"]
    header += ["CKA of the last layer without that skip", "position found"]
    return (
        "\nBy block: the mean attention distance of the heads of self-attention, "
        "divided by that of\nuniform attention; the norm of each skip connection over "
        "that of its branch; CKA of the last\nlayer's output with that skip connection "
        "and without it; and the share of positions that a\nlinear probe finds:\n\n"
        f"{markdown_table(header, rows)}\nA stroke is a head and a dot their mean; at "
        "1 they look as far as equal weights would.\n\n"
        "![How far heads look](representations/translators_heads.png)\n"
    )


def _row(run, name, layer):
    shares = [distance / layer["reach"] for distance in layer["head_distances"]]
    ratios = layer["norm_ratios"]
    without = [run["without_skip"][f"{name} {sublayer}"] for sublayer in ratios]
    return [
        run["recipe"],
        name.replace("_", " "),
        ", ".join(f"{x:.2f}" for x in sorted(shares)),
        ", ".join(
            f"{sublayer.replace('_', ' ')} {x:.2f}" for sublayer, x in ratios.items()
        ),
        ", ".join(f"{x:.2f}" for x in without),
        f"{layer['position_probe']:.2f}",
    ]
