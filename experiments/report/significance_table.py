"""The table of significance: the paired bootstrap for every pair of systems."""

from itertools import combinations

import pandas as pd

from keras_nmt.errors import InputError
from keras_nmt.evaluation.bleu import CountedRun
from keras_nmt.evaluation.significance import compare


def significance_table(systems):
    """A table with a row for each pair of systems, in their order.

    Args:
        systems: name -> `CountedRun`, or a word for why there is none.
    """
    rows = [
        {"system": first, "against": second, **_cells(systems[first], systems[second])}
        for first, second in combinations(systems, 2)
    ]
    return pd.DataFrame(rows, dtype=object)


def _cells(first, second):
    cells = {"bleu_difference": None, "low": None, "high": None, "p_value": None}
    words = [side for side in (first, second) if not isinstance(side, CountedRun)]
    if words:
        return cells | {"bleu_difference": words[0]}
    try:
        found = compare(first, second)
    except InputError:
        alike = first.tokenize == second.tokenize
        return cells | {"bleu_difference": "other lines" if alike else "other tokens"}
    low, high = found.interval
    values = (found.difference, low, high, found.p_value)
    return dict(zip(cells, values, strict=True))
