"""Batches of a few fixed shapes from pairs of id sequences, in a reproducible order."""

import keras
import numpy as np

from keras_nmt.specials import PAD, SOS

SCORED_MULTIPLE = 384
"""The scored positions of a batch are padded to a multiple of this number, so that
few shapes are compiled."""


class TranslationBatches(keras.utils.PyDataset):
    """Batches for `model.fit`, the same on every backend.

    NumPy shuffles the batches of an epoch, seeded by `(seed, epoch)`. All batches of a
    shape have B rows; rows that are missing are padding, which is never scored.
    A batch is `(inputs, targets)`. The inputs are what a translator reads:

    - `source: int (B, S)`, `target_in: int (B, T)`: padded with `PAD`.

    The targets are the tokens to predict, and for the fast loss (`models.projected`)
    their positions:

    - `target_out: int (B, T)`: the next token after each of `target_in`, or `PAD`;
    - `scored_tokens: int (N,)`: the real tokens of `target_out` as one list;
    - `scored: int (N,)`: their positions in the flattened `(B * T)` array;
    - `row_of: int (B, T)`: the index in `scored` of each position; N at padding.

    `scored_tokens` is filled up with `PAD`, and `scored` with 0.

    Args:
        pairs: `(source_ids, target_ids)` pairs, each side with `SOS` and `EOS`; or
            `SampledPairs`, which are others in every epoch.
        batch_size: rows of a batch, B, unless `batch_tokens` is given.
        shapes: `(S, T)` pairs in rising order. A pair goes into the first shape that
            holds it, and all pairs of a batch have the same shape.
        score_sos: whether `SOS` itself is predicted at the first position, as in the
            writeup. Otherwise the first word is predicted there.
        seed: of the shuffling; None keeps the order of `pairs`.
        batch_tokens: the budget of a batch in positions of its longer side, padding
            included: a batch of short sentences gets more rows. 0 for none.

    Example:
    >>> batches = TranslationBatches([([2, 5, 3], [2, 7, 8, 3])], 1, [(4, 4)])
    >>> inputs, targets = batches[0]
    >>> inputs["source"], inputs["target_in"], targets["target_out"]
    (array([[2, 5, 3, 1]]), array([[2, 7, 8, 1]]), array([[7, 8, 3, 1]]))
    """

    def __init__(
        self,
        pairs,
        batch_size,
        shapes,
        *,
        score_sos=False,
        seed=None,
        batch_tokens=0,
    ):
        super().__init__()
        self.batch_size = batch_size
        self.batch_tokens = batch_tokens
        self.shapes = [tuple(shape) for shape in shapes]
        self.seed = seed
        self._score_sos = score_sos
        self._pairs = pairs
        self._read(pairs)
        self.set_epoch(0)

    @property
    def vary(self):
        """Whether the pairs, and so the number of batches, differ among epochs."""
        return hasattr(self._pairs, "of_epoch")

    def _read(self, pairs):
        self._rows = [_shift(*pair, self._score_sos) for pair in pairs]
        self._check_targets()
        self._buckets = self._fill_buckets()

    def set_epoch(self, epoch, done=0):
        """Orders the batches for an epoch, before it begins.

        Args:
            epoch: its number, from 0.
            done: batches of the epoch that were trained before an interruption. They
                come last, and training stops before them.
        """
        if self.vary:
            self._read(self._pairs.of_epoch(epoch))
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
            batches += [(shape, some) for some in self._split(shape, members)]
        if generator is not None:
            batches = [batches[i] for i in generator.permutation(len(batches))]
        return _shapes_apart_first(batches)

    def _split(self, shape, members):
        """Splits the pairs of a shape into batches."""
        size = self._size(shape)
        if self.batch_tokens:
            # Nearly equal batches: few sizes of `scored`, and none with few tokens.
            return np.array_split(members, -(-len(members) // size))
        return [members[start : start + size] for start in range(0, len(members), size)]

    def _size(self, shape):
        """Rows of a batch of that shape."""
        if self.batch_tokens:
            return max(1, self.batch_tokens // max(shape))
        return self.batch_size

    def __len__(self):
        return len(self._batches)

    def __getitem__(self, index):
        shape, members = self._batches[index]
        source, target_in, target_out = (
            np.full((self._size(shape), length), PAD, "int32")
            for length in (*shape, shape[1])
        )
        for row, member in enumerate(members):
            for array, ids in zip(
                (source, target_in, target_out), self._rows[member], strict=True
            ):
                array[row, : len(ids)] = ids
        inputs = {"source": source, "target_in": target_in}
        return inputs, {"target_out": target_out, **_scored(target_out)}

    @property
    def target_tokens(self):
        """The number of real target tokens that an epoch scores."""
        return sum(len(target_out) for _, _, target_out in self._rows)

    def _check_targets(self):
        # A batch without targets has gradient 0, but Adam's momentum would still move
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
    """The source of a pair, the tokens that the decoder reads, and those to predict."""
    if score_sos:
        return source, [SOS, *target[:-1]], target
    return source, target[:-1], target[1:]


def _scored(target_out):
    """The real tokens of `target_out: int (B, T)` and their positions, as targets."""
    places = np.flatnonzero(target_out != PAD)
    size = max(1, -(-len(places) // SCORED_MULTIPLE)) * SCORED_MULTIPLE
    scored = np.zeros(size, "int32")
    tokens = np.full(size, PAD, "int32")
    row_of = np.full(target_out.shape, size, "int32")
    scored[: len(places)] = places
    tokens[: len(places)] = target_out.flat[places]
    row_of.flat[places] = np.arange(len(places))
    return {"scored_tokens": tokens, "scored": scored, "row_of": row_of}


def _shapes_apart_first(batches):
    """Moves a batch of the smallest shape and one of the largest to the front.

    Keras on TensorFlow reads the shapes of a dataset from its first two batches. A
    dimension may vary later only if it differs between these two.
    """
    ranked = sorted(range(len(batches)), key=lambda i: batches[i][0])
    if batches[ranked[0]][0] == batches[ranked[-1]][0]:
        return batches
    first = list(dict.fromkeys(ranked[:1] + ranked[-1:]))
    rest = [i for i in range(len(batches)) if i not in first]
    return [batches[i] for i in first + rest]
