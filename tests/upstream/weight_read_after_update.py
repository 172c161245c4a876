"""Keras on TensorFlow: a gradient computed with a weight that was updated already.

    KERAS_BACKEND=tensorflow python weight_read_after_update.py     # some are wrong
    KERAS_BACKEND=jax python weight_read_after_update.py            # none is

The loss is linear in the outputs, so no gradient of the second kernel depends on the
second kernel's value. The first kernel's gradient does, and in some steps it is
computed with what SGD has already made of the second kernel. How many, depends on how
busy the processor is. Seen with TensorFlow 2.21, Keras 3.15.1, `jit_compile=False`.

`tf.function` orders the read of a weight before its update by a control edge. Grappler
takes the edge out as redundant, as another path leads from the read to the update
through the `IdentityN` of all gradients; then it takes that `IdentityN` apart, and no
order is left. `tf.config.optimizer.set_experimental_options({"dependency_optimization":
False})` hides it. A loss whose gradient depends on the outputs, such as cross-entropy,
leaves a path of data from every read to the update of the same weight, and is safe.
"""

import keras
import numpy as np


def wrong_steps(most):
    """Of `most` equal steps of SGD, those whose first kernel is not the formula's."""
    x, y = np.random.default_rng(0).standard_normal((2, 512, 3), "float32")
    layers = [
        keras.Input((3,)),
        keras.layers.Dense(7, "relu", use_bias=False),
        keras.layers.Dense(3, use_bias=False),
    ]
    model = keras.Sequential(layers)
    model.compile(
        keras.optimizers.SGD(1.0),
        lambda wanted, outputs: keras.ops.sum(wanted * outputs),
        jit_compile=False,
    )
    before = model.get_weights()
    hidden = x @ before[0]
    after = before[0] - x.T @ np.where(hidden > 0, y @ before[1].T, 0.0)

    def is_wrong():
        model.set_weights(before)
        model.train_on_batch(x, y)
        error = np.linalg.norm(model.get_weights()[0] - after)
        return error > 0.01 * np.linalg.norm(after)

    return sum(is_wrong() for _ in range(most))


if __name__ == "__main__":
    wrong = wrong_steps(200)
    print(f"keras {keras.__version__} on {keras.backend.backend()}:", end=" ")
    print(f"{wrong} of 200 steps are wrong")
