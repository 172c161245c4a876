"""The gain of one system over another, and whether it may be chance."""

import math
from dataclasses import dataclass

import pandas as pd

from experiments.report.tables import SPREAD
from keras_nmt.evaluation.significance import LEVEL

ERRORS = 2
"""A clear difference of means is larger than this many standard errors."""


@dataclass(frozen=True)
class Gain:
    """BLEU of `after` minus BLEU of `before`.

    `difference` is that of the means over all runs, and `error` its standard error, or
    None if either has a single run. `one_run` and `p_value` compare one run of each on
    the same sentences, or are None if that is not possible.
    """

    before: str
    after: str
    difference: float
    error: float | None
    one_run: float | None
    p_value: float | None

    @property
    def is_clear(self):
        """Whether neither the seeds nor the sentences explain the difference."""
        if self.error is not None and abs(self.difference) <= ERRORS * self.error:
            return False
        if self.p_value is None:
            return self.error is not None
        return self.p_value < LEVEL and self.one_run * self.difference > 0


def gain_of(contents, before, after):
    """The `Gain` between two recipes that both have a BLEU."""
    one, other = contents.rows[before], contents.rows[after]
    error = None
    if min(one["n"], other["n"]) > 1:
        error = math.sqrt(
            sum(row["bleu" + SPREAD] ** 2 / row["n"] for row in (one, other))
        )
    pair = _one_run(contents.significance, before, after)
    return Gain(before, after, other["bleu"] - one["bleu"], error, *pair)


def _one_run(table, before, after):
    for first, second, sign in ((after, before, 1), (before, after, -1)):
        rows = table[(table["system"] == first) & (table["against"] == second)]
        for difference, p_value in rows[["bleu_difference", "p_value"]].to_numpy():
            if isinstance(difference, float):
                return sign * difference, p_value
    return None, None


def gains_table(gains):
    """A table with a row for each `Gain`."""
    columns = ("before", "after", "difference", "error", "one_run", "p_value")
    rows = [{name: getattr(gain, name) for name in columns} for gain in gains]
    return pd.DataFrame(rows, dtype=object)
