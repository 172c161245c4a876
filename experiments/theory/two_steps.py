"""The derivative of the second step's loss by the bias of a tanh recurrence.

    a_t = W h_{t-1} + U x_t + b        h_t = tanh(a_t)
    o_t = V h_t + c                    y'_t = softmax(o_t)
    L_2 = -y_2 . log y'_2

Assumptions: b is the same vector in both steps; h_0, x_1 and x_2 do not depend on b;
the entries of y_2 sum to 1, as those of a one-hot vector do. Then, with the error
e = y'_2 - y_2 and d_t = 1 - tanh(a_t)² entry by entry,

    δ_2 = d_2 * (V' e)                              b acts through a_2 directly
    dL_2/db = δ_2 + d_1 * (W' δ_2)                  and through h_1

where * multiplies entry by entry and ' transposes. DERIVATIVE.md derives it.
"""

from typing import NamedTuple

import numpy as np


class TwoSteps(NamedTuple):
    """Weights and inputs; D hidden units, E inputs, K outputs.

    Attributes:
        recurrent: W, (D, D).
        kernel: U, (D, E).
        projection: V, (K, D).
        bias: b, (D,).
        inputs: x_1 and x_2, (2, E).
        start: h_0, (D,).
        target: y_2, (K,), sums to 1.
    """

    recurrent: np.ndarray
    kernel: np.ndarray
    projection: np.ndarray
    bias: np.ndarray
    inputs: np.ndarray
    start: np.ndarray
    target: np.ndarray


def random_case(seed, hidden_dim, input_dim=2, output_dim=3):
    """A `TwoSteps` of standard normal numbers, float64, with a one-hot target."""
    generator = np.random.default_rng(seed)
    draw = generator.standard_normal
    return TwoSteps(
        draw((hidden_dim, hidden_dim)),
        draw((hidden_dim, input_dim)),
        draw((output_dim, hidden_dim)),
        draw(hidden_dim),
        draw((2, input_dim)),
        draw(hidden_dim),
        np.eye(output_dim)[generator.integers(output_dim)],
    )


def loss(case, bias, ops=np):
    """L_2 for another bias.

    Args:
        case: a `TwoSteps`.
        bias: b, (D,).
        ops: NumPy, or `keras.ops` for a tensor.
    """

    # Keras's matmul makes float32 of float64 on torch and JAX, its tanh on JAX.
    def product(matrix, vector):
        return ops.sum(matrix * vector, axis=-1)

    def tanh(x):
        return 1 - 2 / (ops.exp(2 * x) + 1)

    hidden = case.start
    for x in case.inputs:
        added = product(case.kernel, x) + bias
        hidden = tanh(product(case.recurrent, hidden) + added)
    output = product(case.projection, hidden)
    log_probs = output - ops.log(ops.sum(ops.exp(output)))
    return -ops.sum(case.target * log_probs)


class Parts(NamedTuple):
    """The factors of the derivative, named as in the module's docstring."""

    error: np.ndarray  # e, (K,)
    slope_1: np.ndarray  # d_1, (D,)
    slope_2: np.ndarray  # d_2, (D,)


def parts(case):
    """The `Parts` of a `TwoSteps`."""
    slopes, hidden = [], case.start
    for x in case.inputs:
        hidden = np.tanh(case.recurrent @ hidden + case.kernel @ x + case.bias)
        slopes.append(1 - hidden**2)
    exponentials = np.exp(case.projection @ hidden)
    return Parts(exponentials / exponentials.sum() - case.target, *slopes)


def derivative(case):
    """dL_2/db, (D,), by the formula."""
    error, slope_1, slope_2 = parts(case)
    delta = slope_2 * (case.projection.T @ error)
    return delta + slope_1 * (case.recurrent.T @ delta)


def readings(case):
    """What the writeup's last line gives, read in the ways that its signs allow.

        (y'_2 - y_2) · V · (1 - tanh² a_2) · (W · (1 - tanh² a_1) + 1)

    Returns:
        `{reading: (D,)}`.
    """
    error, slope_1, slope_2 = parts(case)
    identity = np.eye(len(slope_1))
    row = error @ case.projection @ np.diag(slope_2)
    return {
        "a row vector, slopes as diagonal matrices, 1 the identity matrix": (
            row @ (case.recurrent @ np.diag(slope_1) + identity)
        ),
        "the same, 1 a number that is added to every entry": (
            row @ (case.recurrent @ np.diag(slope_1) + 1)
        ),
        "slopes as vectors, products entry by entry": (
            (error @ case.projection) * slope_2 * (case.recurrent @ slope_1 + 1)
        ),
        "the identity alone: b acts in the second step only": row,
    }


def by_differences(case, step=1e-5):
    """dL_2/db, (D,), by central differences; their error is of the order of step²."""
    steps = step * np.eye(len(case.bias))
    return np.array(
        [(loss(case, case.bias + x) - loss(case, case.bias - x)) for x in steps]
    ) / (2 * step)


def relative_error(found, expected):
    """|found - expected| / |expected|, of vectors."""
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))
