"""Is one system's BLEU better than another's, or is the difference chance?

The paired bootstrap (Koehn 2004, "Statistical Significance Tests for Machine
Translation Evaluation") scores both systems on the same resampled test sets. `p` is
sacreBLEU's, so that both programs say the same. It takes absolute values before their
mean, which makes it a one-sided p-value: for two systems that do not differ, half of
what a two-sided test says. So a test at 5 % asks for half of that (`LEVEL`).

    d_k = |BLEU_first(k) - BLEU_second(k)|                  resample k of n
    p   = (1 + #{k: d_k - mean(d) >= |difference|}) / (1 + n)
"""

from dataclasses import dataclass

import numpy as np

from keras_nmt.errors import InputError
from keras_nmt.evaluation.bleu import interval

LEVEL = 0.025
"""A difference with a smaller p-value is called significant: one-sided, for 5 %."""


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
        InputError: the runs translated other lines, or were scored with another
            tokenizer, so that no test is fair.
    """
    _check_same_lines(first, second)
    _check_same_tokenizer(first, second)
    differences = first.samples - second.samples
    difference = first.bleu - second.bleu
    return Comparison(
        difference, interval(differences), _p_value(differences, difference)
    )


def _p_value(differences, difference):
    """As in sacrebleu, but with `>=` for its `>`.

    Two equal systems differ by 0 on the test set and in every resample. With `>` their
    p-value would be the smallest possible instead of 1.
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
