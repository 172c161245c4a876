"""Curves named where they end, which spares the reader a legend."""

import math


def draw_labels(axes, labels, gap):
    """Writes a label at the right of each curve's end, none upon another.

    Args:
        axes: with all curves drawn.
        labels: a (text, height, colour) a curve; the height in the data's units.
        gap: least distance of two labels' middles, 1 being the height of the axes.
    """
    heights = _apart([_height(axes, value) for _, value, _ in labels], gap)
    for (text, _, colour), height in zip(labels, heights, strict=True):
        axes.annotate(
            text,
            (1, height),
            (8, 0),
            xycoords="axes fraction",
            textcoords="offset points",
            color=colour,
            va="center",
        )


def _height(axes, value):
    """Where a value lies on the axis, 0 at the bottom and 1 at the top."""
    if not math.isfinite(value):
        return 0.5
    axes.autoscale_view()
    return (axes.transScale + axes.transLimits).transform((1, value))[1]


def _apart(heights, gap):
    """The heights with neighbours moved apart, as little as can be.

    From the lowest up, one that is too near joins the group below it; a group is
    spaced evenly about the mean of its members.
    """
    groups = []
    for index in sorted(range(len(heights)), key=lambda i: (heights[i], -i)):
        groups.append([index])
        while len(groups) > 1 and _collide(groups[-2], groups[-1], heights, gap):
            groups[-2:] = [groups[-2] + groups[-1]]
    places = {}
    for group in groups:
        places |= zip(group, _spaced(group, heights, gap), strict=True)
    return [places[index] for index in range(len(heights))]


def _collide(lower, upper, heights, gap):
    return _spaced(upper, heights, gap)[0] - _spaced(lower, heights, gap)[-1] < gap


def _spaced(group, heights, gap):
    middle = sum(heights[index] for index in group) / len(group)
    lowest = middle - gap * (len(group) - 1) / 2
    return [lowest + gap * number for number in range(len(group))]
