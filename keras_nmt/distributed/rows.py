"""The rows of each batch that a process reads."""

import numpy as np

from keras_nmt import kernels
from keras_nmt.distributed import devices
from keras_nmt.specials import PAD
from keras_nmt.text.batching import TranslationBatches, scored_positions


def batches(*args, **options):
    """`TranslationBatches`, or those of this process or these devices."""
    if devices.device_count() == 1:
        return TranslationBatches(*args, **options)
    return OwnRows(*args, **options)


class OwnRows(TranslationBatches):
    """`TranslationBatches` of which this process has every n-th row.

    All processes order the same batches. A batch gets rows of padding, which are never
    scored, until the devices have equally many.

    Example:
        With 2 processes process 1 gets rows 1, 3, 5, ... of every batch.
    """

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        group = kernels.processes.current()
        self._rank, self._count = group.rank, group.count
        self._devices = devices.device_count()

    def __getitem__(self, index):
        inputs, targets = super().__getitem__(index)
        inputs = {name: self._own(rows) for name, rows in inputs.items()}
        target_out = self._own(targets["target_out"])
        if devices.spread():
            # The plain loss needs no more; Keras would split lists of positions, too.
            return inputs, {"target_out": target_out}
        return inputs, {"target_out": target_out, **scored_positions(target_out)}

    def _own(self, rows):
        missing = -len(rows) % self._devices
        filled = np.pad(rows, ((0, missing), (0, 0)), constant_values=PAD)
        return np.ascontiguousarray(filled[self._rank :: self._count])
