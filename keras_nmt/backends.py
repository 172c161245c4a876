"""Where a backend needs a path of its own; the only module that imports one."""

import keras
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


def device():
    """What the backend computes on, in words: "CPU:0", "GPU:0 NVIDIA ..."."""
    if BACKEND == "torch":
        import torch

        return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    return keras.distribution.list_devices()[0]
