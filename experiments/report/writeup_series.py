"""The parts of `WRITEUP.md` on seeds, and on series in which one field changes."""

import statistics
from itertools import pairwise

from experiments.report.tables import markdown_table
from experiments.report.verdicts import FAILS, HOLDS, OPEN, RULE_OF_SERIES, told
from experiments.report.writeup_facts import DIVERSITIES, SEEDS, SERIES

ENOUGH = 10
"""Runs from which a seed's luck can be told."""

STUDENT = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
"""The 97.5 % quantile of Student's t for 1, 2, ... degrees of freedom."""


def seeds(facts, recipe="lstm_attention"):
    """Where the writeup's validation loss lies among our runs of one system."""
    rows = facts.rows(SEEDS, recipe=recipe)
    losses = [float(row["val_loss"]) for row in rows]
    if len(losses) < 2:
        return ""
    theirs = facts.reference.loc[recipe, "val_loss"]
    mean, spread = statistics.mean(losses), statistics.stdev(losses)
    of_mean, of_next = intervals(losses)
    verdict = OPEN
    if not of_next[0] <= theirs <= of_next[1]:
        verdict = FAILS
    elif len(losses) >= ENOUGH:
        verdict = HOLDS
    below = sum(loss <= theirs for loss in losses)
    return (
        f"\n`{recipe}`, {len(losses)} runs ({_seeds(rows)}): validation loss "
        f"{mean:.4f} ± {spread:.4f}, from {min(losses):.4f} to {max(losses):.4f};\n"
        f"95 % interval of the mean {_ends(of_mean)}, of one more run {_ends(of_next)} "
        "(Student's t). The writeup's\n"
        f"{theirs:.4f} is {(theirs - mean) / spread:+.1f} standard deviations from the "
        f"mean; {below} of our runs reach it. That it is one more\nrun of this system, "
        f"with a seed's luck: **{verdict}**{_too_few(losses)}.\n\n"
        "![Validation loss over seeds](explanations/seeds.png)\n\n"
        "Command: `python -m experiments.explanations.seeds`\n"
    )


def _seeds(rows):
    """`seeds 0 to 2, 3 backends`."""
    seeds = sorted({int(row["seed"]) for row in rows})
    backends = len({row["backend"] for row in rows})
    return f"seeds {seeds[0]} to {seeds[-1]}, {backends} backend{'s' * (backends > 1)}"


def _too_few(losses):
    few = len(losses) < ENOUGH
    return f" (that it is, we say with {ENOUGH} runs or more)" * few


def intervals(values):
    """The 95 % intervals of the mean, and of one more value, for 2 to 31 values."""
    count = len(values)
    mean, spread = statistics.mean(values), statistics.stdev(values)
    reach = STUDENT[min(count - 2, len(STUDENT) - 1)] * spread
    return tuple(
        (mean - reach * width, mean + reach * width)
        for width in ((1 / count) ** 0.5, (1 + 1 / count) ** 0.5)
    )


def _ends(interval):
    return f"{interval[0]:.4f} to {interval[1]:.4f}"


def series(facts, base="full_transformer_best"):
    """Dropout, heads and width one by one, around the writeup's best transformer."""
    rows = facts.rows(SERIES, base=base)
    if not rows:
        return ""
    header = ["field", "value", "runs", "validation loss", "BLEU", "heads' divergence"]
    cells = [
        [
            row["factor"].replace("_", " "),
            row["value"],
            row["runs"],
            f"{float(row['val_loss']):.4f}",
            f"{float(row['bleu']):.2f}",
            f"{float(row['diversity']):.3f}" if row["diversity"] else "one head",
        ]
        for row in rows
    ]
    claims = "".join(
        f"- {claim}: **{verdict}**.\n" for claim, verdict in _claims(facts, rows, base)
    )
    return (
        f"\nSeries around `{base}`, one field changed, {rows[0]['epochs']} epochs; "
        "the divergence of heads is the\nmean Jensen-Shannon divergence of two heads "
        f"of a layer, in bits. {RULE_OF_SERIES}\n\n"
        f"{markdown_table(header, cells)}\n{claims}\n"
        "![Validation loss](explanations/series_val_loss.png)\n\n"
        "![Divergence of heads](explanations/series_diversity.png)\n\n"
        "Command: `python -m experiments.explanations.series_table`\n"
    )


def _claims(facts, rows, base):
    """The writeup's three claims with their verdicts, as far as there are runs."""
    by_value = {}
    for row in rows:
        by_value.setdefault(row["factor"], {})[float(row["value"])] = row
    spread = statistics.stdev(facts.of(base, "val_loss"))
    dropout = _losses(by_value.get("dropout", {}))
    if 0.2 in dropout and max(dropout) > 0.2:
        worse = [told(dropout[x], dropout[0.2], spread) for x in dropout if x > 0.2]
        yield "that a dropout above 0.2 is worse, by validation loss", _all(worse)
    heads = by_value.get("num_heads", {})
    several = {
        x: float(row["diversity"]) for x, row in heads.items() if row["diversity"]
    }
    if len(several) > 1:
        values = [several[x] for x in sorted(several)]
        steps = [HOLDS if b > a else FAILS for a, b in pairwise(values)]
        yield (
            "that the divergence of heads grows with each step in their number",
            (_all(steps)),
        )
    for factor, words in (("num_heads", "heads"), ("model_dim", "width")):
        losses = _losses(by_value.get(factor, {}))
        if len(losses) > 1:
            least, most = min(losses), max(losses)
            verdict = told(losses[most], losses[least], spread, less=True)
            yield (
                f"that {most:g} has a lower validation loss than {least:g} in {words}",
                verdict,
            )


def _losses(rows):
    return {value: float(row["val_loss"]) for value, row in rows.items()}


def _all(verdicts):
    """One verdict on several: told only if they agree."""
    return verdicts[0] if len({*verdicts}) == 1 else OPEN


def diversities(facts, recipes):
    """How different the heads of each attention look."""
    rows = [row for name in recipes for row in facts.rows(DIVERSITIES, recipe=name)]
    if not rows:
        return ""
    header = ["system", "heads", "attention", "divergence, bits"]
    cells = [
        [
            row["recipe"],
            row["heads"],
            row["layer"].replace("_", " "),
            f"{float(row['diversity']):.3f}",
        ]
        for row in rows
    ]
    return (
        "\nHow different two heads of a layer look, 0 if alike and 1 if never at the "
        f"same position:\n\n{markdown_table(header, cells)}\n{_one_number(rows)}"
        "Command: `python -m experiments.explanations.head_diversities RUN_DIR ...`\n"
    )


def _one_number(rows):
    """What one number of heads cannot tell; "" with several."""
    if len({row["heads"] for row in rows}) > 1:
        return ""
    return (
        "Only systems with this number of heads were measured, so this does not tell "
        "whether more heads\ndiffer more.\n\n"
    )
