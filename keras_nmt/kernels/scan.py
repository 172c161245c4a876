"""A loop over positions, each of which needs the one before."""

import keras

from keras_nmt.kernels.chosen import BACKEND


def scan(step, state, arrays, kept, reverse=False):
    """Runs `state = step(state, *slices)` along the first axis of arrays.

    JAX and TensorFlow compile one step whatever the number of positions. A graph with
    100 positions side by side takes JAX minutes to compile, and TensorFlow's graphs
    are also used for lengths that are not known when they are made. torch runs a
    Python loop.

    Args:
        step: a function of the state and of a slice of each array.
        state: a structure of tensors; `step` keeps its structure, shapes and dtypes.
        arrays: a list of tensors (T, B, ...).
        kept: `state -> tensor (B, ...)`, the part of the state to keep of every step.
        reverse: whether to start at the last position.

    Returns:
        The last state, and what was kept, (T, B, ...), at the positions of the slices.
    """
    if BACKEND == "jax":
        import jax

        def body(state, slices):
            state = step(state, *slices)
            return state, kept(state)

        return jax.lax.scan(body, state, tuple(arrays), reverse=reverse)
    run = _by_torch if BACKEND == "torch" else _by_tensorflow
    return run(step, state, arrays, kept, reverse)


def _by_torch(step, state, arrays, kept, reverse):
    import torch

    positions = [*zip(*(x.unbind(0) for x in arrays), strict=True)]
    outputs = []
    for slices in positions[:: -1 if reverse else 1]:
        state = step(state, *slices)
        outputs.append(kept(state))
    return state, torch.stack(outputs[:: -1 if reverse else 1])


def _by_tensorflow(step, state, arrays, kept, reverse):
    import tensorflow as tf

    def of_rows(shape):
        """The number of rows may be known of the first state alone."""
        return tf.TensorShape((None, *shape[1:]))

    length = tf.shape(arrays[0])[0]
    inputs = [
        tf.TensorArray(x.dtype, length, element_shape=x.shape[1:]).unstack(x)
        for x in arrays
    ]
    first = kept(state)
    outputs = tf.TensorArray(first.dtype, length, element_shape=of_rows(first.shape))
    leaves = keras.tree.flatten(state)

    def body(count, outputs, *leaves):
        position = length - 1 - count if reverse else count
        state_before = keras.tree.pack_sequence_as(state, leaves)
        after = step(state_before, *(x.read(position) for x in inputs))
        outputs = outputs.write(position, kept(after))
        return count + 1, outputs, *keras.tree.flatten(after)

    shapes = [of_rows(x.shape) for x in leaves]
    _, outputs, *after = tf.while_loop(
        lambda count, *_: count < length,
        body,
        (tf.zeros((), "int32"), outputs, *leaves),
        shape_invariants=(tf.TensorShape(()), tf.TensorShape(None), *shapes),
    )
    for x, before in zip(after, leaves, strict=True):
        x.set_shape(before.shape)
    stacked = outputs.stack()
    stacked.set_shape((arrays[0].shape[0], *first.shape))
    return keras.tree.pack_sequence_as(state, after), stacked
