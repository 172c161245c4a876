"""What a linear map can read from a layer: here, the position."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

STEPS = 500
"""Most iterations of the solver."""


def probe_accuracy(train, train_labels, test, test_labels):
    """The share of test examples whose label a linear classifier finds.

    Alain & Bengio 2016, "Understanding intermediate layers using linear classifier
    probes": multinomial logistic regression on standardised features.

    Args:
        train, test: float (n, D).
        train_labels, test_labels: int (n,).
    """
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=STEPS))
    probe.fit(train, train_labels)
    return float(probe.score(test, test_labels))


def position_accuracy(outputs, is_real=None):
    """How well a linear probe tells the position from a layer's output.

    It learns from the first half of the sentences or images and is tested on the
    others. Chance is 1 / T if all positions are real.

    Args:
        outputs: float (B, T, D), at least two examples.
        is_real: bool (B, T), the positions that count; None for all.
    """
    outputs = np.asarray(outputs)
    batch, positions, _ = outputs.shape
    if batch < 2:
        raise ValueError(f"a probe needs two examples or more. Received: {batch}")
    if is_real is None:
        is_real = np.ones((batch, positions), bool)
    labels = np.broadcast_to(np.arange(positions), (batch, positions))
    halves = slice(None, batch // 2), slice(batch // 2, None)
    (train, train_labels), (test, test_labels) = (
        (outputs[half][is_real[half]], labels[half][is_real[half]]) for half in halves
    )
    return probe_accuracy(train, train_labels, test, test_labels)
