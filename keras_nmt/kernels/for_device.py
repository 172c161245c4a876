"""What pays on the device that computes; the one place that tells CPUs from GPUs.

A CPU reads an array from its cache many times faster than from memory, and starting an
operation costs it nothing. So it takes large arrays block by block, and gradients that
are written out in few passes. A GPU waits for every start of an operation and computes
whole arrays at once; its own generators and searches are parallel.
"""

import dataclasses
import functools

from keras_nmt.kernels.chosen import device


@dataclasses.dataclass(frozen=True)
class Choices:
    """How one kind of device computes.

    Args:
        loss_rows: most rows that the loss projects to the vocabulary at once.
        argmax_in_blocks: whether `argmax` searches blocks, on torch and JAX.
        cheap_dropout: whether dropout on torch cuts random numbers into 16 bits each.
        written_lstm: whether the gradient of an LSTM's step on torch is written out.
    """

    loss_rows: int
    argmax_in_blocks: bool
    cheap_dropout: bool
    written_lstm: bool


CPU = Choices(384, argmax_in_blocks=True, cheap_dropout=True, written_lstm=True)
GPU = Choices(8192, argmax_in_blocks=False, cheap_dropout=False, written_lstm=False)


@functools.cache
def choices():
    """The `Choices` of the device that Keras uses."""
    return CPU if device().partition(":")[0] == "cpu" else GPU


def rows_at_once(count, known=384):
    """How many of `count` rows the loss projects to the vocabulary at once.

    Args:
        count: of all rows, or None if TensorFlow does not know it yet.
        known: a number that divides it in any case.

    Returns:
        The largest divisor of `count` that is not above `Choices.loss_rows`, nor above
        `known` on a CPU.
    """
    if count is None:
        return known
    most = min(count, choices().loss_rows)
    if choices() is CPU:
        most = min(most, known)
    return next(size for size in range(most, 0, -1) if count % size == 0)
