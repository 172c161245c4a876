"""Keras on TensorFlow: Adam over an Embedding squares a repeated token's parts apart.

    KERAS_BACKEND=tensorflow python adam_repeated_tokens.py     # not the same
    KERAS_BACKEND=jax python adam_repeated_tokens.py            # the same

Token 1 stands twice in the batch, with gradients a and b. Adam's second moment is
`0.001 (a + b)^2`. TensorFlow hands the optimizer `tf.IndexedSlices` that hold a and b
apart; `keras.optimizers.Adam` squares the values before equal indices are added up,
and gets `0.001 (a^2 + b^2)`: another step than on JAX and torch. AdamW and RMSprop do
the same. `global_clipnorm=1e9` hides it, as it makes the gradient dense.
"""

import keras
import numpy as np


def second_moments():
    """Of token 1 after one step, in one dimension: Adam's own, and the formula's."""
    tokens, wanted = np.array([[1, 1]]), np.array([[[2.0], [4.0]]])
    layers = [keras.Input((2,), dtype="int32"), keras.layers.Embedding(2, 1)]
    model = keras.Sequential(layers)
    optimizer = keras.optimizers.Adam(0.1)
    model.compile(optimizer, loss="mse")
    (table,) = model.get_weights()
    model.train_on_batch(tokens, wanted)
    gradient = np.sum(2 * (table[1] - wanted[0]) / wanted.size)
    *_, velocity = (v for v in optimizer.variables if "velocity" in v.path)
    return float(velocity.numpy()[1, 0]), 0.001 * float(gradient) ** 2


if __name__ == "__main__":
    ours, formula = second_moments()
    same = np.isclose(ours, formula, rtol=1e-3)
    print(f"keras {keras.__version__} on {keras.backend.backend()}:", end=" ")
    print(
        f"{ours:.6f}, expected {formula:.6f}:", "the same" if same else "NOT the same"
    )
