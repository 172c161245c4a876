"""The log of the epochs, and the weights of the best ones and the last ones."""

import csv
import io
import time

import keras

from keras_nmt import kernels
from keras_nmt.errors import InputError
from keras_nmt.files import read_cells, write_whole
from keras_nmt.run.file_formats import BLEU_COLUMN, EPOCH_COLUMNS
from keras_nmt.training.weights import save_weights


def epochs_logged(path):
    """The number of epochs in epochs.csv; 0 if the file is missing."""
    return len(read_cells(path)) - 1 if path.is_file() else 0


class BestWeights(keras.callbacks.Callback):
    """Saves the weights of the best epoch.

    Keras's `ModelCheckpoint` forgets the best loss when training is interrupted; the
    log does not.

    Args:
        path: the file to replace.
        log: `EpochLog`, called before this.
        selection: the `Selection` that compares epochs.
        owner: as in `save_weights`.
    """

    def __init__(self, path, log, selection, owner=""):
        super().__init__()
        self.path = path
        self.log = log
        self.selection = selection
        self.owner = owner

    def on_epoch_end(self, epoch, logs=None):
        if self.selection.best(self.log.rows) == epoch + 1:
            save_weights(self.model, self.path, self.owner)


class KeptWeights(keras.callbacks.Callback):
    """Saves the weights of each epoch, and removes those of epochs that are too old.

    A run that was killed repeats an epoch with the same results, so the files are in
    the end those of a run that nobody disturbed.

    Args:
        run: the `Run`.
        log: `EpochLog`, called before this.
        selection: the `Selection` that compares epochs.
        last: the number of last epochs whose weights are kept; 0 keeps none.
        best: the number of best epochs whose weights are kept, too.
        owner: as in `save_weights`.
    """

    def __init__(self, run, log, selection, last, best, owner=""):
        super().__init__()
        self.run = run
        self.log = log
        self.selection = selection
        self.last = last
        self.best = best
        self.owner = owner

    def on_epoch_end(self, epoch, logs=None):
        if not self.last:
            return
        save_weights(self.model, self.run.epoch_weights_file(epoch + 1), self.owner)
        kept = {row["epoch"] for row in self.log.rows[-self.last :]}
        kept |= {*self.selection.ranked(self.log.rows)[: self.best]}
        self.run.remove_epoch_weights(kept)


class EpochLog(keras.callbacks.Callback):
    """Rewrites epochs.csv after each epoch, with losses and times.

    `loss` is the mean negative log-likelihood per real target token, even if the
    training loss is another one (label smoothing). `seconds` is training time only,
    without validation and without steps that a kill has lost.

    Args:
        path: of epochs.csv.
        train: `TranslationBatches` of train, whose target tokens are counted.
        with_bleu: whether there is a column of validation BLEU, which another callback
            adds to Keras's logs before.
    """

    def __init__(self, path, train, with_bleu=False):
        super().__init__()
        self.path = path
        self.columns = (*EPOCH_COLUMNS, BLEU_COLUMN) if with_bleu else EPOCH_COLUMNS
        self.train = train
        self.rows = []
        self._spent = 0.0
        self._began = self._ended = None

    def state(self):
        """A dict for JSON, from which `restore` continues the log."""
        return {"rows": self.rows, "seconds": self._seconds()}

    def restore(self, state):
        """Continues the log of an interrupted run.

        A file with more rows stays as it is until the next epoch ends: the best weights
        may be those of a later epoch than the state's, so the run may not end sooner.
        """
        self.rows, self._spent = state["rows"], state["seconds"]
        if not kernels.processes.is_first():
            return
        try:
            is_ahead = epochs_logged(self.path) > len(self.rows)
        except InputError:
            is_ahead = False
        if not is_ahead:
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
            BLEU_COLUMN: logs.get(BLEU_COLUMN),
        }
        self.rows.append({name: values[name] for name in self.columns})
        self._write()

    def _seconds(self):
        if self._began is None:
            return self._spent
        return (self._ended or time.perf_counter()) - self._began

    def _write(self):
        if not kernels.processes.is_first():
            return
        table = io.StringIO()
        writer = csv.DictWriter(table, self.columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        write_whole(self.path, table.getvalue())
