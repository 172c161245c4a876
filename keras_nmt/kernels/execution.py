"""Models that are compiled, built without values, looked into while `fit` runs."""

import concurrent.futures
import contextlib
import functools
import threading

import keras
from keras import ops

from keras_nmt.kernels.chosen import BACKEND, device
from keras_nmt.kernels.settings import in_float32


def sync(model):
    """Brings a model's variables up to date while `fit` runs; JAX keeps them apart."""
    if BACKEND == "jax":
        model.jax_state_sync()


def compiled(function, model):
    """A function of tensors, compiled where the backend can; it gives no gradients.

    The weights of `model`, which the function may read, are those of the moment of
    the call, not of the compilation. Settings of the user's that ask for other numbers
    than float32 do not reach it.

    Args:
        function: of nested structures of tensors or arrays; None stands for nothing.
    """
    call = _compiled(function, model)

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
    """A graph that serves every size: only the last size of a float array is fixed."""
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

    return lambda *args: stateless([v.value for v in model.variables], *args)


def _of_tensors(function):
    def converted(*args):
        return function(
            *keras.tree.map_structure(
                lambda x: None if x is None else ops.convert_to_tensor(x), args
            )
        )

    return converted


def mapped(function, items):
    """`map` of a function that computes, two calls side by side where that pays.

    A step of a search has parts that use one core alone, and two batches fill each
    other's gaps, by a third on two cores. On torch each has half of the cores: in
    small steps threads that wait for each other cost more than they compute.

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


def _has_cores_for_two():
    """TensorFlow and JAX see to it themselves."""
    if BACKEND != "torch":
        return True
    import torch

    return device() == "cpu" and torch.get_num_threads() > 1


@contextlib.contextmanager
def _half_of_the_cores():
    """What a thread must call first, to compute on torch with half of the cores.

    TensorFlow and JAX have one pool of threads for all who ask.
    """
    if BACKEND != "torch":
        yield None
        return
    import torch

    count = torch.get_num_threads()
    try:
        yield functools.partial(torch.set_num_threads, max(1, count // 2))
    finally:
        torch.set_num_threads(count)  # for threads yet to come


def build_to_load(model):
    """Builds a model whose weights will all be loaded: JAX draws no random ones.

    It would compile a generator for every shape, which takes seconds.
    """
    if BACKEND == "jax":
        build_unfilled(model)
    else:
        model.build()


def build_unfilled(model):
    """Builds a model of weights without values, which take no memory.

    Keras notes them for each thread, to draw values after all when that thread
    builds the next model; so this is done in a thread of its own.
    """

    def build():
        with keras.StatelessScope(initialize_variables=False):
            model.build()

    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        thread.submit(build).result()
