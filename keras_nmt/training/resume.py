"""Stops training at any moment and continues it later with the same results."""

import math
import time

import keras
from keras import ops

from keras_nmt import kernels
from keras_nmt.errors import InputError
from keras_nmt.training import snapshot

SAVE_SECONDS = 300
"""Seconds between two saved states within an epoch; one is also saved at its end."""

CHECK_STEPS = 50
"""Steps between two checks for NaN and Inf; one is also done before each save."""


class NotFinite(InputError):
    """The loss or a weight became NaN or infinite; nothing of that was saved.

    Args:
        reason: what became NaN or infinite, and in which step.
        detail: more that helps to find the cause.
    """

    def __init__(self, reason, detail=""):
        super().__init__(f"{reason}; the last good state is kept{detail}")
        self.reason = reason


def validate(model, validation_data, epoch, callbacks):
    """Does what `model.fit` does after the last step of an epoch."""
    silent = {"verbose": 0, "epochs": epoch + 1, "steps": None}
    callbacks = keras.callbacks.CallbackList(callbacks, model=model, **silent)
    callbacks.on_epoch_begin(epoch)
    logs = model.get_metrics_result()
    validation = model.evaluate(
        validation_data, callbacks=callbacks, verbose=0, return_dict=True
    )
    logs |= {f"val_{name}": value for name, value in validation.items()}
    callbacks.on_epoch_end(epoch, logs)


