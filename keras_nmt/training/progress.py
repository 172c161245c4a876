"""What a person sees while a model trains: loss and perplexity, nothing to decode."""

import keras

SHOWN = {"nll": "loss", "perplexity": "ppl"}
"""Metrics of `TokenLoss` that are shown, and how; those of validation alike."""


class Progress(keras.callbacks.ProgbarLogger):
    """Keras's progress bar with `loss`, `ppl`, `val_loss` and `val_ppl` alone.

    Keras would also show its own mean of the batches' losses, in which a token of a
    short batch weighs more, and both figures without `<sos>`; `epochs.csv` has those.
    """

    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, shown(logs))

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, shown(logs))


def shown(logs):
    """The figures of Keras's `logs` that are shown, by the names that they get.

    >>> shown({"loss": 4.7, "nll": 4.2, "perplexity": 66.7, "val_nll": 4.3})
    {'loss': 4.2, 'ppl': 66.7, 'val_loss': 4.3}
    """
    return {
        f"{part}{name}": logs[f"{part}{metric}"]
        for part in ("", "val_")
        for metric, name in SHOWN.items()
        if f"{part}{metric}" in (logs or {})
    }
