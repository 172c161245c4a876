"""Where a backend needs a path of its own; the only module that imports one."""

import concurrent.futures

import keras
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
    """Adam (Kingma & Ba 2015), the same on every backend and fused on TensorFlow.

    Keras writes the update as a dozen array operations. TensorFlow runs each of
    them over memory by itself and squares a sparse gradient before equal tokens
    are added up; its fused kernel takes the sum in one pass, with the same formula:

        v -= lr sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(s) + epsilon)
    """

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
                grad=tf.convert_to_tensor(gradient),
            )


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
        import tensorflow as tf

        return tf.function(function, reduce_retracing=True)
    import torch

    return torch.inference_mode()(_of_tensors(function))


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

    It would compile a generator for every shape, which takes seconds. Keras notes
    weights without a value for each thread, to draw them later after all; so this
    is done in a thread of its own.
    """
    if BACKEND != "jax":
        model.build()
        return

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
