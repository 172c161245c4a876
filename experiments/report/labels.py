"""Labels at the ends of curves, in place of a legend."""

import math


def draw_labels(axes, labels, gap):
    """Writes a label at the right end of each curve; labels do not overlap.

    Args:
        axes: with all curves drawn.
        labels: (text, height, colour) for each curve; the height in units of the data.
        gap: least distance between two labels, as a share of the axes' height.
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
    """The position of a value on the axis, from 0 at the bottom to 1 at the top."""
    if not math.isfinite(value):
        return 0.5
    axes.autoscale_view()
    return (axes.transScale + axes.transLimits).transform((1, value))[1]


def _apart(heights, gap):
    """Moves heights apart as little as possible, until all gaps are wide enough.

    From the lowest up, a height that is too near joins the group below it. The members
    of a group are spaced evenly around their mean.
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
