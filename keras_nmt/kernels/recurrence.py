"""Recurrent layers and cells for which Keras's own are slow on some backend."""

from keras import layers, ops

from keras_nmt.kernels import for_device
from keras_nmt.kernels.chosen import BACKEND
from keras_nmt.kernels.lstm import lstm_step
from keras_nmt.kernels.projected_cell import projected, projected_step
from keras_nmt.kernels.scan import scan


def recurrent_layer(layer, x, mask=None, training=False):
    """`layer(x)` of a built `LSTM`, `GRU` or `SimpleRNN` with Keras's default options.

    On torch Keras runs a Python loop, and the gradient of each position takes an array
    of all positions; torch's own layers are faster. On CUDA Keras's layer is used,
    because torch's needs the weights in one contiguous array. With a mask all backends
    run a loop of ours.

    Args:
        layer: with `return_sequences` and `return_state`.
        x: float (B, S, E).
        mask: bool (B, S), True at words; None if there is no padding.
        training: as for the layer.

    Returns:
        As the layer: its outputs, float (B, S, D), and each last state, float (B, D).
    """
    if mask is not None:
        return _masked(layer, x, mask)
    if BACKEND != "torch" or x.is_cuda:
        return layer(x, training=training)
    run, _ = _of_torch(layer.cell)
    x = x.flip(1) if layer.go_backwards else x
    state = x.new_zeros(1, x.shape[0], layer.cell.units)
    if isinstance(layer.cell, layers.LSTMCell):
        state = state, state
    # with biases, layers, dropout, training, bidirectional, batch first
    options = True, 1, 0.0, training, False, True
    outputs, *states = run(x, state, _weights_for_torch(layer.cell), *options)
    return outputs, *(state[0] for state in states)


def _masked(layer, x, mask):
    """Runs the cell position by position; padding does not change the states.

    Keras's layers do so, too, and multiply the inputs of each position on their own.
    """
    cell = layer.cell
    step = projected_step(cell, x.shape[-1])
    count = 2 if isinstance(cell, layers.LSTMCell) else 1
    zeros = ops.zeros((ops.shape(x)[0], cell.units), x.dtype)

    def masked_step(states, inputs, is_word):
        after = step(inputs, None, states)
        return [
            ops.where(is_word, new, old) for new, old in zip(after, states, strict=True)
        ]

    positions = [
        projected(cell, ops.swapaxes(x, 0, 1)),
        ops.swapaxes(mask, 0, 1)[..., None],
    ]
    back = layer.go_backwards
    states, outputs = scan(
        masked_step,
        [zeros] * count,
        positions,
        kept=lambda states: states[0],
        reverse=back,
    )
    outputs = ops.swapaxes(outputs, 0, 1)
    return ops.flip(outputs, axis=1) if back else outputs, *states


def recurrent_cell(cell, x, states):
    """`cell(x, states)` of a built cell with Keras's default options.

    Args:
        cell: `LSTMCell`, `GRUCell` or `SimpleRNNCell`.
        x: float (B, E).
        states: a list of float (B, D), the hidden state first.

    Returns:
        The hidden state, float (B, D), and the list of new states.
    """
    if BACKEND == "torch":
        states = _step_by_torch(cell)(x, states)
    elif BACKEND == "jax" and isinstance(cell, layers.LSTMCell):
        states = _step_by_jax(cell, x, states)
    else:
        _, states = cell(x, states)
    return states[0], [*states]


def _step_by_jax(cell, x, states):
    """An LSTM's step in one product instead of two (three with gradients, not six)."""
    hidden, cell_state = states
    kernel = ops.concatenate([cell.kernel, cell.recurrent_kernel])
    z = ops.matmul(ops.concatenate([x, hidden], axis=-1), kernel) + cell.bias
    i, f, g, o = ops.split(z, 4, axis=-1)
    cell_state = ops.sigmoid(f) * cell_state + ops.sigmoid(i) * ops.tanh(g)
    return ops.sigmoid(o) * ops.tanh(cell_state), cell_state


def _step_by_torch(cell):
    """A function `(x, states) -> states` that has already reordered the weights."""
    if isinstance(cell, layers.LSTMCell) and for_device.choices().written_lstm:
        weights = cell.kernel, cell.recurrent_kernel, cell.bias
        weights = [ops.convert_to_tensor(weight) for weight in weights]
        return lambda x, states: lstm_step()(x, *states, *weights)
    _, step = _of_torch(cell)
    weights = _weights_for_torch(cell)
    if isinstance(cell, layers.LSTMCell):
        return lambda x, states: step(x, states, *weights)
    return lambda x, states: [step(x, states[0], *weights)]


def _of_torch(cell):
    """torch's functions for a layer of such cells and for the cell."""
    import torch

    functions = {
        layers.LSTMCell: (torch.lstm, torch.lstm_cell),
        layers.GRUCell: (torch.gru, torch.gru_cell),
        layers.SimpleRNNCell: (torch.rnn_tanh, torch.rnn_tanh_cell),
    }
    return functions[type(cell)]


def _weights_for_torch(cell):
    """The transposed kernels and the biases of each, in torch's order of gates."""
    kernels = [cell.kernel, cell.recurrent_kernel]
    kernels = [ops.transpose(kernel) for kernel in kernels]
    bias = ops.convert_to_tensor(cell.bias)
    if not isinstance(cell, layers.GRUCell):
        return [*kernels, bias, ops.zeros_like(bias)]
    return [_reset_first(array) for array in (*kernels, *bias)]


def _reset_first(array):
    """Puts Keras's gates (update, reset, candidate) into torch's order."""
    update, reset, candidate = ops.split(array, 3)
    return ops.concatenate([reset, update, candidate])
