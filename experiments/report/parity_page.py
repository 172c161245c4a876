"""The page's part on parity: a table, a figure, and a csv file of all pairs."""

import textwrap
from urllib.parse import quote

from experiments.report.answer import WIDTH
from experiments.report.figures import save_figure
from experiments.report.parity_curves import parity_curves
from experiments.report.parity_verdicts import (
    BOUNDS,
    DIFFERENT,
    LEAST_IDENTICAL,
    NUDGES,
    ROUNDING,
    SAME,
    pair_table,
    summary,
)
from experiments.report.tables import escaped, markdown, write_csv

GUIDE = f"""\
From one weight file, each backend computes logits, gradients, {{steps}} training steps
without dropout, and translations. A cell is the worst value of any two backends; ✗
marks a value beyond its bound: a difference of {BOUNDS["logits"]:g} for *logits*, of
{BOUNDS["gradients"]:g} for *gradients*, divided by their norm, of
{BOUNDS["gradients_absolute"]:g} for *any entry*, a relative one of {BOUNDS["losses"]:g}
for *losses*; {100 * LEAST_IDENTICAL:g} % for *identical lines*.
*Loads* counts weight files that load unchanged, each backend's by each. *Nudged*
compares two runs of one backend, one of which starts with every weight moved to the
next float32, and shows how far rounding alone changes the losses. Losses beyond their
bound, but within {NUDGES} times this, are "{ROUNDING}".
Every pair of backends: [csv](tables/{{csv}}).
"""


def write_parity(found, complaints, results_dir, prefix):
    """Writes the table and figure of the measurements `found`, all of one corpus.

    Args:
        found: list of `Parity`.
        complaints: of files that could not be read.
        results_dir: where `tables` and `figures` lie.
        prefix: of the file names, for a corpus that is not the writeup's.

    Returns:
        The section's markdown and the paths written; "" and [] without measurements
        and complaints.
    """
    notes = "".join(f"\n- {escaped(complaint)}" for complaint in complaints)
    if not found:
        return (
            (f"## Do the backends compute the same?\n{notes}\n", [])
            if notes
            else ("", [])
        )
    csv_path = write_csv(pair_table(found), results_dir / f"tables/{prefix}parity.csv")
    curves = parity_curves(found, BOUNDS["losses"])
    image = save_figure(curves, results_dir / f"figures/{prefix}parity")
    steps = " or ".join(sorted({str(parity.steps) for parity in found}))
    corpus = escaped(found[0].corpus)
    words = GUIDE.format(steps=steps, csv=quote(csv_path.name))
    guide = textwrap.fill(words, WIDTH, break_long_words=False) + "\n"
    text = (
        f"## Do the backends compute the same?\n\n{verdict(found)}\n\n"
        f"{guide}\n{markdown(_for_page(found))}\n"
        f"![difference of the losses by step, {corpus}](figures/{quote(image.name)})\n"
        f"{notes}"
    )
    return text + "\n" * bool(notes), [csv_path, image]


def _for_page(found):
    table = summary(found).drop(columns="backends")
    return table.rename(columns={"gradients_absolute": "any entry"})


def verdict(found):
    """A sentence that lists the recipes with each verdict."""
    table = summary(found)
    names = {
        word: table["recipe"][table["same"] == word].tolist()
        for word in (SAME, ROUNDING, DIFFERENT)
    }
    parts = []
    if names[SAME]:
        parts.append(f"every bound holds for {_listed(names[SAME])}")
    if names[ROUNDING]:
        parts.append(f"{_listed(names[ROUNDING])} are {ROUNDING}")
    if names[DIFFERENT]:
        parts.append(f"**a bound breaks for {_listed(names[DIFFERENT])}**")
    backends = escaped(table["backends"].iloc[0])
    return textwrap.fill(f"Between {backends}: {'; '.join(parts)}.", WIDTH)


def _listed(names):
    return escaped(", ".join(names))
