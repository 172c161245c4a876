"""The order of the batches of an epoch, and which pairs each of them has."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class BatchOrder:
    """Batches as places in one array of pairs.

    Args:
        pairs: int32 (n,), the numbers of the pairs, bucket by bucket.
        starts, ends: int64 (batches,); batch k has `pairs[starts[k] : ends[k]]`.
        shapes: int (batches,), the place of each batch's shape in the list of shapes.
    """

    pairs: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    shapes: np.ndarray

    def __len__(self):
        return len(self.starts)

    def members(self, step):
        """The numbers of the pairs of a batch."""
        return self.pairs[self.starts[step] : self.ends[step]]

    def after(self, done):
        """The same batches; the first `done` come last."""
        return self._taken(np.roll(np.arange(len(self)), -done))

    def _taken(self, places):
        return dataclasses.replace(
            self,
            starts=self.starts[places],
            ends=self.ends[places],
            shapes=self.shapes[places],
        )

    def repeated(self, count):
        """The first `count` batches; after the last comes the first again."""
        return self._taken(np.arange(count) % len(self))

    def shapes_apart_first(self):
        """A batch of the smallest shape and one of the largest come first.

        Keras on TensorFlow reads the shapes of a dataset from its first two batches. A
        dimension may vary later only if it differs between these two.
        """
        smallest, largest = self.shapes.min(), self.shapes.max()
        if smallest == largest:
            return self
        first = [
            np.flatnonzero(self.shapes == smallest)[0],
            np.flatnonzero(self.shapes == largest)[-1],
        ]
        rest = np.delete(np.arange(len(self)), first)
        return self._taken(np.concatenate([first, rest]))


def stretch(order_of, pass_batches, first, count):
    """The `BatchOrder` of some batches of all passes, one pass after the other.

    Args:
        order_of: gives the `BatchOrder` of a pass by its number, from 0.
        pass_batches: the number of batches of each pass.
        first: the number of the first batch, counted from the beginning of pass 0.
        count: of batches.
    """
    begin, skipped = divmod(first, pass_batches)
    orders, batches = [], 0
    while batches < skipped + count:
        orders.append(order_of(begin + len(orders)))
        batches += len(orders[-1])
    before = np.cumsum([0, *(len(order.pairs) for order in orders)])[:-1]
    moved = [
        dataclasses.replace(order, starts=order.starts + n, ends=order.ends + n)
        for order, n in zip(orders, before, strict=True)
    ]
    names = [field.name for field in dataclasses.fields(BatchOrder)]
    columns = [[getattr(order, name) for order in moved] for name in names]
    joined = BatchOrder(*map(np.concatenate, columns))
    return joined._taken(np.arange(skipped, skipped + count))


def ordered(buckets, sizes, generator, is_even):
    """The `BatchOrder` of an epoch.

    Args:
        buckets: `(place of the shape, numbers of its pairs)`, by rising shape.
        sizes: most pairs of a batch of each bucket.
        generator: NumPy's, which shuffles pairs and batches; None keeps their order.
        is_even: whether the batches of a bucket are nearly equal; otherwise all but the
            last are full.
    """
    pairs, starts, ends, shapes, first = [], [], [], [], 0
    for (place, members), size in zip(buckets, sizes, strict=True):
        if generator is not None:
            members = generator.permutation(members)
        borders = first + _borders(len(members), size, is_even)
        first += len(members)
        pairs.append(members)
        starts.append(borders[:-1])
        ends.append(borders[1:])
        shapes.append(np.full(len(borders) - 1, place))
    if not pairs:
        nothing = np.zeros(0, "int64")
        return BatchOrder(*[nothing] * 4)
    found = BatchOrder(*map(np.concatenate, (pairs, starts, ends, shapes)))
    if generator is not None:
        found = found._taken(generator.permutation(len(found)))
    return found.shapes_apart_first()


def _borders(count, size, is_even):
    """Where the batches of `count` pairs begin and end."""
    batches = -(-count // size)
    if not is_even:
        return np.minimum(np.arange(batches + 1) * size, count)
    small, larger = divmod(count, batches)
    return np.arange(batches + 1) * small + np.minimum(np.arange(batches + 1), larger)
