"""A step of a recurrent cell whose inputs have been multiplied beforehand.

    z = (x W + b) + hidden U

`x W + b` does not depend on the position before, so that one product gives it for all
positions. Keras's layers multiply position by position where there is a mask.
"""

from keras import layers, ops

from keras_nmt.kernels import for_device
from keras_nmt.kernels.chosen import BACKEND
from keras_nmt.kernels.lstm import lstm_gates
from keras_nmt.kernels.products import matmul, mkl_is_slow


def projected(cell, x):
    """`x W + b` of a built cell with Keras's default options.

    Args:
        cell: `LSTMCell`, `GRUCell` or `SimpleRNNCell`.
        x: float (..., E). If the cell has more inputs, these are its first ones.

    Returns:
        float (..., G D), D units of each of the G gates.
    """
    size = x.shape[-1]
    kernel = ops.convert_to_tensor(cell.kernel)[:size]
    bias = projected_bias(cell)
    rows = ops.add(matmul(ops.reshape(x, (-1, size)), kernel), bias)
    return ops.reshape(rows, (*ops.shape(x)[:-1], bias.shape[-1]))


def projected_bias(cell):
    """`b`, float (G D,); what `projected` gives where there are no first inputs."""
    bias = ops.convert_to_tensor(cell.bias)
    return bias[0] if isinstance(cell, layers.GRUCell) else bias


def projected_step(cell, size):
    """A function of one position, with the weights that it needs.

    Args:
        cell: as for `projected`.
        size: how many of the cell's inputs `projected` was given.

    Returns:
        `(projected (B, G D), rest, states) -> states`: `rest` are the other inputs,
        float (B, E - size), or None if there are none; a state is float (B, D).
    """
    kernel, recurrent_kernel = (
        ops.convert_to_tensor(weight) for weight in (cell.kernel, cell.recurrent_kernel)
    )
    kernel = kernel[size:]
    if isinstance(cell, layers.GRUCell):
        bias = ops.convert_to_tensor(cell.bias)[1]
        return lambda x, rest, states: _gru(
            _with_rest(x, rest, kernel), states, recurrent_kernel, bias
        )
    kernel = ops.concatenate([kernel, recurrent_kernel])

    def step(x, rest, states):
        hidden = states[0]
        if rest is not None:
            hidden = ops.concatenate([rest, hidden], axis=-1)
        z = _plus_product(x, hidden, kernel)
        if isinstance(cell, layers.LSTMCell):
            return [*_lstm(z, states[1])]
        return [ops.tanh(z)]

    return step


def _with_rest(x, rest, kernel):
    return x if rest is None else _plus_product(x, rest, kernel)


def _plus_product(x, rows, kernel):
    """`x + rows kernel`; torch adds within the product."""
    if BACKEND != "torch" or mkl_is_slow(x):
        return x + matmul(rows, kernel)
    import torch

    return torch.addmm(x, rows, kernel)


def _gru(x, states, recurrent_kernel, bias):
    """Cho et al. 2014, with the reset gate after the product, as Keras's default."""
    (hidden,) = states
    size = hidden.shape[-1]
    inner = ops.add(matmul(hidden, recurrent_kernel), bias)
    gates = ops.sigmoid(x[:, : 2 * size] + inner[:, : 2 * size])
    update, reset = gates[:, :size], gates[:, size:]
    candidate = ops.tanh(x[:, 2 * size :] + reset * inner[:, 2 * size :])
    return [candidate + update * (hidden - candidate)]


def _lstm(z, cell_state):
    if BACKEND == "torch" and for_device.choices().written_lstm:
        return lstm_gates()(z, cell_state)
    i, f, g, o = ops.split(z, 4, axis=-1)
    cell_state = ops.sigmoid(f) * cell_state + ops.sigmoid(i) * ops.tanh(g)
    return ops.sigmoid(o) * ops.tanh(cell_state), cell_state
