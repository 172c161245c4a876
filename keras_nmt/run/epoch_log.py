"""What each epoch came to: the log, and the weights of the best."""

import csv
import io
import math
import time

import keras

from keras_nmt.files import write_whole
from keras_nmt.run.file_formats import EPOCH_COLUMNS
from keras_nmt.training.weights import save_weights


def best_epoch(rows):
    """The number of the epoch with the lowest validation loss; NaN is never best."""
    losses = {int(row["epoch"]): float(row["val_loss"]) for row in rows}
    finite = [epoch for epoch, loss in losses.items() if math.isfinite(loss)]
    return min(finite, key=losses.get, default=None)


class BestWeights(keras.callbacks.Callback):
    """Keeps the weights of the best epoch.

    `ModelCheckpoint` forgets after a resume what the best was; the log does not.
    """

    def __init__(self, path, log, owner=""):
        super().__init__()
        self.path = path
        self.log = log
        self.owner = owner

    def on_epoch_end(self, epoch, logs=None):
        if best_epoch(self.log.rows) == epoch + 1:
            save_weights(self.model, self.path, self.owner)


class EpochLog(keras.callbacks.Callback):
    """Writes epochs.csv anew after each epoch: the honest clock and the losses.

    `loss` is the mean negative log-likelihood per real target token, whatever the
    objective was (label smoothing, say). `seconds` is training alone; validation
    is not in it, nor is what a kill has lost.
    """

    def __init__(self, path, target_tokens):
        super().__init__()
        self.path = path
        self.target_tokens = target_tokens
        self.rows = []
        self._spent = 0.0
        self._began = self._ended = None

    def state(self):
        """What `restore` needs, for JSON."""
        return {"rows": self.rows, "seconds": self._seconds()}

    def restore(self, state):
        """Goes on with the log of an interrupted run."""
        self.rows, self._spent = state["rows"], state["seconds"]
        self._write()

    def on_epoch_begin(self, epoch, logs=None):
        self._began, self._ended = time.perf_counter() - self._spent, None
        self._spent = 0.0

    def on_test_begin(self, logs=None):
        self._ended = self._ended or time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        seconds = self._seconds()
        self._began = None
        values = {
            "epoch": epoch + 1,
            "loss": logs["nll"],
            "perplexity": logs["perplexity"],
            "val_loss": logs["val_nll"],
            "val_perplexity": logs["val_perplexity"],
            "val_loss_without_sos": logs["val_nll_without_sos"],
            "val_perplexity_without_sos": logs["val_perplexity_without_sos"],
            "learning_rate": float(self.model.optimizer.learning_rate),
            "seconds": round(seconds, 3),
            "tokens_per_second": round(self.target_tokens / seconds, 1),
        }
        self.rows.append({name: values[name] for name in EPOCH_COLUMNS})
        self._write()

    def _seconds(self):
        if self._began is None:
            return self._spent
        return (self._ended or time.perf_counter()) - self._began

    def _write(self):
        table = io.StringIO()
        writer = csv.DictWriter(table, EPOCH_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        write_whole(self.path, table.getvalue())
