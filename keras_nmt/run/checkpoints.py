"""The part of a run folder that git leaves out: weights, state, translator.json."""

import re

TRANSLATOR = "translator.json"
WEIGHTS = "best.weights.h5"
AVERAGE_WEIGHTS = "average.weights.h5"
EPOCH_WEIGHTS = "epoch-{}.weights.h5"


class Checkpoints:
    """The paths of the files in `checkpoints/`, and the epochs whose weights are there.

    Args:
        checkpoints: the folder, whether it exists or not.
    """

    def __init__(self, checkpoints):
        self.checkpoints = checkpoints
        self.translator_file = checkpoints / TRANSLATOR
        self.weights_file = checkpoints / WEIGHTS
        self.average_weights_file = checkpoints / AVERAGE_WEIGHTS
        self.lock_file = checkpoints / "lock"

    @property
    def translating_weights_file(self):
        """The weights that translate: the average if there is one, else the best."""
        average = self.average_weights_file
        return average if average.exists() else self.weights_file

    def epoch_weights_file(self, epoch):
        """The weights of an epoch, from 1, whether they are kept or not."""
        return self.checkpoints / EPOCH_WEIGHTS.format(epoch)

    def epochs_with_weights(self):
        """The numbers of the epochs whose weights are kept, in order."""
        pattern = EPOCH_WEIGHTS.format(r"(\d+)")
        names = [path.name for path in self.checkpoints.glob(EPOCH_WEIGHTS.format("*"))]
        matches = [re.fullmatch(pattern, name) for name in names]
        return sorted(int(match[1]) for match in matches if match)

    def remove_epoch_weights(self, besides=()):
        """Removes the weights of all epochs but these."""
        for epoch in {*self.epochs_with_weights()} - {*besides}:
            self.epoch_weights_file(epoch).unlink(missing_ok=True)
