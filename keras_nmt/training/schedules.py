"""Learning rates that rise during warm-up and fall afterwards."""

import math

import keras
from keras import ops

SCHEDULES = ("constant", "inverse_sqrt", "cosine")


@keras.saving.register_keras_serializable("keras_nmt")
class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """A linear rise to the peak, then one of `SCHEDULES`.

    With step n = 1, 2, ... of the optimizer and w warm-up steps:

        n <= w          peak n / w
        constant        peak
        inverse_sqrt    peak sqrt(w / n)                  (Vaswani et al. 2017)
        cosine          peak (1 + cos(pi min((n - w) / (d - w), 1))) / 2
                                                          (Loshchilov & Hutter 2017)

    Keras's `CosineDecay` cannot fall by the inverse square root.

    Args:
        peak: the highest learning rate.
        kind: one of `SCHEDULES`.
        warmup_steps: w; 0 for none.
        decay_steps: d, the step at which the cosine reaches 0; above w.
        accumulation: batches for each step of the optimizer.
    """

    def __init__(
        self, peak, kind="constant", warmup_steps=0, decay_steps=0, accumulation=1
    ):
        self.peak = peak
        self.kind = kind
        self.warmup_steps = warmup_steps
        self.decay_steps = decay_steps
        self.accumulation = accumulation

    def __call__(self, step):
        """The rate for an update.

        Args:
            step: int scalar, the batches before this one.
        """
        n = ops.cast(step // self.accumulation + 1, "float32")
        rate = self.peak * self._factor(n)
        if self.warmup_steps:
            rising = self.peak * n / self.warmup_steps
            rate = ops.where(n <= self.warmup_steps, rising, rate)
        return rate

    def _factor(self, n):
        if self.kind == "inverse_sqrt":
            return ops.sqrt(max(self.warmup_steps, 1) / n)
        if self.kind == "cosine":
            falling = self.decay_steps - self.warmup_steps
            done = ops.minimum((n - self.warmup_steps) / falling, 1.0)
            return (1.0 + ops.cos(math.pi * done)) / 2.0
        return ops.ones_like(n)

    def get_config(self):
        return {
            "peak": self.peak,
            "kind": self.kind,
            "warmup_steps": self.warmup_steps,
            "decay_steps": self.decay_steps,
            "accumulation": self.accumulation,
        }
