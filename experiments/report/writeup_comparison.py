"""Two systems of `WRITEUP.md` side by side."""

import statistics

from experiments.report.verdicts import better

MEASURES = (("val_loss", "validation loss", 4), ("bleu", "BLEU", 2))
"""(measure, its name on the page, decimals) by which systems are compared."""


def compared(facts, one, other):
    """Rows of a table of two systems, and a sentence whether the second is better.

    Args:
        facts: the `Facts`.
        one, other: recipes of which there are two complete runs or more.
    """
    rows, verdicts = [], []
    for measure, word, decimals in MEASURES:
        first, second = facts.of(one, measure), facts.of(other, measure)
        rows.append([word, mean_cell(first, decimals), mean_cell(second, decimals)])
        verdict = better(second, first, less=measure == "val_loss")
        verdicts.append(f"by {word} **{verdict}**")
    runs = " and ".join(str(len(facts.of(name, "bleu"))) for name in (one, other))
    return rows, (
        f"That `{other}` is better than `{one}`: {', '.join(verdicts)} ({runs} runs)."
    )


def mean_cell(values, decimals):
    """`3.1749 ± 0.0269`: mean and standard deviation of two numbers or more."""
    mean, spread = statistics.mean(values), statistics.stdev(values)
    return f"{mean:.{decimals}f} ± {spread:.{decimals}f}"
