"""Batches of a few fixed shapes from pairs of id sequences, in a reproducible order."""

import keras
import numpy as np

from keras_nmt.specials import PAD, SOS
from keras_nmt.text.batch_order import ordered, stretch
from keras_nmt.text.packed import PackedPairs

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
            `SampledPairs`, which are others in every epoch. `PackedPairs` may be
            in files; what is held of a pair is its number in the epoch's order.
        batch_size: rows of a batch, B, unless `batch_tokens` is given.
        shapes: `(S, T)` pairs in rising order. A pair goes into the first shape that
            holds it, and all pairs of a batch have the same shape.
        score_sos: whether `SOS` itself is predicted at the first position, as in the
            writeup. Otherwise the first word is predicted there.
        seed: of the shuffling; None keeps the order of `pairs`.
        batch_tokens: the budget of a batch in positions of its longer side, padding
            included: a batch of short sentences gets more rows. 0 for none.
        epoch_batches: batches of an epoch; 0 for those of one pass over the pairs. The
            epochs then cut the passes, one after the other, into equal parts.

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
        epoch_batches=0,
    ):
        super().__init__()
        self.batch_size = batch_size
        self.batch_tokens = batch_tokens
        self.epoch_batches = epoch_batches
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
        self._packed = PackedPairs.of(pairs)
        # Ids at the beginning of a target that are not predicted.
        self._unscored = 0 if self._score_sos else 1
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
        self._order = self._ordered(epoch).after(done)

    def before_fit(self, epoch):
        """Orders the batches as Keras must see them before a `fit` from an epoch on.

        Keras on TensorFlow reads the shapes of all its epochs from the first batches.
        """
        self.set_epoch(epoch)
        if self.epoch_batches:
            self._order = self._pass(0).repeated(self.epoch_batches)

    def members(self, epoch, step):
        """The indices of the pairs in batch `step` of an epoch, both from 0."""
        return self._ordered(epoch).members(step).tolist()

    def _ordered(self, epoch):
        """The `BatchOrder` of an epoch."""
        count = self.epoch_batches
        if not count:
            return self._pass(epoch)
        sizes = [(len(pairs), self._size(self.shapes[k])) for k, pairs in self._buckets]
        pass_batches = sum(-(-pairs // size) for pairs, size in sizes)
        return stretch(self._pass, pass_batches, epoch * count, count)

    def _pass(self, number):
        """The `BatchOrder` of a pass over all pairs."""
        generator = None
        if self.seed is not None:
            generator = np.random.default_rng((self.seed, number))
        sizes = [self._size(self.shapes[place]) for place, _ in self._buckets]
        # Nearly equal batches: few sizes of `scored`, and none with few tokens.
        return ordered(self._buckets, sizes, generator, is_even=bool(self.batch_tokens))

    def _size(self, shape):
        """Rows of a batch of that shape."""
        if self.batch_tokens:
            return max(1, self.batch_tokens // max(shape))
        return self.batch_size

    def __len__(self):
        return len(self._order)

    def __getitem__(self, index):
        shape = self.shapes[self._order.shapes[index]]
        members = self._order.members(index)
        source, target_in, target_out = (
            np.full((self._size(shape), length), PAD, "int32")
            for length in (*shape, shape[1])
        )
        used, target = slice(len(members)), self._packed.target
        source[used] = self._packed.source.gather(members, shape[0])
        if self._score_sos:
            target_in[used, 0] = SOS
            target_in[used, 1:] = target.gather(members, shape[1] - 1, last=-1)
        else:
            target_in[used] = target.gather(members, shape[1], last=-1)
        target_out[used] = target.gather(members, shape[1], first=self._unscored)
        inputs = {"source": source, "target_in": target_in}
        return inputs, {"target_out": target_out, **scored_positions(target_out)}

    @property
    def target_tokens(self):
        """The number of real target tokens that this epoch scores."""
        if not self.epoch_batches:
            target = self._packed.target
            return len(target.ids) - self._unscored * len(target)
        lengths = self._packed.target.lengths() - self._unscored
        members = map(self._order.members, range(len(self)))
        return sum(int(lengths[some].sum()) for some in members)

    def _check_targets(self):
        # A batch without targets has gradient 0, but Adam's momentum would still move
        # the weights.
        target = self._packed.target
        for found in target.only_padding(self._unscored):
            if len(found):
                raise ValueError(
                    f"Pair {found[0]} has no target token to predict: expected one or "
                    "more besides padding. Received: "
                    f"{target[found[0]][self._unscored :]}"
                )

    def _fill_buckets(self):
        """`(place in shapes, numbers of pairs)` of the shapes that have pairs."""
        source, target = (
            x.lengths() for x in (self._packed.source, self._packed.target)
        )
        target -= self._unscored
        free = np.ones(len(source), bool)
        buckets = []
        for place, shape in enumerate(self.shapes):
            fits = free & (source <= shape[0]) & (target <= shape[1])
            free ^= fits
            if fits.any():
                buckets.append((place, np.flatnonzero(fits).astype("int32")))
        if free.any():
            index = int(np.argmax(free))
            received = int(source[index]), int(target[index])
            raise ValueError(
                f"Pair {index} fits no shape: expected at most {self.shapes[-1]} "
                f"(source, target) positions. Received: {received}"
            )
        return buckets


def scored_positions(target_out, multiple=SCORED_MULTIPLE, size=0):
    """The real tokens of `target_out: int (B, T)` and their positions, as targets.

    Args:
        multiple: N is a multiple of this number.
        size: N is at least this number, a multiple of `multiple`.
    """
    places = np.flatnonzero(target_out != PAD)
    size = max(size, multiple, -(-len(places) // multiple) * multiple)
    scored = np.zeros(size, "int32")
    tokens = np.full(size, PAD, "int32")
    row_of = np.full(target_out.shape, size, "int32")
    scored[: len(places)] = places
    tokens[: len(places)] = target_out.flat[places]
    row_of.flat[places] = np.arange(len(places))
    return {"scored_tokens": tokens, "scored": scored, "row_of": row_of}
