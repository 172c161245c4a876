"""The parts of `WRITEUP.md` on what recurrence and attention do.

All are functions of the `Facts`; "" without their file.
"""

import math

from experiments.report.tables import markdown_table
from experiments.report.verdicts import above_zero, below_zero
from experiments.report.writeup_facts import ALIGNMENTS, FEEDINGS, GRADIENTS, LOSSES

POSITIONS = ("1", "2", "4", "6", "8", "10", "12", "14")
"""Positions whose loss is shown; the figure has all."""

LENGTHS = ("≤7", "8–9", "10–11", "12–13", "14–16", "17+")
FOLDERS = "RUN_DIR ..."
VANISHES = 0.9
"""A gradient vanishes if a step keeps less of it; twenty steps then keep an eighth.

The bound was 1 before the first measurement, where a step that keeps nearly all counts
as vanishing, too; the page says so.
"""


def gradients(facts, one="rnn", other="lstm"):
    """Whether the gradient of early states vanishes, and in which system more."""
    rows = [facts.row(GRADIENTS, name, distance="kept") for name in (one, other)]
    difference = facts.row(GRADIENTS, f"{other} - {one}", distance="kept")
    if None in (*rows, difference):
        return ""
    cells = []
    for row in rows:
        recipe, times = row["recipe"], ("start", "end")
        cells.append(
            [recipe, *(with_ends(row, time) for time in times)]
            + [f"{_left(facts, recipe, time):.1e}" for time in times]
        )
    header = ["system", "kept a step, before training", "after training"]
    header += ["earliest state against last, before", "after"]
    verdicts = [_above(difference, time) for time in ("start", "end")]
    vanish = [
        below_zero(float(x["end_low"]) - VANISHES, float(x["end_high"]) - VANISHES)
        for x in rows
    ]
    return (
        "\nGradient of the loss of the fifth word by each state before it, source of "
        "12 tokens: what one\nstep further back leaves of its norm, with the 95 % "
        "interval over sentences, and the norm at the\nfirst token of the source as "
        f"a share of that at the last state (means of {_runs(rows)} runs):\n\n"
        f"{markdown_table(header, cells)}\n"
        f"That `{other}` keeps more of the gradient than `{one}`: before training "
        f"**{verdicts[0]}**, after training **{verdicts[1]}**.\nThat it vanishes even "
        f"after training (less than {VANISHES} kept a step): in `{one}` "
        f"**{vanish[0]}**, in `{other}` **{vanish[1]}**.\nThis bound was set after "
        "the measurement; by the earlier one, 1, any loss counts as vanishing.\n\n"
        "![Norm of the gradient by distance](explanations/gradients.png)\n\n"
        f"Command: `python -m experiments.explanations.gradients {FOLDERS}`\n"
    )


def _left(facts, recipe, time):
    """The norm at the greatest distance, as a share of that at distance 0."""
    rows = facts.rows(GRADIENTS, recipe=recipe)
    norms = {x["distance"]: float(x[time]) for x in rows if x["distance"] != "kept"}
    return norms[str(max(map(int, norms)))] / norms["0"]


def losses_by_position(facts, one, other):
    """Loss by position, and whether the second system gains along the sentence."""
    table = _grouped(facts, one, other, "position", POSITIONS)
    slope = facts.row(LOSSES, f"{one} - {other}", by="position", group="slope")
    if not table or slope is None:
        return ""
    return (
        f"\nValidation loss by position in the reference, nats a word:\n\n{table}\n"
        f"The advantage of `{other}` changes by {with_ends(slope, 'loss', 3)} with "
        f"each word. That it grows along the\nsentence: **{_above(slope, 'loss')}**."
        "\n\n![Loss by position](explanations/losses_by_position.png)\n\n"
        f"Command: `python -m experiments.explanations.losses {FOLDERS}`\n"
    )


def losses_by_length(facts, one, other):
    """Loss by the length of the source."""
    table = _grouped(facts, one, other, "length", LENGTHS)
    if not table:
        return ""
    return (
        f"\nValidation loss by words of the source:\n\n{table}\n"
        "![Loss by length](explanations/losses_by_length.png)\n"
    )


def _grouped(facts, one, other, by, groups):
    """A table with a column for each group that both systems have."""
    names = (one, other, f"{one} - {other}")
    shown = [
        group
        for group in groups
        if all(facts.row(LOSSES, name, by=by, group=group) for name in names)
    ]
    if not shown:
        return ""
    cells = []
    for name in names:
        rows = [facts.row(LOSSES, name, by=by, group=group) for group in shown]
        sign = "+" if name == names[-1] else ""
        cells.append([name, *(f"{float(row['loss']):{sign}.2f}" for row in rows)])
    return markdown_table([by, *shown], cells)


