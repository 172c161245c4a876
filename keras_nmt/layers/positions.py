"""The scored positions of a batch, taken out of it and put back.

A third of a padded batch is padding. The feed-forward network and the vocabulary
projection look at one position at a time, so they need not be computed there.
"""

from typing import Any, NamedTuple

from keras import ops


class ScoredPositions(NamedTuple):
    """Which of the `B * T` target positions have a real token to predict.

    `text.batching.TranslationBatches` counts them out for each batch.
    """

    places: Any
    """int (N,): their places in the flattened batch, then zeros as filling."""
    rows: Any
    """int (B, T): the index in `places` of each position; N if it is not scored."""

    def gather(self, x):
        """The vectors at the scored positions: float (B, T, D) to (N, D)."""
        return ops.take(ops.reshape(x, (-1, x.shape[-1])), self.places, axis=0)

    def scatter(self, vectors):
        """Back in their positions, zeros elsewhere: float (N, D) to (B, T, D)."""
        zero = ops.zeros_like(vectors[:1])
        return ops.take(ops.concatenate([vectors, zero], axis=0), self.rows, axis=0)
