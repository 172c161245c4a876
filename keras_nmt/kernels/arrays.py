"""Array operations for which Keras's own are slow on some backend."""

import math

from keras import activations, ops

from keras_nmt.kernels import for_device
from keras_nmt.kernels.chosen import BACKEND
from keras_nmt.kernels.products import linear

FEWEST = 16
"""`of_the_first` computes with no fewer on JAX; each further count is compiled, too."""

BLOCK = 256
"""Values of one block in the search for the highest value."""


def dense(layer, x):
    """`layer(x)` of a built `Dense`, or an `EinsumDense` of the last axes, with a bias.

    It is one product of two matrices. With more than two axes, TensorFlow computes an
    `EinsumDense` sentence by sentence. torch's `linear` adds the bias within the
    product, which saves a pass over the result.
    """
    return _dense([layer], x, layer.activation)


def dense_together(layers, x):
    """Applies several such layers to one input in one product, without activations.

    Args:
        layers: with kernels (I, ..., F, ...) and biases (F, ...).
        x: float (..., I, ...).

    Returns:
        float (..., N * F, ...) for N layers.
    """
    return _dense(layers, x, activations.linear)


def _dense(layers, x, activation):
    if BACKEND == "torch":
        return _dense_by_torch(layers, x, activation)
    kernels, biases, inner = _weights(layers)
    first, *rest = biases[0].shape
    kernel = ops.concatenate(kernels, axis=inner)
    size = math.prod(kernel.shape[:inner])
    rows = ops.reshape(x, (-1, size))
    y = ops.matmul(rows, ops.reshape(kernel, (size, -1)))
    # TensorFlow turns `ops.add`, but not `+`, into its BiasAdd, whose gradient is
    # faster.
    y = activation(ops.add(y, ops.reshape(ops.concatenate(biases), (-1,))))
    outer = ops.shape(x)[: len(x.shape) - inner]
    return ops.reshape(y, (*outer, len(layers) * first, *rest))


def _dense_by_torch(layers, x, activation):
    """Uses torch's operations: the overhead of Keras's slows a search down."""
    import torch

    kernels, biases, inner = _weights(layers)
    kernel = torch.cat(kernels, inner) if len(layers) > 1 else kernels[0]
    bias = torch.cat(biases) if len(layers) > 1 else biases[0]
    matrix = kernel.flatten(inner).flatten(0, inner - 1)
    relu = activation is activations.relu
    y = linear(x.flatten(-inner), matrix, bias.flatten(), relu)
    return (y if relu else activation(y)).unflatten(-1, bias.shape)


def _weights(layers):
    """Kernels, biases, and how many axes of a kernel are summed over."""
    kernels = [ops.convert_to_tensor(layer.kernel) for layer in layers]
    biases = [ops.convert_to_tensor(layer.bias) for layer in layers]
    return kernels, biases, len(kernels[0].shape) - len(biases[0].shape)


def argmax(x):
    """The index of the highest value in the last axis, the first of equals; int32.

    On CPUs JAX and torch compute an argmax one value at a time. To find the maximum
    first and then its index is three to four times as fast. TensorFlow's argmax is
    fast, but Keras adds a pass over the values that handles -0.0.
    """
    size = x.shape[-1]
    if BACKEND == "tensorflow":
        import tensorflow as tf

        return tf.argmax(x, axis=-1, output_type="int32")
    if not for_device.choices().argmax_in_blocks:
        place = x.argmax(-1)
        return place.int() if BACKEND == "torch" else place.astype("int32")
    if BACKEND == "torch":
        return _place_in_blocks_by_torch(x, size).int()
    if size > BLOCK:
        return _place_in_blocks(x, size)
    highest = ops.equal(x, ops.max(x, axis=-1, keepdims=True))
    places = ops.where(highest, ops.arange(size, dtype="int32"), size - 1)
    return ops.min(places, axis=-1)


def _place_in_blocks(x, size):
    """Finds the block with the highest maximum, then the index within it."""
    start = argmax(_maxima_of_blocks(x, size))[..., None] * BLOCK
    places = ops.minimum(start + ops.arange(BLOCK, dtype="int32"), size - 1)
    return start[..., 0] + argmax(ops.take_along_axis(x, places, axis=-1))


