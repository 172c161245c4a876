"""The rows of each batch that a process reads."""

import numpy as np

from keras_nmt import kernels
from keras_nmt.distributed import devices
from keras_nmt.specials import PAD
from keras_nmt.text.batching import (
    SCORED_MULTIPLE,
    TranslationBatches,
    scored_positions,
)

LEAST_MULTIPLE = 64
"""The scored positions of a device are padded to a multiple of at least this number."""


def batches(*args, **options):
    """`TranslationBatches`, or those of this process or these devices."""
    if devices.device_count() == 1:
        return TranslationBatches(*args, **options)
    return OwnRows(*args, **options)


class OwnRows(TranslationBatches):
    """`TranslationBatches` of which this process has every n-th row.

    All processes order the same batches. A batch gets rows of padding, which are never
    scored, until the devices have equally many. The rows of a process are those of its
    first device, of its second, and so on; `scored`, `scored_tokens` and `row_of` are
    about one device's rows each.

    Example:
        With 2 processes process 1 gets rows 1, 3, 5, ... of every batch.
    """

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        group = kernels.processes.current()
        self._rank, self._count = group.rank, group.count
        self._devices = devices.device_count()
        self._each = self._devices // self._count
        # As many positions in all as on one device, and as few shapes.
        self._multiple = max(LEAST_MULTIPLE, SCORED_MULTIPLE // self._devices)

    def __getitem__(self, index):
        inputs, targets = super().__getitem__(index)
        shared = {name: self._shares(rows) for name, rows in inputs.items()}
        inputs = {name: shares[self._rank] for name, shares in shared.items()}
        target_out = self._shares(targets["target_out"])
        if devices.splits_model():
            # The plain loss needs no more; Keras would split lists of positions, too.
            return inputs, {"target_out": target_out[self._rank]}
        return inputs, {
            "target_out": target_out[self._rank],
            **self._scored(target_out),
        }

    def _shares(self, rows):
        """The rows of each process."""
        missing = -len(rows) % self._devices
        filled = np.pad(rows, ((0, missing), (0, 0)), constant_values=PAD)
        ranks = range(self._count)
        return [np.ascontiguousarray(filled[rank :: self._count]) for rank in ranks]

    def _scored(self, shares):
        """The scored positions of each device of this process, one after the other.

        All devices get equally many: JAX needs one shape, and they wait for each other.
        """
        parts = [part for rows in shares for part in self._parts(rows)]
        most = max(np.count_nonzero(part != PAD) for part in parts)
        size = -(-most // self._multiple) * self._multiple
        found = [
            scored_positions(part, self._multiple, size)
            for part in self._parts(shares[self._rank])
        ]
        return {name: np.concatenate([x[name] for x in found]) for name in found[0]}

    def _parts(self, rows):
        return np.split(rows, self._each)