class Resume(keras.callbacks.Callback):
    """Saves the state of a run and restores it, exact to the bit.

    A state holds the model's variables (with the seeds of dropout), the metrics, the
    optimizer's variables, the backend's random state, epoch and step, and the rows of
    the log. The order of the data follows from seed and epoch, so it is not saved. A
    state is saved at the end of each epoch, every `SAVE_SECONDS`, and when a signal
    asks to stop.

    `keras.callbacks.BackupAndRestore` saves no seeds, metrics or random state. After an
    interruption it repeats the whole epoch from the weights of its middle. It does not
    restore the log or the best loss, and overwrites its file without a checksum.

    A state with NaN or Inf is never saved. The optimizer counts the finite steps
    (`kernels.Adam`), so a check every `CHECK_STEPS` steps and before each save finds
    the first bad step, and nothing else has to be copied from the device.

    If the optimizer averages the weights (`use_ema`), the averages are the model's
    weights from the beginning of validation to the end of the epoch. So all callbacks
    that use or save the weights then get the averages, if they come before this one.

    Args:
        model: built, and compiled with `kernels.Adam`.
        train: `TranslationBatches` with a seed.
        states: `states.States`.
        log: an `EpochLog`, or another object with `state()`, which is fit for JSON,
            and `restore(state)`.
        stop: `stopping.Stopping`.
        line_numbers: of the pairs of `train`, for messages.
    """

    def __init__(self, model, train, states, log, stop, line_numbers):
        super().__init__()
        # Every use of Keras's `self.model` copies all variables on JAX.
        self.translator = model
        self.train = train
        self.states = states
        self.log = log
        self.stop = stop
        self.line_numbers = line_numbers
        self.epoch = self.step = self._done = 0
        self._variables = self._metrics = self._generators = None
        self._saved_at = time.monotonic()
        self._average_in_use = False

    def load(self):
        """Reads the newest good state; returns a line about it, None without any."""
        found = kernels.processes.of_first(self.states.load)
        if found is None:
            return None
        meta, arrays, complaint = found
        self.epoch, self.step = meta["epoch"], meta["step"]
        self.train.set_epoch(self.epoch)
        self._variables, self._metrics, self._generators = snapshot.split(
            self.translator, arrays
        )
        self.log.restore(meta["log"])
        where = f"continuing from {self.where}"
        return f"{complaint}; {where}" if complaint else where

    def restore(self):
        """Restores the model from what `load` read; does nothing the second time."""
        if self._variables:
            snapshot.restore(self.translator, self._variables)
            self._variables = None

    @property
    def where(self):
        """How far training has come, in words."""
        if self.step:
            return f"epoch {self.epoch + 1}, step {self.step} of {len(self.train)}"
        return f"the end of epoch {self.epoch}" if self.epoch else "the beginning"

    # === Called by Keras ===

    def on_epoch_begin(self, epoch, logs=None):
        self.restore()
        if self.step:
            snapshot.restore_metrics(self.translator, self._metrics)
        # Keras draws random numbers for its iterators, fewer after an interruption.
        kernels.seed(self.train.seed, epoch)
        self._done = self.step
        self.train.set_epoch(epoch, done=self._done)

    def on_train_batch_begin(self, batch, logs=None):
        if self._done and not batch:
            kernels.set_random_state(self._generators)
        self.step = self._done + batch
        if self._done and self.step == len(self.train) - 1:
            # The batches after this one were done before the interruption.
            self.translator.stop_training = True
        is_late = time.monotonic() - self._saved_at > SAVE_SECONDS
        if self._agree(is_late):
            self._leave(save=batch > 0)
        elif batch and self._is_late:
            self._save(self.epoch, self.step)
        elif self.step % CHECK_STEPS == 0:
            self._check()

    def on_test_begin(self, logs=None):
        self.step = len(self.train)
        self._check()
        # Validation resets and uses the same metrics.
        self._metrics = snapshot.take_metrics(self.translator)
        self._use_average(True)

    def on_test_batch_begin(self, batch, logs=None):
        self.leave_if_asked()

    def on_epoch_end(self, epoch, logs=None):
        if not math.isfinite(logs["val_loss"]):
            raise NotFinite(f"epoch {epoch + 1}: validation loss {logs['val_loss']}")
        # As the next epoch will find them: those of now depend on Keras's iterators.
        kernels.seed(self.train.seed, epoch + 1)
        self._save(epoch + 1, 0)
        self.epoch, self.step = epoch + 1, 0
        if self._agree():
            self._leave(save=False)

    def leave_if_asked(self):
        """Saves and ends if a signal came; between an epoch's last step and its end."""
        if self._agree():
            self._leave()

    def _agree(self, is_late=False):
        """Whether to stop: a signal to one process stops all, after the same step."""
        number, self._is_late = kernels.processes.agreed(
            self.stop.requested or 0, is_late
        )
        if number:  # else a signal that came meanwhile would be forgotten
            self.stop.requested = number
        return bool(number)

    def _use_average(self, wanted):
        optimizer = self.translator.optimizer
        if optimizer.use_ema and wanted != self._average_in_use:
            kernels.sync(self.translator)
            optimizer.swap_averages()
            self._average_in_use = wanted

    # === Saving ===

    def _leave(self, save=True):
        if save:
            self._save(self.epoch, self.step)
            # The others end after process 0 has saved: on JAX their end is its own.
            kernels.processes.agreed(0)
        self.stop.leave(f"stopped at {self.where}")

    def _save(self, epoch, step):
        self._check()
        self._use_average(False)
        variables = snapshot.take(self.translator)
        if step < len(self.train):
            self._metrics = snapshot.take_metrics(self.translator)
        if not snapshot.is_finite(variables + self._metrics):
            raise self._not_finite(self.step - 1)
        arrays = [*variables, *self._metrics, *kernels.random_state()]
        if kernels.processes.is_first():
            meta = {"epoch": epoch, "step": step, "log": self.log.state()}
            self.states.save(meta, arrays)
        self._saved_at = time.monotonic()

    # === Numbers ===

    def _check(self):
        kernels.sync(self.translator)
        optimizer = self.translator.optimizer
        finite, steps = (
            int(ops.convert_to_numpy(count))
            for count in (optimizer.finite_steps, optimizer.steps)
        )
        if finite < steps:
            # Every step before the first bad one was finite.
            raise self._not_finite(self.step - (steps - finite))
        if not snapshot.is_finite(snapshot.take_metrics(self.translator)):
            raise self._not_finite(self.step - 1)

    def _not_finite(self, step):
        pairs = self.train.members(self.epoch, step)
        lines = ", ".join(str(self.line_numbers[pair]) for pair in pairs)
        return NotFinite(
            f"epoch {self.epoch + 1}, step {step + 1}: NaN or Inf in loss or gradients",
            f"; lines of train in this batch: {lines}",
        )
