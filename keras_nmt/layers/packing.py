"""The scored positions of a batch, one after the other, and back in their places.

A third of a padded batch is padding. What a position needs for itself alone, such as
the feed-forward network, is computed for packed rows: padding costs nothing there.
"""

from keras import ops


def packed(x, scored):
    """The rows of the scored positions.

    Args:
        x: float (B, T, D).
        scored: int (N,), flat places among the `B * T` positions.

    Returns:
        float (N, D).
    """
    return ops.take(ops.reshape(x, (-1, x.shape[-1])), scored, axis=0)


def unpacked(rows, row_of):
    """Packed rows in their places, zeros elsewhere.

    Args:
        rows: float (N, D).
        row_of: int (B, T), the row of each position; N where it has none.

    Returns:
        float (B, T, D).
    """
    none = ops.zeros_like(rows[:1])
    return ops.take(ops.concatenate([rows, none], axis=0), row_of, axis=0)
