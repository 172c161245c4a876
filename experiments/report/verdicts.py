"""The rules by which a page judges a claim from the runs' numbers alone."""

import statistics

HOLDS, FAILS, OPEN = "holds", "does not hold", "cannot be told"

WIDTH = 3
"""Standard deviations over runs within which a number counts as reproduced."""

RULES = f"""\
- A number of the writeup is *reproduced* if it lies within {WIDTH} standard deviations
  of the mean of our runs, which differ in seed and backend.
- That one system is better than another *holds* if each of its runs is better than each
  of the other's, *does not hold* if each is worse, and *cannot be told* otherwise.
- That a number is above or below zero *holds* if its whole 95 % interval is, *does not
  hold* if the whole interval is on the other side, and *cannot be told* otherwise."""


def better(ours, others, less=False):
    """Whether a system beats another one.

    Args:
        ours, others: a number a run.
        less: True if smaller numbers are better, as of a loss.

    >>> better([3, 4], [1, 2]), better([3, 4], [1, 2], less=True), better([1], [1])
    ('holds', 'does not hold', 'cannot be told')
    """
    if less:
        ours, others = others, ours
    if min(ours) > max(others):
        return HOLDS
    return FAILS if max(ours) < min(others) else OPEN


def below_zero(low, high):
    """Whether a number with this interval is negative."""
    if high < 0:
        return HOLDS
    return FAILS if low > 0 else OPEN


def reproduced(number, ours):
    """ "reproduced", "ours is lower" or "ours is higher".

    Args:
        number: the writeup's.
        ours: a number a run, two runs or more.
    """
    mean, spread = statistics.mean(ours), statistics.stdev(ours)
    if abs(number - mean) <= WIDTH * spread:
        return "reproduced"
    return "ours is lower" if mean < number else "ours is higher"
