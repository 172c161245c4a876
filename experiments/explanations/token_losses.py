"""The loss of every target token of a text, as a table of sentences by positions."""

import numpy as np
from keras import ops

from keras_nmt.specials import PAD


def token_losses(model, batches):
    """The negative log-likelihood of each target token, in nats.

    A recurrent system reads what its `feeding` says: with `FreeRunning` its own
    tokens, with `TeacherForcing` the reference's.

    Args:
        model: a `Translator`, built.
        batches: `TranslationBatches` of a text, unshuffled.

    Returns:
        float (N, T), a row for each pair; NaN at padding.
    """

    def losses(inputs, targets):
        logits = model(inputs)
        chosen = ops.take_along_axis(logits, targets[..., None], axis=-1)[..., 0]
        return ops.logsumexp(logits, axis=-1) - chosen

    # Not compiled: TensorFlow would leave the length open, which `FreeRunning` needs.
    members = [batches.members(0, step) for step in range(len(batches))]
    longest = max(shape[1] for shape in batches.shapes)
    found = np.full((1 + max(map(max, members)), longest), np.nan)
    for index, places in enumerate(members):
        inputs, targets = batches[index]
        wanted = targets["target_out"]
        values = ops.convert_to_numpy(losses(inputs, wanted)).astype("float64")
        values[wanted == PAD] = np.nan
        found[places, : values.shape[1]] = values[: len(places)]
    return found


def words_alone(losses, recipe):
    """The losses without that of `<sos>`, which a recipe of the writeup predicts.

    Args:
        losses: float (N, T).
        recipe: the `Recipe`.

    Returns:
        float (N, T or T - 1): the first column is the first word's.
    """
    return losses[:, 1:] if recipe.score_sos else losses
