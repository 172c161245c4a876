"""How the hypotheses of a beam keep a translator's state."""

from keras import ops, tree


class RowsOfState:
    """Every tensor of a state has a row for each hypothesis, R = B * W rows.

    A translator whose state is large overrides these three, so that a beam does not
    copy it at every step.
    """

    def widened(self, state, width):
        """The first state, of B sentences, for W equal hypotheses of each."""
        return tree.map_structure(lambda x: ops.repeat(x, width, axis=0), state)

    def reordered(self, state, parents):
        """The state of hypotheses that continue others.

        Args:
            parents: int (B, W), in 0 to W - 1: hypothesis w now continues what was
                hypothesis `parents[:, w]` of its sentence.
        """
        return rows_taken(state, rows_of(parents))

    def selected(self, state, sentences, width):
        """The state of some sentences, int (B',)."""
        every = ops.broadcast_to(
            ops.arange(width, dtype="int32"), (ops.shape(sentences)[0], width)
        )
        return rows_taken(state, rows_of(every, sentences))


def rows_of(hypotheses, sentences=None):
    """The rows, int (B * W,), of hypotheses of sentences.

    Args:
        hypotheses: int (B, W), numbers within their sentence.
        sentences: int (B,); 0 to B - 1 if None.
    """
    batch, width = ops.shape(hypotheses)
    if sentences is None:
        sentences = ops.arange(batch, dtype="int32")
    return ops.reshape(sentences[:, None] * width + hypotheses, (-1,))


def rows_taken(state, rows):
    """The rows, int (R,), of every tensor of a state."""
    return tree.map_structure(lambda x: ops.take(x, rows, axis=0), state)
