"""Adam with a fused update on every backend."""

import math

import keras
import numpy as np
from keras import ops

from keras_nmt.kernels.chosen import BACKEND
from keras_nmt.kernels.processes import summed_gradients


@keras.saving.register_keras_serializable("keras_nmt")
class Adam(keras.optimizers.Adam):
    """Adam (Kingma & Ba 2015) with the same update on every backend.

        v -= lr sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(s) + epsilon)

    Keras computes this in a dozen array operations. TensorFlow and torch read and
    write memory for each of them; their fused kernels do so once. Keras on TensorFlow
    also squares a sparse gradient before it sums the entries of equal tokens.

    With `weight_decay` it is AdamW (Loshchilov & Hutter 2019): before its update a
    weight shrinks by `learning_rate * weight_decay` of itself.

    `finite_steps` counts the steps before the first gradient with NaN or Inf, and then
    stops. Comparing it with `steps` from time to time is enough to find that step.
    """

    @property
    def steps(self):
        """The batches so far, a scalar variable.

        `iterations` counts updates. They are fewer if gradients are accumulated.
        """
        return self._iterations

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.finite_steps = self.add_variable(
            (), dtype=self.steps.dtype, name="finite_steps"
        )

    def apply(self, grads, trainable_variables=None):
        grads = [None if g is None else _dense(g) for g in grads]
        grads = summed_gradients(grads)
        super().apply(grads, trainable_variables)
        sums = ops.stack([ops.sum(g) for g in grads if g is not None])
        in_row = ops.equal(self.finite_steps + 1, self.steps)
        good = ops.logical_and(in_row, ops.all(ops.isfinite(sums)))
        self.finite_steps.assign_add(ops.cast(good, self.finite_steps.dtype))

    def swap_averages(self):
        """Exchanges the weights and their moving averages, which `use_ema` keeps."""
        for variable, average in zip(
            self._trainable_variables,
            self._model_variables_moving_average,
            strict=True,
        ):
            weight = np.array(ops.convert_to_numpy(variable.value))
            variable.assign(average.value)
            average.assign(weight)

    def finalize_variable_values(self, var_list):
        """Leaves the weights as they are.

        Keras would overwrite them with their averages at the end of each `fit`. A run
        that goes on after an interruption is several `fit`s.
        """

    if BACKEND == "torch":
        # `update_step`, the public method, gets one variable at a time; torch's kernel
        # takes all at once. Here and below, Keras has public names neither for the
        # place of a variable nor for the two moments (tests/test_upstream.py).
        def _backend_update_step(self, grads, trainable_variables, learning_rate):
            import torch
            from torch.optim.adam import adam

            places = [self._get_variable_index(v) for v in trainable_variables]
            done = int(ops.convert_to_numpy(self.iterations))
            # Filled where they are: a GPU would wait for a copy of each number.
            steps = torch.full((len(grads),), float(done), device=grads[0].device)
            # torch adds epsilon after the bias correction of the root, Keras before.
            correction = math.sqrt(1.0 - self.beta_2 ** (done + 1))
            with torch.no_grad():
                adam(
                    [variable.value for variable in trainable_variables],
                    grads,
                    [self._momentums[place].value for place in places],
                    [self._velocities[place].value for place in places],
                    max_exp_avg_sqs=[],
                    state_steps=[*steps.unbind()],
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
    """A gradient as a dense array; TensorFlow's are sparse for embeddings."""
    if BACKEND == "tensorflow":
        import tensorflow as tf

        return tf.convert_to_tensor(gradient)
    return gradient
