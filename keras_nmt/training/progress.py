"""The progress bar of training: loss and perplexity only."""

import keras

SHOWN = {"nll": "loss", "perplexity": "ppl"}
"""Metrics of `TokenLoss` that are shown, and the names that are shown."""


class Progress(keras.callbacks.ProgbarLogger):
    """Keras's progress bar with only `loss`, `ppl`, `val_loss` and `val_ppl`.

    Keras would also show the mean loss of the batches, in which tokens of a short batch
    weigh more, and the loss and perplexity without `<sos>`, which `epochs.csv` has.

    Args:
        epochs: the number of the last epoch, if a `fit` may end before it.
    """

    def __init__(self, epochs=None):
        super().__init__()
        self.last_epoch = epochs

    def set_params(self, params):
        super().set_params({**params, "epochs": self.last_epoch or params["epochs"]})

    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, shown(logs))

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, shown(logs))


def shown(logs):
    """The values of Keras's `logs` that are shown, by the names that are shown.

    >>> shown({"loss": 4.7, "nll": 4.2, "perplexity": 66.7, "val_nll": 4.3})
    {'loss': 4.2, 'ppl': 66.7, 'val_loss': 4.3}
    """
    return {
        f"{part}{name}": logs[f"{part}{metric}"]
        for part in ("", "val_")
        for metric, name in SHOWN.items()
        if f"{part}{metric}" in (logs or {})
    }
