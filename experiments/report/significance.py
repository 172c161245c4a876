"""Is one system better than another, or was the test set kind to it?

The paired bootstrap (Koehn 2004, "Statistical Significance Tests for Machine
Translation Evaluation"): both systems are scored on the same resampled test sets,
and `p` says how often chance alone would part them as far as the test set does.

    d_k = |BLEU_first(k) - BLEU_second(k)|                  resample k of n
    p   = (1 + #{k: d_k - mean(d) >= |difference|}) / (1 + n)
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from keras_nmt.errors import InputError
from keras_nmt.evaluation.bleu import CountedRun, interval

LEVEL = 0.05
"""Below it a difference is called significant."""


@dataclass(frozen=True)
class Comparison:
    """BLEU of the first run minus BLEU of the second, lower-cased, over all lines.

    `interval` holds the middle 95 % of the resampled differences (low, high).
    """

    difference: float
    interval: tuple[float, float]
    p_value: float


def compare(first, second):
    """The `Comparison` of two `CountedRun`s.

    Raises:
        InputError: they did not translate the same lines, or were not scored alike,
            so no test is fair.
    """
    _check_same_lines(first, second)
    _check_same_tokenizer(first, second)
    differences = first.samples - second.samples
    difference = first.bleu - second.bleu
    return Comparison(
        difference, interval(differences), _p_value(differences, difference)
    )


def _p_value(differences, difference):
    """sacrebleu's, but that `>=` stands for its `>`.

    Equal systems differ by 0 in every resample, as in the test set: `>` would call
    that certain not to be chance.
    """
    distances = np.abs(differences)
    extreme = distances - distances.mean() >= abs(difference)
    return float((1 + extreme.sum()) / (1 + len(distances)))


def _check_same_lines(first, second):
    lines = [[row[:2] for row in side.rows] for side in (first, second)]
    if lines[0] != lines[1]:
        raise InputError(
            f"{first.run.name} and {second.run.name} cannot be compared: "
            f"{_first_fault(*lines)}; give two runs of the same test set"
        )


def _check_same_tokenizer(first, second):
    if first.tokenize != second.tokenize:
        raise InputError(
            f"{first.run.name} is scored with BLEU's tokenizer {first.tokenize}, "
            f"{second.run.name} with {second.tokenize}; score them alike: "
            "python -m experiments.rescore RUN_DIR RUN_DIR --tokenize NAME"
        )


def _first_fault(first, second):
    if len(first) != len(second):
        return f"{len(first)} test lines against {len(second)}"
    pairs = enumerate(zip(first, second, strict=True), start=1)
    number = next(number for number, (a, b) in pairs if a != b)
    return f"test line {number} has another source or reference"


def significance_table(systems):
    """One row a pair of systems, in their order.

    Args:
        systems: name -> `CountedRun`, or a word that says why there is none.
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
