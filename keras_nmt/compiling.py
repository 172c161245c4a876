"""A recipe's model with its optimizer, on the devices that train together."""

import keras

from keras_nmt import kernels
from keras_nmt.distributed import devices

ADAM_EPSILON = 1e-8
"""PyTorch's and the paper's default; Keras's default is 1e-7."""

NOT_DECAYED = ["bias", "gamma", "beta"]
"""Names of weights that weight decay leaves alone: biases and those of norms."""


def compiled(recipe, sizes, seed):
    """The recipe's model, compiled, with initial weights.

    Args:
        recipe: a `Recipe`.
        sizes: tokens of the source vocabulary and of the target vocabulary.
        seed: of its weights and its dropout.
    """
    # Numbers layers from 0, so that a run's files do not depend on earlier models.
    keras.utils.clear_session()
    spread = devices.spread()
    if spread:  # after `clear_session`, which forgets it
        distribution = spread.distribution(lambda: _without_values(recipe, sizes))
        keras.utils.clear_session()
        keras.distribution.set_distribution(distribution)
    keras.utils.set_random_seed(seed)
    model = recipe.build(*sizes)
    if devices.splits_model():
        # XLA does not split the loop over blocks of rows, but it splits the plain loss.
        model.plain_loss = True
    model.build()
    optimizer = kernels.Adam(**recipe.optimizer_options(), epsilon=ADAM_EPSILON)
    optimizer.exclude_from_weight_decay(var_names=NOT_DECAYED)
    optimizer.build(model.trainable_variables)
    model.compile(optimizer, jit_compile=kernels.JIT_COMPILE)
    return model


def on_one_device(recipe, sizes):
    """The recipe's model on the first device of this process, to load weights into."""
    keras.distribution.set_distribution(None)
    keras.utils.clear_session()
    model = recipe.build(*sizes)
    kernels.build_to_load(model)
    return model


def _without_values(recipe, sizes):
    model = recipe.build(*sizes)
    kernels.build_unfilled(model)
    return model