def context(facts, name):
    """What the place where attention looks is worth: equal weights instead."""
    uniform = f"{name}, uniform"
    rows = [facts.row(LOSSES, x, by="all") for x in (name, uniform)]
    difference = facts.row(LOSSES, f"{uniform} - {name}", by="all")
    if None in (*rows, difference):
        return ""
    losses = [f"{float(row['loss']):.3f}" for row in rows]
    return (
        f"\nThe same weights of `{name}` with equal attention to all positions: loss "
        f"{losses[1]} instead of {losses[0]},\na difference of "
        f"{with_ends(difference, 'loss', 4)}. That where it looks matters: "
        f"**{_above(difference, 'loss')}**. Its score is a cosine,\nso no weight can "
        "be more than e² times another of its row.\n"
    )


def alignments(facts, recipes):
    """How often the attended word is the aligned one."""
    rows = [row for name in recipes for row in facts.rows(ALIGNMENTS, recipe=name)]
    if not rows:
        return ""
    cells, verdicts = [], []
    for row in rows:
        low, high = float(row["low"]), float(row["high"])
        diagonal = float(row["diagonal"])
        verdict = above_zero(low - diagonal, high - diagonal)
        verdicts.append(verdict)
        shares = (_percent(row[x]) for x in ("agreement", "diagonal", "chance"))
        agreement, *baselines = shares
        ends = f"{agreement} ({_percent(low)} to {_percent(high)})"
        layer = row["layer"].replace("_", " ")
        cells.append([row["recipe"], layer, ends, *baselines, verdict])
    header = ["system", "layer", "aligned word is the most attended"]
    header += ["diagonal finds", "chance finds", "better than the diagonal"]
    words = int(rows[0]["words"])
    return (
        f"\nAttention against alignments of {words:,} validation words. Nobody aligned "
        "Multi30k by hand; the\nreference are the words on which IBM model 1 of the "
        f"train pairs agrees in both directions:\n\n{markdown_table(header, cells)}\n"
        "Command: `python -m experiments.explanations.attention_alignments "
        f"{FOLDERS}`\n"
    )


def feedings(facts, recurrent, transformer):
    """Free running against teacher forcing, and the gap between the kinds."""
    rows = facts.rows(FEEDINGS)
    if not rows:
        return ""
    cells = [
        [
            row["recipe"],
            row["trained"].replace("_", " "),
            f"{float(row['free_running']):.3f}",
            f"{float(row['teacher_forcing']):.3f}",
            with_ends(row, "difference"),
            f"{float(row['bleu']):.2f}" if row["bleu"] else "",
        ]
        for row in rows
    ]
    header = ["system", "trained", "loss, own words", "loss, reference's words"]
    header += ["difference", "BLEU, greedy"]
    return (
        "\nThe same weights on validation, fed with their own words and with the "
        f"reference's; nats a word\nwithout `<sos>`:\n\n{markdown_table(header, cells)}"
        f"{_gap(facts, recurrent, transformer)}\n"
        f"Command: `python -m experiments.explanations.feedings {FOLDERS}`\n"
    )


def _gap(facts, recurrent, transformer):
    """Which share of the gap in loss between the kinds is the feeding's."""
    best = facts.row(LOSSES, transformer, by="all")
    free = facts.row(FEEDINGS, recurrent)
    if best is None or free is None:
        return ""
    gap = float(free["free_running"]) - float(best["loss"])
    said = []
    ends = [float(free[f"difference{end}"]) / gap for end in ("", "_low", "_high")]
    said.append(("the same weights", ends, *ends[1:]))
    forced = facts.row(FEEDINGS, f"{recurrent},feeding=teacher_forcing")
    if forced is not None:
        share = (float(free["free_running"]) - float(forced["teacher_forcing"])) / gap
        said.append(("weights trained by teacher forcing", [share], share, share))
    lines = [
        f"- {how}: {ends[0]:.0%}; that it is most of the gap "
        f"**{above_zero(low - 0.5, high - 0.5)}**.\n"
        for how, ends, low, high in said
    ]
    return (
        f"\n`{transformer}`, which reads the reference's words, has "
        f"{float(best['loss']):.3f}: a gap of {gap:.3f}. The share of it\nthat is gone "
        f"when `{recurrent}` reads the reference's words, too:\n\n{''.join(lines)}"
    )


# === What several parts hold ===


def with_ends(row, name, decimals=3):
    """`0.912 (0.905 to 0.918)`; a difference of two systems has a sign."""
    sign = "+" if " - " in row["recipe"] or name == "difference" else ""
    value, low, high = (float(row[key]) for key in ends_of(row, name))
    return (
        f"{value:{sign}.{decimals}f} "
        f"({low:{sign}.{decimals}f} to {high:{sign}.{decimals}f})"
    )


def ends_of(row, name):
    """The keys of a value and of the bounds of its interval."""
    if f"{name}_low" in row:
        return name, f"{name}_low", f"{name}_high"
    return name, "low", "high"


def _above(row, name):
    _, low, high = ends_of(row, name)
    return above_zero(float(row[low]), float(row[high]))


def _runs(rows):
    return " and ".join(row["runs"] for row in rows)


def _percent(share):
    share = float(share)
    return "" if math.isnan(share) else f"{share:.1%}"
