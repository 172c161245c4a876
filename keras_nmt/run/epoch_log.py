"""The log of the epochs, and the weights of the best one."""

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
    """Saves the weights of the best epoch.

    Keras's `ModelCheckpoint` forgets the best loss when training is interrupted; the
    log does not.
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
    """Rewrites epochs.csv after each epoch, with losses and times.

    `loss` is the mean negative log-likelihood per real target token, even if the
    training loss is another one (label smoothing). `seconds` is training time only,
    without validation and without steps that a kill has lost.

    Args:
        path: of the file.
        train: `TranslationBatches` of train, whose target tokens are counted.
    """

    def __init__(self, path, train):
        super().__init__()
        self.path = path
        self.train = train
        self.rows = []
        self._spent = 0.0
        self._began = self._ended = None

    def state(self):
        """A dict for JSON, from which `restore` continues the log."""
        return {"rows": self.rows, "seconds": self._seconds()}

    def restore(self, state):
        """Continues the log of an interrupted run."""
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
            "tokens_per_second": round(self.train.target_tokens / seconds, 1),
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
