"""Compiles functions, builds models, and reads their variables during `fit`."""

import concurrent.futures
import contextlib
import functools
import os
import threading

import keras
from keras import ops

from keras_nmt.kernels.chosen import BACKEND, device
from keras_nmt.kernels.settings import in_float32

LEAST_IN_TWO = 32
"""Rows of the smallest batch that was measured in halves."""


def sync(model):
    """Updates a model's variables during `fit`; on JAX the training loop holds them."""
    if BACKEND == "jax":
        model.jax_state_sync()


def compiled(function, model):
    """Compiles a function of tensors, where the backend can; it has no gradients.

    The function may read the weights of `model`; it sees their values at the time of
    the call, not of the compilation. It computes in float32, whatever float type the
    user has set in Keras or JAX.

    Args:
        function: takes nested structures of tensors or arrays, which may contain None.
        model: the built model whose weights the function reads.
    """
    call = _compiled(function, model)

    def in_its_type(*args):
        with in_float32():
            return call(*args)

    return in_its_type


def compiled_by_size(function, model):
    """As `compiled`, for a function whose sizes must be known when it is compiled.

    Only JAX compiles it: there, to compile each operation would take longer.
    """
    call = _compiled_by_jax(function, model) if BACKEND == "jax" else function

    def in_its_type(*args):
        with in_float32():
            return call(*args)

    return in_its_type


def _compiled(function, model):
    if BACKEND == "jax":
        return _compiled_by_jax(function, model)
    if BACKEND == "tensorflow":
        return _compiled_by_tensorflow(function)
    import torch

    return torch.inference_mode()(_of_tensors(function))


def _compiled_by_tensorflow(function):
    """One graph for all sizes: only the last axis of a float array has a fixed size."""
    import tensorflow as tf

    graphs, one_at_a_time = {}, threading.Lock()

    def spec(x):
        sizes = [None] * len(x.shape)
        if len(sizes) > 1 and x.dtype.is_floating:
            sizes[-1] = x.shape[-1]
        return tf.TensorSpec(sizes, x.dtype)

    def call(*args):
        leaves = keras.tree.flatten(args)
        given = [tf.convert_to_tensor(x) for x in leaves if x is not None]
        specs = tuple(map(spec, given))

        def of_leaves(*given):
            rest = iter(given)
            filled = [None if x is None else next(rest) for x in leaves]
            return function(*keras.tree.pack_sequence_as(args, filled))

        with one_at_a_time:
            if specs not in graphs:
                graph = tf.function(of_leaves, input_signature=specs)
                graphs[specs] = graph.get_concrete_function()
        return graphs[specs](*given)

    return call


def _compiled_by_jax(function, model):
    import jax

    @jax.jit
    def stateless(weights, *args):
        with keras.StatelessScope(zip(model.variables, weights, strict=True)):
            return function(*args)

    def on_one_device(value):
        # A search uses one device, also where training has several.
        if value.is_fully_addressable and len(value.sharding.device_set) == 1:
            return value
        if value.is_fully_replicated:
            return value.addressable_data(0)
        return jax.device_put(value, jax.local_devices()[0])

    return lambda *args: stateless(
        [on_one_device(v.value) for v in model.variables], *args
    )


def _of_tensors(function):
    def converted(*args):
        return function(
            *keras.tree.map_structure(
                lambda x: None if x is None else ops.convert_to_tensor(x), args
            )
        )

    return converted


def mapped(function, items):
    """Like `map`, but runs two calls at the same time if there are cores for them.

    Parts of a search step use one core only. Two batches at a time are a third faster
    on two cores. On torch each call gets half of the cores, because the threads of
    small steps spend more time waiting for each other than computing.

    Args:
        items: a list.
    """
    if len(items) < 2 or not _has_cores_for_two():
        yield from map(function, items)
        return
    with (
        _half_of_the_cores() as begin,
        concurrent.futures.ThreadPoolExecutor(2, initializer=begin) as pool,
    ):
        yield from pool.map(function, items)


def pays_in_two(count):
    """Whether `mapped` translates a lone batch of `count` rows faster in two halves.

    On JAX, 32 rows on two cores in halves were 1.4 times as fast. On TensorFlow they
    were as fast as whole, and on torch 0.76 times.
    """
    is_on_processors = BACKEND == "jax" and device().startswith("cpu")
    return is_on_processors and count >= LEAST_IN_TWO and (os.cpu_count() or 1) > 1


def _has_cores_for_two():
    """TensorFlow and JAX share their threads between calls, so they always do."""
    if BACKEND != "torch":
        return True
    import torch

    return device() == "cpu" and torch.get_num_threads() > 1


@contextlib.contextmanager
def _half_of_the_cores():
    """Gives a function that limits its thread to half of torch's cores.

    None on TensorFlow and JAX, where all callers share one pool of threads.
    """
    if BACKEND != "torch":
        yield None
        return
    import torch

    count = torch.get_num_threads()
    try:
        yield functools.partial(torch.set_num_threads, max(1, count // 2))
    finally:
        torch.set_num_threads(count)  # for threads that start later


def build_to_load(model):
    """Builds a model whose weights will all be loaded; on JAX it draws no random ones.

    JAX would compile a generator for every shape, which takes seconds.
    """
    if BACKEND == "jax":
        build_unfilled(model)
    else:
        model.build()


def build_unfilled(model):
    """Builds a model whose weights have no values and take no memory.

    Keras keeps a list of such weights for each thread and initializes them when the
    thread builds its next model. A thread of its own avoids that.
    """

    def build():
        with keras.StatelessScope(initialize_variables=False):
            model.build()

    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        thread.submit(build).result()
