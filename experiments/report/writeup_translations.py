"""The parts of `WRITEUP.md` on what translations show: doubled words, and lengths."""

from experiments.report.tables import markdown_table
from experiments.report.verdicts import FAILS, HOLDS, OPEN, below_zero, better
from experiments.report.writeup_facts import REPETITIONS, SLOPES

LINES = {"kept": "at most 20 tokens, as in training", "all": "all"}


def doubled(facts, one, other):
    """How often each system doubles a word, and which does it less."""
    rows = [facts.row(REPETITIONS, name) for name in (one, other)]
    if None in rows:
        return ""
    cells = []
    for row in rows:
        mean, spread, least, greatest = (
            _percent(row[name]) for name in ("doubled", "spread", "least", "greatest")
        )
        cells.append([row["recipe"], mean, spread, f"{least} to {greatest}"])
    header = ["system", "doubled words", "standard deviation", "range over runs"]
    bounds = [[float(row[x]) for x in ("least", "greatest")] for row in rows]
    return (
        "\nDoubled words, a share of all (`a a man`); the references have "
        f"{_percent(rows[0]['references'])}:\n\n"
        f"{markdown_table(header, cells)}\n"
        f"That `{other}` doubles fewer words: **{better(*bounds[::-1], less=True)}**."
        "\n\n![Doubled words](explanations/repetitions.png)\n\n"
        "Command: `python -m experiments.explanations.repetitions`\n"
    )


def lengths(facts, one, other):
    """A table of both systems' slopes, and whether the first falls, and falls more."""
    cells, verdicts = [], []
    for lines, which in LINES.items():
        rows = [
            facts.row(SLOPES, name, lines=lines)
            for name in (one, other, f"{other} - {one}")
        ]
        if None in rows:
            continue
        for row in rows:
            intervals = _interval(row, "slope", 1), _interval(row, "relative", 100)
            cells.append([row["recipe"], which, *intervals])
        verdicts.append(
            f"- {which}: that BLEU of `{one}` falls with length "
            f"**{_below(rows[0], 'slope')}**; that it falls more\n  than that of "
            f"`{other}`, in points **{_opposite(_below(rows[2], 'slope'))}**, as a "
            f"share of its own BLEU **{_opposite(_below(rows[2], 'relative'))}**.\n"
        )
    if not cells:
        return ""
    header = ["system", "lines", "BLEU points a word", "% of its own BLEU a word"]
    return (
        "\nSlope of BLEU over the words of the source, with its 95 % interval over "
        "resampled lines:\n\n"
        f"{markdown_table(header, cells)}\n{''.join(verdicts)}\n"
        "![Slope of BLEU over length](explanations/length_slopes.png)\n\n"
        "Command: `python -m experiments.explanations.length_slopes`\n"
    )


def _below(row, name):
    return below_zero(float(row[f"{name}_low"]), float(row[f"{name}_high"]))


def _opposite(verdict):
    """The verdict on a difference above zero, from that on one below."""
    return {HOLDS: FAILS, FAILS: HOLDS, OPEN: OPEN}[verdict]


def _interval(row, name, times):
    mean, low, high = (times * float(row[name + end]) for end in ("", "_low", "_high"))
    return f"{mean:+.2f} ({low:+.2f} to {high:+.2f})"


def _percent(share):
    return f"{float(share):.2%}"
