"""The rules by which a page judges a claim from the runs' numbers alone."""

import statistics

HOLDS, FAILS, OPEN = "holds", "does not hold", "cannot be told"

WIDTH = 3
"""Standard deviations over runs within which a number counts as reproduced."""

RULES = f"""\
- A number of the writeup is *reproduced* if it lies within {WIDTH} standard deviations
  of the mean of our runs, which differ in seed and backend; otherwise it says whether
  *ours is higher* or *ours is lower*.
- That one system is better than another *holds* if each of its runs is better than each
  of the other's, *does not hold* if each is worse, and *cannot be told* otherwise.
- That a number is above or below zero *holds* if its whole 95 % interval is, *does not
  hold* if the whole interval is on the other side, and *cannot be told* otherwise.
  The interval is over sentences: of one run, it does not tell of another seed."""

RULE_OF_SERIES = f"""\
That one run is better than another *holds* if it is by more than {WIDTH} standard
deviations over seeds, *does not hold* if it is worse by more, and *cannot be told*
otherwise."""


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


def above_zero(low, high):
    """Whether a number with this interval is positive."""
    return below_zero(-high, -low)


def told(value, base, spread, less=False):
    """Whether one run is better than another, by how much seeds differ.

    Args:
        value, base: of the two.
        spread: standard deviation over seeds.
        less: True if smaller numbers are better.

    >>> told(3.0, 1.0, 0.5), told(1.2, 1.0, 0.5), told(3.0, 1.0, 0.5, less=True)
    ('holds', 'cannot be told', 'does not hold')
    """
    gain = base - value if less else value - base
    return above_zero(gain - WIDTH * spread, gain + WIDTH * spread)


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
