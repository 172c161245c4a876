"""The parts of `WRITEUP.md` on what recurrence and attention do.

All are functions of the `Facts`; "" without their file.
"""

import math

from experiments.report.tables import markdown_table
from experiments.report.verdicts import above_zero, below_zero
from experiments.report.writeup_facts import ALIGNMENTS, GRADIENTS, LOSSES

POSITIONS = ("1", "2", "4", "6", "8", "10", "12", "14")
"""Positions whose loss is shown; the figure has all."""

FIRST_PAIR = "rnn", "lstm"
"""The first pair of systems whose losses by position the page shows."""

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
    more = [above(difference, time) for time in ("start", "end")]
    before, after = ([vanishes(row, time) for row in rows] for time in ("start", "end"))
    return (
        "\nGradient of the loss of the fifth word by each state before it, source of "
        f"12 tokens (means of {runs_of(rows)}).\n*Kept a step* is the factor of a line "
        "fitted to the logarithm of its norm over all 20 states of the\nsource, "
        "padding included (these systems read it), with the 95 % interval over "
        "sentences. The last\ncolumns have the norm at the first token of the source "
        "as a share of that at the last state:\n\n"
        f"{markdown_table(header, cells)}\n"
        f"That `{other}` keeps more of the gradient than `{one}`: before training "
        f"**{more[0]}**, after training **{more[1]}**.\n"
        f"That it vanishes (less than {VANISHES} kept a step) before training: in "
        f"`{one}` **{before[0]}**, in `{other}` **{before[1]}**;\nafter training: in "
        f"`{one}` **{after[0]}**, in `{other}` **{after[1]}**. Whether that is why "
        f"`{one}` learns less or comes\nof it was not tested. The bound was set after "
        "the measurement; by the earlier one, 1, any loss counts\nas vanishing. The "
        "figure has the systems with attention, too, which give the gradient a shorter "
        "way:\n\n"
        "![Norm of the gradient by distance](explanations/gradients.png)\n\n"
        f"Command: `python -m experiments.explanations.gradients {FOLDERS}`\n"
    )


def vanishes(row, time):
    """The verdict on a system's gradient at the start or the end of training."""
    return below_zero(*(float(row[f"{time}_{x}"]) - VANISHES for x in ("low", "high")))


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
        f"each word. That it grows along the\nsentence: **{above(slope, 'loss')}** "
        f"({_of_runs(facts, one, other)}). Late words are often the full stop and the "
        "end, which any\nsystem knows, so this alone says little of memory."
        f"{_position_figure(one, other)}\n\n"
        f"Command: `python -m experiments.explanations.losses {FOLDERS}`\n"
    )


def _of_runs(facts, *recipes):
    """`1 and 2 runs`, of the rows of the table of losses."""
    return runs_of([facts.row(LOSSES, name, by="position") for name in recipes])


def _position_figure(one, other):
    """The figure where it comes first; the second time a word."""
    if (one, other) != FIRST_PAIR:
        return f" The figure is that of {' and '.join(FIRST_PAIR)}, above."
    return (
        " The figure has\nthe other systems, too; *uniform* is a system whose "
        "attention is the same everywhere:\n\n"
        "![Loss by position](explanations/losses_by_position.png)"
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
        f"**{above(difference, 'loss')}** ({runs_of(rows[:1])}).\nIts score is a "
        "cosine, so no weight can be more than e² times another of its row.\n"
    )


def alignments(facts, recipes):
    """How often the attended word is the aligned one."""
    rows = [row for name in recipes for row in facts.rows(ALIGNMENTS, recipe=name)]
    if not rows:
        return ""
    cells = []
    for row in rows:
        low, high = float(row["low"]), float(row["high"])
        verdicts = [better_than(row, name) for name in ("diagonal", "chance")]
        shares = (_percent(row[x]) for x in ("agreement", "diagonal", "chance"))
        agreement, *baselines = shares
        ends = f"{agreement} ({_percent(low)} to {_percent(high)})"
        layer = row["layer"].replace("_", " ")
        cells.append([row["recipe"], layer, ends, *baselines, *verdicts])
    header = ["system", "layer", "aligned word is the most attended"]
    header += ["diagonal finds", "chance finds"]
    header += ["better than the diagonal", "better than chance"]
    words = int(rows[0]["words"])
    return (
        f"\nAttention against alignments of {words:,} validation words. Nobody aligned "
        "Multi30k by hand, so the\nreference is automatic: pairs of words on which IBM "
        "model 1, trained in both directions, agrees.\nThe *diagonal* takes the word "
        "at the same share of the source's length, *chance* any word\n"
        f"({runs_of(rows)}):\n\n{markdown_table(header, cells)}\n"
        "Command: `python -m experiments.explanations.attention_alignments "
        f"{FOLDERS}`\n"
    )


def better_than(row, baseline):
    """Whether attention finds the aligned word more often than a baseline does."""
    base = float(row[baseline])
    return above_zero(*(float(row[x]) - base for x in ("low", "high")))


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


def above(row, name):
    """Whether a value of a row is above zero, by its interval."""
    _, low, high = ends_of(row, name)
    return above_zero(float(row[low]), float(row[high]))


def runs_of(rows):
    """`1 run`, `1 run of each` or `1 and 2 runs`: those that were measured."""
    counts = [row["runs"] for row in rows]
    different = [*dict.fromkeys(counts)]
    of_each = " of each" * (len(different) < len(counts))
    return f"{' and '.join(different)} run{'s' * (different != ['1'])}{of_each}"


def _percent(share):
    share = float(share)
    return "" if math.isnan(share) else f"{share:.1%}"
