"""How much an early state still moves a later loss: gradients through time.

Bengio et al. 1994, "Learning long-term dependencies with gradient descent is
difficult". Encoder and decoder are unrolled step by step with the cells of the trained
model. A vector of zeros is added to each state, and the loss is derived by it, which is
the derivative by the state, along every path from it.
"""

import numpy as np
from keras import ops

from experiments.differentiation import gradient
from keras_nmt import kernels
from keras_nmt.layers.recurrent import RecurrentEncoder
from keras_nmt.models.recurrent import RecurrentTranslator
from keras_nmt.specials import PAD


def state_gradients(model, source, target, position):
    """The mean over sentences of `sentence_gradients`, float (S + position + 1,)."""
    return sentence_gradients(model, source, target, position).mean(axis=1)


def sentence_gradients(model, source, target, position):
    """Norms of the derivatives of the loss at one target position by each state.

    The decoder reads the reference. An LSTM's state is its hidden and its cell vector
    together. An RNN that forgets has norms that fall with the distance.

    Args:
        model: a `RecurrentTranslator` with one layer and a forward encoder, built.
        source: int (B, S): sentences of one length. Padding is a token like others for
            a model that sees it (`visible_padding`), and an error for others.
        target: int (B, T + 1), with `SOS`, at least `position + 2` tokens.
        position: of the target, from 0; the loss is that of token `position + 1`.

    Returns:
        float (S + position + 1, B): for the states after each source token and each
        target token read so far. The last has distance 0.

    Raises:
        ValueError: the model or the text is of another kind.
    """
    source, target = np.asarray(source), np.asarray(target)
    _check(model, source, target[:, : position + 2])
    rows, hidden_dim = len(source), model.decoder.hidden_dim
    steps = source.shape[1] + position + 1
    kinds = 2 if model.decoder.kind == "lstm" else 1
    zeros = np.zeros((steps, kinds, rows, hidden_dim), "float32")

    def loss(added):
        return _loss(model, source, target, position, added)

    found = gradient(loss, zeros)
    # The loss is summed over sentences, and no sentence's state moves another's.
    return np.sqrt((found.astype("float64") ** 2).sum(axis=(1, 3)))


def _loss(model, source, target, position, added):
    """The summed loss at a position, with `added[t]` added to the t-th state."""
    embedded = model.source_embedding(ops.convert_to_tensor(source))
    cell, memory = model.encoder.layer.cell, []
    zeros = ops.zeros((len(source), model.decoder.hidden_dim))
    state = [zeros for _ in range(added.shape[1])]
    for step in range(source.shape[1]):
        _, state = kernels.recurrent_cell(cell, embedded[:, step], state)
        state = [x + added[step, kind] for kind, x in enumerate(state)]
        memory.append(state[0])
    encoded = {"memory": ops.stack(memory, axis=1), "source_mask": None}
    if model.decoder.attention is not None:
        encoded["keys"] = model.decoder.attention.keys(encoded["memory"])
    hidden, *rest = state
    for layer in model.bridge:
        hidden = layer(hidden)
    states = [[hidden, *rest]]
    read = model.target_embedding(ops.convert_to_tensor(target))
    for step in range(position + 1):
        _, states, _ = model.decoder(read[:, step], states, encoded)
        place = source.shape[1] + step
        states = [[x + added[place, kind] for kind, x in enumerate(states[0])]]
    logits = kernels.dense(model.projection, states[0][0])
    chosen = ops.one_hot(target[:, position + 1], logits.shape[-1])
    return ops.sum(ops.logsumexp(logits, axis=-1) - ops.sum(logits * chosen, axis=-1))


def is_measurable(model):
    """Whether it is a `RecurrentTranslator` of one layer with a forward encoder."""
    is_plain = type(model) is RecurrentTranslator and len(model.decoder.cells) == 1
    return is_plain and type(model.encoder) is RecurrentEncoder


def _check(model, source, target):
    if not is_measurable(model):
        raise ValueError(
            "state_gradients needs a RecurrentTranslator of one layer with a forward "
            f"encoder. Received: model={model!r}"
        )
    is_hidden = source.shape[1] > model.visible_padding
    if (target == PAD).any() or (is_hidden and (source == PAD).any()):
        raise ValueError(
            "state_gradients needs sentences of one length, without padding that the "
            "model does not see. Received: padding"
        )
