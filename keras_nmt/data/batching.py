"""Pairs of id sequences to batches of a few fixed shapes, in a reproducible order."""

import keras
import numpy as np

from keras_nmt.specials import PAD, SOS

SCORED_MULTIPLE = 384
"""Scored positions are padded to a multiple of this, so that few shapes compile."""


class TranslationBatches(keras.utils.PyDataset):
    """Batches for `model.fit`, the same on every backend.

    The order of an epoch follows from `(seed, epoch)` through NumPy alone. Every
    batch is full: what is missing in the last one is filled with rows of padding,
    which are never scored. One batch is `(inputs, targets)`:

    - `source: int (B, S)`, `target_in: int (B, T)`: padded with `PAD`;
    - `scored: int (N,)`: where the real target tokens stand in the flattened
      `(B * T)` positions, so that padding is neither projected nor scored;
    - `row_of: int (B, T)`: the way back, which of the N rows is each position's; N
      where it is padding;
    - `target_out: int (N,)`: the tokens to be predicted there, also the targets.
      The tail of both is filling: position 0 and `PAD`.

    Args:
        pairs: `(source_ids, target_ids)` pairs, each side with `SOS` and `EOS`.
        batch_size: rows of a batch, B.
        shapes: `(S, T)` pairs in rising order, the buckets. A pair goes into the
            first that holds it, and batches never mix buckets.
        score_sos: whether `SOS` itself is predicted at the first position, as the
            writeup counts. Otherwise prediction begins at the first word.
        seed: of the shuffling; None keeps the order of `pairs`.

    Example:
    >>> batches = TranslationBatches([([2, 5, 3], [2, 7, 8, 3])], 1, [(4, 4)])
    >>> inputs, targets = batches[0]
    >>> inputs["source"], inputs["target_in"], targets[:4]
    (array([[2, 5, 3, 1]]), array([[2, 7, 8, 1]]), array([7, 8, 3, 1]))
    """

    def __init__(self, pairs, batch_size, shapes, *, score_sos=False, seed=None):
        super().__init__()
        self.batch_size = batch_size
        self.shapes = [tuple(shape) for shape in shapes]
        self.seed = seed
        self._rows = [_shift(*pair, score_sos) for pair in pairs]
        self._check_targets()
        self._buckets = self._fill_buckets()
        self.set_epoch(0)

    def set_epoch(self, epoch, done=0):
        """Orders the batches for an epoch (from 0); `fit` needs it at each begin.

        The first `done` batches come last then: training that was interrupted after
        them goes on with the others, and ends before they come round again.
        """
        batches = self._ordered(epoch)
        self._batches = batches[done:] + batches[:done]

    def members(self, epoch, step):
        """The indices of the pairs in batch `step` of an epoch, both from 0."""
        _, members = self._ordered(epoch)[step]
        return [int(member) for member in members]

    def _ordered(self, epoch):
        generator = None
        if self.seed is not None:
            generator = np.random.default_rng((self.seed, epoch))
        batches = []
        for shape, members in self._buckets:
            if generator is not None:
                members = generator.permutation(members)
            for start in range(0, len(members), self.batch_size):
                batches.append((shape, members[start : start + self.batch_size]))
        if generator is not None:
            batches = [batches[i] for i in generator.permutation(len(batches))]
        return _shapes_apart_first(batches)

    def __len__(self):
        return len(self._batches)

    def __getitem__(self, index):
        shape, members = self._batches[index]
        source = np.full((self.batch_size, shape[0]), PAD, "int32")
        target_in = np.full((self.batch_size, shape[1]), PAD, "int32")
        target_out = np.full((self.batch_size, shape[1]), PAD, "int32")
        for row, member in enumerate(members):
            for array, ids in zip(
                (source, target_in, target_out), self._rows[member], strict=True
            ):
                array[row, : len(ids)] = ids
        inputs = {"source": source, "target_in": target_in}
        inputs["scored"], inputs["row_of"], targets = _compress(target_out)
        inputs["target_out"] = targets
        return inputs, targets

    @property
    def target_tokens(self):
        """How many real target tokens an epoch scores."""
        return sum(len(target_out) for _, _, target_out in self._rows)

    def _check_targets(self):
        # A batch without one has no gradient, but Adam's momentum would still move
        # the weights.
        for index, (_, _, target_out) in enumerate(self._rows):
            if all(token_id == PAD for token_id in target_out):
                raise ValueError(
                    f"Pair {index} has no target token to predict: expected one or "
                    f"more besides padding. Received: {target_out}"
                )

    def _fill_buckets(self):
        members = {shape: [] for shape in self.shapes}
        for index, (source, target_in, _) in enumerate(self._rows):
            members[self._bucket(index, len(source), len(target_in))].append(index)
        return [(shape, members[shape]) for shape in self.shapes if members[shape]]

    def _bucket(self, index, source_length, target_length):
        for shape in self.shapes:
            if source_length <= shape[0] and target_length <= shape[1]:
                return shape
        raise ValueError(
            f"Pair {index} fits no shape: expected at most {self.shapes[-1]} "
            f"(source, target) positions. Received: {(source_length, target_length)}"
        )


def _shift(source, target, score_sos):
    """The three rows of a pair: source, what the decoder reads, what it predicts."""
    if score_sos:
        return source, [SOS, *target[:-1]], target
    return source, target[:-1], target[1:]


def _compress(target_out):
    """Flat places of the real tokens, the way back, and the tokens.

    Places and tokens are padded to a multiple.
    """
    places = np.flatnonzero(target_out != PAD)
    size = max(1, -(-len(places) // SCORED_MULTIPLE)) * SCORED_MULTIPLE
    scored = np.zeros(size, "int32")
    targets = np.full(size, PAD, "int32")
    row_of = np.full(target_out.shape, size, "int32")
    scored[: len(places)] = places
    targets[: len(places)] = target_out.ravel()[places]
    row_of.flat[places] = np.arange(len(places))
    return scored, row_of, targets


def _shapes_apart_first(batches):
    """Puts a batch of the smallest and one of the largest shape in front.

    Keras on TensorFlow takes the first two batches for what all look like, and
    only a dimension that differs between them may differ later.
    """
    ranked = sorted(range(len(batches)), key=lambda i: batches[i][0])
    if batches[ranked[0]][0] == batches[ranked[-1]][0]:
        return batches
    first = list(dict.fromkeys(ranked[:1] + ranked[-1:]))
    rest = [i for i in range(len(batches)) if i not in first]
    return [batches[i] for i in first + rest]
