"""The mean of the weights of several epochs (Vaswani et al. 2017, section 6.1)."""

import numpy as np

from keras_nmt.errors import InputError
from keras_nmt.training.weights import load_weights, save_weights


def load_average(model, run, epochs, owner=""):
    """Sets a model's weights to the mean of those of some epochs.

    Sums are in float64, so the order of the epochs and their number lose no digit.

    Args:
        model: built.
        run: the `Run` whose weights are read.
        epochs: their numbers, at least one.
        owner: as in `save_weights`.

    Raises:
        InputError: the weights of an epoch are not kept, damaged or of another model.
    """
    check_kept(run, epochs)
    total = [np.zeros(weight.shape) for weight in model.weights]
    for epoch in epochs:
        load_weights(model, run.epoch_weights_file(epoch), owner)
        for array, weight in zip(total, model.get_weights(), strict=True):
            array += weight
    model.set_weights([(array / len(epochs)).astype("float32") for array in total])


def save_average(model, run, owner=""):
    """Writes the weights with which `run` translates from now on."""
    save_weights(model, run.average_weights_file, owner)


def check_kept(run, epochs):
    """Refuses epochs whose weights are not kept.

    Raises:
        InputError: naming them, and those that are.
    """
    kept = run.epochs_with_weights()
    absent = [epoch for epoch in epochs if epoch not in kept]
    if absent:
        raise InputError(
            f"{run.checkpoints}: no weights of {in_words(absent)}, but of "
            f"{in_words(kept) if kept else 'no epoch'}; take fewer, or train with "
            f"--set keep_last={len(epochs)}"
        )


def in_words(epochs):
    """The numbers of epochs, in order.

    >>> in_words([7]), in_words([6, 8, 7]), in_words([2, 5])
    ('epoch 7', 'epochs 6-8', 'epochs 2, 5')
    """
    numbers = sorted(epochs)
    first, last = numbers[0], numbers[-1]
    if first == last:
        return f"epoch {first}"
    if numbers == [*range(first, last + 1)]:
        return f"epochs {first}-{last}"
    return f"epochs {', '.join(map(str, numbers))}"
