"""Where a backend needs a path of its own; the only module that imports one."""

import concurrent.futures
import math
import threading

import keras
import numpy as np
from keras import ops

BACKEND = keras.backend.backend()

JIT_COMPILE = BACKEND == "jax"
"""XLA pays on JAX; on TensorFlow's CPU its own kernels are faster (see the log)."""

BATCHES_AT_ONCE = 1 if BACKEND == "torch" else 2
"""Batches translated side by side. A step has parts that use one core alone: two
batches fill each other's gaps, by a third on two cores. On torch they would wait for
Python's lock."""


@keras.saving.register_keras_serializable("keras_nmt")
class Adam(keras.optimizers.Adam):
    """Adam (Kingma & Ba 2015), the same on every backend, fused where Keras's is not.

    Keras writes the update as a dozen array operations. TensorFlow and torch run
    each of them over memory by itself, and TensorFlow squares a sparse gradient
    before equal tokens are added up; their fused kernels take one pass, with the
    same formula:

        v -= lr sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(s) + epsilon)

    `finite_steps` counts the steps up to the first with a gradient that holds NaN
    or Inf. It falls behind `iterations` from there on, so whoever compares the two
    now and then, without a look at every step, still learns which step it was.
    """

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.finite_steps = self.add_variable(
            (), dtype=self.iterations.dtype, name="finite_steps"
        )

    def apply(self, grads, trainable_variables=None):
        grads = [None if g is None else _dense(g) for g in grads]
        super().apply(grads, trainable_variables)
        sums = ops.stack([ops.sum(g) for g in grads if g is not None])
        in_row = ops.equal(self.finite_steps + 1, self.iterations)
        good = ops.logical_and(in_row, ops.all(ops.isfinite(sums)))
        self.finite_steps.assign_add(ops.cast(good, self.finite_steps.dtype))

    if BACKEND == "torch":

        def update_step(self, gradient, variable, learning_rate):
            import torch
            from torch.optim.adam import adam

            index = self._get_variable_index(variable)
            done = int(self.iterations.value)
            # Torch adds epsilon to the corrected root, Keras to the root itself.
            correction = math.sqrt(1.0 - self.beta_2 ** (done + 1))
            with torch.no_grad():
                adam(
                    [variable.value],
                    [gradient],
                    [self._momentums[index].value],
                    [self._velocities[index].value],
                    max_exp_avg_sqs=[],
                    state_steps=[torch.tensor(float(done), device=gradient.device)],
                    fused=True,
                    amsgrad=False,
                    beta1=self.beta_1,
                    beta2=self.beta_2,
                    lr=float(learning_rate),
                    weight_decay=0.0,
                    eps=self.epsilon / correction,
                    maximize=False,
                )

    if BACKEND == "tensorflow":

        def update_step(self, gradient, variable, learning_rate):
            import tensorflow as tf

            index = self._get_variable_index(variable)
            step = ops.cast(self.iterations + 1, "float32")
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=self._momentums[index].value.handle,
                v=self._velocities[index].value.handle,
                beta1_power=self.beta_1**step,
                beta2_power=self.beta_2**step,
                lr=ops.cast(learning_rate, "float32"),
                beta1=self.beta_1,
                beta2=self.beta_2,
                epsilon=self.epsilon,
                grad=gradient,
            )


def _dense(gradient):
    """TensorFlow's sparse gradients of embeddings as arrays, equal tokens added up."""
    if BACKEND == "tensorflow":
        import tensorflow as tf

        return tf.convert_to_tensor(gradient)
    return gradient


def seed(*numbers):
    """Begins the backend's own generators anew from non-negative numbers.

    Keras's seeds are variables of the model and all that TensorFlow and JAX need;
    on torch dropout draws from torch's generators.
    """
    if BACKEND == "torch":
        import torch

        torch.manual_seed(int(np.random.default_rng(numbers).integers(2**63)))


def random_state():
    """The state of the backend's own generators, as a list of arrays."""
    if BACKEND != "torch":
        return []
    import torch

    states = [torch.get_rng_state()]
    if torch.cuda.is_available():
        states += torch.cuda.get_rng_state_all()
    return [state.numpy().copy() for state in states]


def set_random_state(states):
    """Takes up what `random_state` gave."""
    if BACKEND != "torch":
        return
    import torch

    processor, *devices = [torch.from_numpy(state.copy()) for state in states]
    torch.set_rng_state(processor)
    if devices:
        torch.cuda.set_rng_state_all(devices)


def sync(model):
    """Brings a model's variables up to date while `fit` runs; JAX keeps them apart."""
    if BACKEND == "jax":
        model.jax_state_sync()


def compiled(function, model):
    """A function of tensors, compiled where the backend can; it gives no gradients.

    The weights of `model`, which the function may read, are those of the moment of
    the call, not of the compilation.

    Args:
        function: of nested structures of tensors or arrays; None stands for nothing.
    """
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


def argmax(x):
    """The place of the highest value in the last axis, the first of equals; int32.

    TensorFlow and XLA search for a maximum together with its place one value at a
    time; the maximum first and then its place is three to four times as fast.
    """
    if BACKEND == "torch":
        return ops.cast(ops.argmax(x, axis=-1), "int32")
    size = x.shape[-1]
    highest = ops.equal(x, ops.max(x, axis=-1, keepdims=True))
    places = ops.where(highest, ops.arange(size, dtype="int32"), size - 1)
    return ops.min(places, axis=-1)


def exp_of_difference(x, y):
    """`exp(x - y)`; whoever calls this does not use `x` any more.

    In loops over megabytes torch writes it where `x` is: new memory at every step
    costs it more than the arithmetic. XLA and TensorFlow see to that themselves.
    """
    return x.sub_(y).exp_() if BACKEND == "torch" else ops.exp(x - y)


def scaled(x, factor):
    """`x * factor`; whoever calls this does not use `x` any more, as above."""
    return x.mul_(factor) if BACKEND == "torch" else x * factor


def added_at(x, columns, amounts):
    """`x` with `amounts[n]` added to row n at `columns[n]`; the old `x` is lost.

    Keras's scatter replaces values; a one-hot of the vocabulary would be another `x`.

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


def written(array, value, position):
    """`array` with `value` at `position` of its axis 2, which may be done in place.

    Whoever calls this does not use `array` any more. XLA and TensorFlow then update
    it where it is; torch would copy it.

    Args:
        array: float (R, H, T, K).
        value: float (R, H, 1, K).
        position: int scalar.
    """
    if BACKEND == "torch":
        array[:, :, position] = value[:, :, 0]
        return array
    return ops.slice_update(array, (0, 0, position, 0), value)


def compiled_size(count):
    """The rows to fill a batch of `count` up to.

    XLA compiles anew for every size, so that on JAX few sizes are used.
    """
    return 1 << (count - 1).bit_length() if BACKEND == "jax" else count


def device():
    """What the backend computes on, in words: "CPU:0", "GPU:0 NVIDIA ..."."""
    if BACKEND == "torch":
        import torch

        return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    return keras.distribution.list_devices()[0]
