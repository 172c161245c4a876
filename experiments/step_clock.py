"""What training costs, step by step."""

import resource
import statistics
import time

import keras

from keras_nmt import backends


class StepClock(keras.callbacks.Callback):
    """Times the steps of `fit`; the first one of a run also compiles.

    `summary()` gives `first_step_seconds`, the median of all later steps, and the
    most memory that the process ever held, and that it had in use on a GPU.
    """

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_train_batch_begin(self, batch, logs=None):
        self._began = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self.seconds.append(time.perf_counter() - self._began)

    def summary(self):
        """For scores.json; times are None where no step was timed."""
        first, *later = self.seconds or [None]
        kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        on_device = backends.peak_device_memory()
        return {
            "first_step_seconds": first and round(first, 3),
            "median_step_seconds": round(statistics.median(later), 5)
            if later
            else None,
            "peak_memory_mib": round(kibibytes / 1024),
            "peak_device_memory_mib": on_device and round(on_device / 2**20),
        }
