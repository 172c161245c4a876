"""Greedy search: the most probable token, one position after the other."""

import numpy as np
from keras import ops

from keras_nmt.specials import EOS, PAD, SOS


def greedy(translator, source, max_length):
    """Translates a batch by always taking the best token.

    Args:
        translator: anything that fulfils the contract: `encode`, `initial_state`,
            `decode_step`.
        source: int (B, S).
        max_length: most tokens of a hypothesis.

    Returns:
        int (B, T), T <= max_length: each row up to its `EOS`, then `PAD`.
    """
    encoded = translator.encode(ops.convert_to_tensor(source))
    state = translator.initial_state(encoded)
    token_ids = ops.full((len(source),), SOS, dtype="int32")
    finished = np.zeros(len(source), bool)
    columns = []
    while len(columns) < max_length and not finished.all():
        logits, state = translator.decode_step(token_ids, state, encoded)
        token_ids = ops.cast(ops.argmax(logits, axis=-1), "int32")
        column = ops.convert_to_numpy(token_ids)
        columns.append(np.where(finished, PAD, column))
        finished |= column == EOS
    return np.stack(columns, axis=1)
