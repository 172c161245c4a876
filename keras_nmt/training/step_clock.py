"""Measures the time of training steps, and memory."""

import statistics
import sys
import time

import keras

from keras_nmt import kernels

try:
    import resource
except ImportError:  # not on Windows
    resource = None


class StepClock(keras.callbacks.Callback):
    """Times the steps of `fit`.

    `summary()` gives the seconds of the first step, which also compiles, the median of
    all later steps, and the peak memory of the process and of a GPU.
    """

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_train_batch_begin(self, batch, logs=None):
        self._began = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self.seconds.append(time.perf_counter() - self._began)

    def summary(self):
        """A dict for scores.json; a value that was not measured is None."""
        first, *later = self.seconds or [None]
        on_device = kernels.peak_device_memory()
        return {
            "first_step_seconds": first and round(first, 3),
            "median_step_seconds": round(statistics.median(later), 5)
            if later
            else None,
            "peak_memory_mib": _peak_memory(),
            "peak_device_memory_mib": on_device and round(on_device / 2**20),
        }


def _peak_memory():
    """The process's peak memory in MiB; None where the system has no such number."""
    if resource is None:
        return None
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)
