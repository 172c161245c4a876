"""A step of an LSTM on torch with its gradient written out."""

import functools

from keras_nmt.kernels.products import kernel_gradient, product


@functools.cache
def lstm_step():
    """A function `(x, hidden, cell, W, U, b) -> hidden, cell`, for the CPU.

        i, f, o = sigmoid(x W + hidden U + b)   of a quarter of the columns each,
        g       = tanh(x W + hidden U + b)      in the order i, f, g, o
        cell    = f * cell + i * g
        hidden  = o * tanh(cell)

    (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000.) torch's
    own cell takes several times as many operations and always multiplies with MKL;
    see `products.py`. `x` is float (B, E), a state (B, D), and the weights are Keras's:
    `W: (E, 4D)`, `U: (D, 4D)`, `b: (4D,)`.
    """
    import torch

    class Step(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, hidden, cell, kernel, recurrent_kernel, bias):
            z = product(x, kernel, bias).add_(product(hidden, recurrent_kernel))
            gates, new_cell, squashed, new_hidden = _gated(z, cell)
            ctx.save_for_backward(
                x, hidden, cell, kernel, recurrent_kernel, gates, squashed
            )
            return new_hidden, new_cell

        @staticmethod
        def backward(ctx, d_hidden, d_cell):
            x, hidden, cell, kernel, recurrent_kernel, gates, squashed = (
                ctx.saved_tensors
            )
            d_z, d_cell = _through_gates(cell, gates, squashed, d_hidden, d_cell)
            return (
                product(d_z, kernel.T),
                product(d_z, recurrent_kernel.T),
                d_cell,
                kernel_gradient(x, d_z),
                kernel_gradient(hidden, d_z),
                d_z.sum(0),
            )

    return Step.apply


@functools.cache
def lstm_gates():
    """A function `(z, cell) -> hidden, cell`: the step above after its products.

    `z` is float (B, 4D), a state (B, D).
    """
    import torch

    class Gates(torch.autograd.Function):
        @staticmethod
        def forward(ctx, z, cell):
            gates, new_cell, squashed, new_hidden = _gated(z, cell)
            ctx.save_for_backward(cell, gates, squashed)
            return new_hidden, new_cell

        @staticmethod
        def backward(ctx, d_hidden, d_cell):
            cell, gates, squashed = ctx.saved_tensors
            return _through_gates(cell, gates, squashed, d_hidden, d_cell)

    return Gates.apply


def _gated(z, cell):
    """The gates, the new cell state, its tanh, and the new hidden state."""
    import torch

    gates = z.sigmoid()
    i, f, g, o = gates.chunk(4, dim=1)
    torch.tanh(z.chunk(4, dim=1)[2], out=g)
    new_cell = (f * cell).addcmul_(i, g)
    squashed = new_cell.tanh()
    return gates, new_cell, squashed, o * squashed


def _through_gates(cell, gates, squashed, d_hidden, d_cell):
    """The gradients of `z` and of the cell state before the step."""
    import torch

    tanh_gradient = torch.ops.aten.tanh_backward
    i, f, g, o = gates.chunk(4, dim=1)
    d_cell = d_cell + tanh_gradient(d_hidden * o, squashed)
    d_gates = torch.empty_like(gates)
    d_i, d_f, d_g, d_o = d_gates.chunk(4, dim=1)
    torch.mul(d_cell, g, out=d_i)
    torch.mul(d_cell, cell, out=d_f)
    torch.mul(d_hidden, squashed, out=d_o)
    through_tanh = tanh_gradient(d_cell * i, g)
    d_z = torch.ops.aten.sigmoid_backward.grad_input(d_gates, gates, grad_input=d_gates)
    d_g.copy_(through_tanh)
    return d_z, d_cell * f
