"""Where a backend needs a path of its own; the only module that imports one."""

import keras
import numpy as np
from keras import ops

BACKEND = keras.backend.backend()

JIT_COMPILE = BACKEND == "jax"
"""XLA pays on JAX; on TensorFlow's CPU its own kernels are faster (see the log)."""


@keras.saving.register_keras_serializable("keras_nmt")
class Adam(keras.optimizers.Adam):
    """Adam (Kingma & Ba 2015), the same on every backend and fused on TensorFlow.

    Keras writes the update as a dozen array operations. TensorFlow runs each of
    them over memory by itself and squares a sparse gradient before equal tokens
    are added up; its fused kernel takes the sum in one pass, with the same formula:

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


def device():
    """What the backend computes on, in words: "CPU:0", "GPU:0 NVIDIA ..."."""
    if BACKEND == "torch":
        import torch

        return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    return keras.distribution.list_devices()[0]
