"""The part of `WRITEUP.md` on feeding a recurrent decoder its own words."""

from experiments.report.tables import markdown_table
from experiments.report.verdicts import above_zero
from experiments.report.writeup_facts import FEEDINGS, LOSSES
from experiments.report.writeup_mechanisms import FOLDERS, runs_of, with_ends

PAIRS = (
    ("lstm_attention_best", "full_transformer_best"),
    ("lstm_attention", "full_transformer"),
)
"""Systems whose gap in loss is explained: the first pair that was measured."""

HALF = 0.5
"""Of a gap: what explains more of it explains most."""


def feedings(facts):
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
    header += ["difference", "BLEU, test, greedy"]
    return (
        "\nThe same weights on validation, fed with their own words and with the "
        "reference's; nats a word\nwithout `<sos>`, "
        f"{runs_of(rows)}:\n\n{markdown_table(header, cells)}"
        f"{_gap(facts)}\n"
        f"Command: `python -m experiments.explanations.feedings {FOLDERS}`\n"
    )


def _gap(facts):
    """Which share of the gap in loss between the kinds is the feeding's."""
    for recurrent, transformer in PAIRS:
        best = facts.row(LOSSES, transformer, by="all")
        free = facts.row(FEEDINGS, recurrent)
        if best is not None and free is not None:
            break
    else:
        return ""
    gap = float(free["free_running"]) - float(best["loss"])
    ends = [float(free[f"difference{end}"]) / gap for end in ("", "_low", "_high")]
    said = [("the same weights", *ends)]
    forced = facts.row(FEEDINGS, f"{recurrent},feeding=teacher_forcing")
    if forced is not None:
        share = (float(free["free_running"]) - float(forced["teacher_forcing"])) / gap
        said.append(("weights trained by teacher forcing", share, share, share))
    lines = [
        f"- {how}: {share:.0%}; that it is most of the gap "
        f"**{above_zero(low - HALF, high - HALF)}**.\n"
        for how, share, low, high in said
    ]
    unmeasured = ", ".join(f"`{name}`" for name in PAIRS[0] if name != recurrent)
    note = f" ({unmeasured} were not measured)" * (recurrent != PAIRS[0][0])
    return (
        f"\n`{transformer}`, which reads the reference's words, has "
        f"{float(best['loss']):.3f}: a gap of {gap:.3f}{note}. The share of it\nthat "
        f"is gone when `{recurrent}` reads the reference's words, too:\n\n"
        f"{''.join(lines)}"
    )