def _maxima_of_blocks(x, size):
    full = size - size % BLOCK
    blocks = ops.reshape(x[..., :full], (*ops.shape(x)[:-1], full // BLOCK, BLOCK))
    highest = ops.max(blocks, axis=-1)
    if full == size:
        return highest
    rest = ops.max(x[..., full:], axis=-1, keepdims=True)
    return ops.concatenate([highest, rest], axis=-1)


def _place_in_blocks_by_torch(x, size):
    """The same with torch's operations."""
    import torch

    full = size - size % BLOCK
    highest = x[..., :full].unflatten(-1, (-1, BLOCK)).amax(-1)
    if full < size:
        rest = x[..., full:].amax(-1, keepdim=True)
        highest = torch.cat([highest, rest], dim=-1)
    start = highest.argmax(-1, keepdim=True) * BLOCK
    places = start + torch.arange(BLOCK, device=x.device)
    values = x.gather(-1, places.clamp(max=size - 1))
    return start[..., 0] + values.argmax(-1)


def exp_of_difference(x, y):
    """`exp(x - y)`; the caller must not use `x` afterwards.

    On torch the result is written over `x`: in a loop over large arrays, allocating
    memory takes longer than the arithmetic. XLA and TensorFlow reuse memory by
    themselves.
    """
    return x.sub_(y).exp_() if BACKEND == "torch" else ops.exp(x - y)


def scaled(x, factor):
    """`x * factor`; the caller must not use `x` afterwards, as above."""
    return x.mul_(factor) if BACKEND == "torch" else x * factor


def added_at(x, columns, amounts):
    """`x` with `amounts[n]` added to row n at `columns[n]`; `x` may be overwritten.

    Keras's scatter replaces values instead of adding, and a one-hot array would take
    as much memory as `x`.

    Args:
        x: float (N, V).
        columns: int (N,).
        amounts: float (N,).
    """
    if BACKEND == "torch":
        return x.scatter_add_(1, columns[:, None].long(), amounts[:, None])
    if BACKEND == "tensorflow":
        import tensorflow as tf

        places = tf.stack([tf.range(tf.shape(columns)[0]), columns], axis=1)
        return tf.tensor_scatter_nd_add(x, places, amounts)
    here = ops.equal(ops.arange(x.shape[1], dtype="int32"), columns[:, None])
    return ops.where(here, x + amounts[:, None], x)


def written(array, values, start):
    """`array` with `values` from `start` of its axis 2; it may be changed in place.

    The caller must not use `array` afterwards. XLA and TensorFlow then update it in
    place by themselves; torch would copy it.

    Args:
        array: float (R, H, T, K).
        values: float (R, H, N, K).
        start: int scalar.
    """
    if BACKEND == "torch":
        import torch

        places = start + torch.arange(values.shape[2], device=array.device)
        array[:, :, places] = values
        return array
    return ops.slice_update(array, (0, 0, start, 0), values)


def contiguous(x):
    """`x`, on torch in one piece, where many products would each copy it otherwise."""
    return x.contiguous() if BACKEND == "torch" else x


def of_the_first(length, needed, compute):
    """`compute` on the first positions of an array, not many more than are needed.

    Shapes are fixed on JAX: there it is the first of a few counts that suffices.

    Args:
        length: the highest count.
        needed: int scalar.
        compute: takes a count, and whether it is `needed` itself; its result must not
            depend on them.
    """
    if BACKEND == "torch":
        return compute(int(needed), True)
    if BACKEND == "tensorflow":
        return compute(needed, True)
    counts = [length]
    while counts[0] > 2 * FEWEST:
        counts.insert(0, -(-counts[0] // 2))
    if len(counts) == 1:
        return compute(length, False)
    import jax

    chosen = sum(ops.cast(needed > count, "int32") for count in counts[:-1])
    return jax.lax.switch(chosen, [lambda n=n: compute(n, False) for n in counts])
