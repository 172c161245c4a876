"""What the processes that train one model tell each other; nothing in one process.

Each process has its rows of every batch. Gradients, losses and metrics are summed over
the processes here. On JAX that is done among devices, which may be in one process or in
several (`rows_apart.py`); the processes exchange only what the training loop decides.

Every process must call these functions in the same order.
"""

import contextlib

from keras import ops

from keras_nmt.errors import InputError
from keras_nmt.specials import PAD


class Lost(InputError):
    """Another process of this training ended or cannot be reached."""

    def __init__(self):
        super().__init__(
            "another process of this training ended or cannot be reached; once all "
            "have ended, the same command continues from the last saved state"
        )


class Alone:
    """The group of a single process. Groups of several fulfil the same contract."""

    count = 1
    rank = 0
    sums_apart = False
    """Whether each process computes sums of its own, which must be added."""

    def add(self, tensor):
        """The sum of a tensor over the processes."""
        return tensor

    def add_all(self, tensors):
        """The sum of each tensor of a list over the processes."""
        return tensors

    def gather(self, value):
        """The values of all processes in a list; pickled on the way."""
        return [value]

    def from_first(self, value):
        """The value of process 0; those of the others are ignored."""
        return value

    def highest(self, numbers):
        """The highest of each number, over the processes, as a list of int."""
        return numbers

    def own_store(self):
        """The store of this process for `distributed.watch`; None if none is needed."""
        return None

    def is_loss(self, error):
        """Whether an error of the backend says that another process is gone."""
        return False

    def close(self):
        """Leaves the group."""


ALONE = Alone()
_group = ALONE


def cannot_join(launch, error, wait):
    """An `InputError` about processes that did not come together.

    Args:
        launch: the `distributed.launch.Launch`.
        error: of the backend.
        wait: how many seconds they were waited for.
    """
    cause = str(error).partition("\n")[0]
    return InputError(
        f"{launch.count} processes at {launch.address}:{launch.port}: cannot join them "
        f"({cause}); start all of them within {wait // 60} minutes, with a free "
        "MASTER_PORT"
    )


def current():
    """The group that this process trains in."""
    return _group


def use(group):
    """Makes `group` the current one; None for `ALONE`."""
    global _group
    _group = group or ALONE


@contextlib.contextmanager
def among(group):
    """A context in which `group` is the current one."""
    before = _group
    use(group)
    try:
        yield
    finally:
        use(before)


def is_first():
    """Whether this process writes the run's files and speaks."""
    return _group.rank == 0


def of_first(make):
    """What `make()` returns in process 0; the other processes do not call it."""
    if _group is ALONE:
        return make()
    return _group.from_first(make() if is_first() else None)


def own_rows(shape, draw):
    """Draws random numbers for the rows of all processes; returns those of this one.

    So no two processes draw the same numbers.

    Args:
        shape: of this process's rows.
        draw: takes a shape and returns a tensor.
    """
    if not _group.sums_apart:
        return draw(shape)
    rows, *rest = shape
    drawn = ops.reshape(draw((rows * _group.count, *rest)), (rows, -1, *rest))
    # Not a slice: while JAX traces a step, the number of the device is not known.
    return ops.take(drawn, _group.rank, axis=1)


def summed(scalars):
    """A list of scalars, each summed over the processes."""
    if not _group.sums_apart:
        return scalars
    return ops.unstack(_group.add(ops.stack(scalars)), num=len(scalars))


def mean_over_tokens(loss, target_out):
    """The mean over the real tokens of all processes.

        loss = sum_r loss_r n_r / sum_r n_r

    where process r has `n_r` real tokens. The gradient is that of this process's term
    alone, so `summed_gradients` makes it the gradient of the mean.

    Args:
        loss: the mean over the tokens of this process, a scalar.
        target_out: int, any shape; `PAD` is no token.
    """
    if not _group.sums_apart:
        return loss
    count = ops.sum(ops.cast(ops.not_equal(target_out, PAD), loss.dtype))
    share = loss * (count / ops.maximum(_group.add(count), 1.0))
    constant = ops.stop_gradient(share)
    return share + (_group.add(constant) - constant)


def summed_gradients(gradients):
    """Gradients summed over the processes.

    Args:
        gradients: tensors, or None among them.
    """
    if not _group.sums_apart:
        return gradients
    found = iter(_group.add_all([g for g in gradients if g is not None]))
    return [None if g is None else next(found) for g in gradients]


def agreed(number, *flags):
    """The highest `number` of all processes, and which flags any of them has set.

    Signals and clocks differ among processes; this makes them decide alike.
    """
    if _group is ALONE:
        return number, *flags
    number, *flags = _group.highest([number, *map(int, flags)])
    return number, *map(bool, flags)
