"""Keys and values that the hypotheses of a beam share."""

from keras import ops, tree

from keras_nmt.models.hypotheses import RowsOfState, rows_of, rows_taken


class SharedCaches(RowsOfState):
    """A state with `position: int (B,)` and `caches`, (B, H, T, K) each.

    For a beam they become (B, H, T * W, K): number t * W + w is what hypothesis w wrote
    at position t. `writers: int (R, T)` says which hypothesis, from 0 to W - 1, wrote
    each past position of a hypothesis. So a beam reorders these numbers, and not keys
    and values.
    """

    def widened(self, state, width):
        position = ops.repeat(state["position"], width, axis=0)
        caches = tree.map_structure(
            lambda x: ops.repeat(x, width, axis=2), state["caches"]
        )
        length = ops.shape(state["caches"][0][0])[2]
        writers = ops.zeros((ops.shape(position)[0], length), "int32")
        return {"position": position, "caches": caches, "writers": writers}

    def reordered(self, state, parents):
        if "writers" not in state:  # a beam of one
            return state
        writers = rows_taken(state["writers"], rows_of(parents))
        return {**state, "writers": writers}

    def selected(self, state, sentences, width):
        rows = {name: state[name] for name in state if name != "caches"}
        caches = rows_taken(state["caches"], sentences)
        return {**super().selected(rows, sentences, width), "caches": caches}


def seen_past(state, position):
    """The writers with those of this position, and what each row sees of its caches.

    Args:
        state: of a beam, as `SharedCaches` widened it.
        position: int scalar, where all hypotheses are.

    Returns:
        int (R, T), and bool (B, 1, W, T * W).
    """
    rows, length = ops.shape(state["writers"])
    batch = ops.shape(state["caches"][0][0])[0]
    width = rows // batch
    every, places = (ops.arange(x, dtype="int32") for x in (width, length))
    own = ops.tile(every, [batch])[:, None]
    writers = ops.where(places == position, own, state["writers"])
    seen = ops.logical_and(writers[:, :, None] == every, (places <= position)[:, None])
    return writers, ops.reshape(seen, (batch, 1, width, length * width))
