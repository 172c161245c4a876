"""What leaves the layers of our translators, computed by their public layers.

A block is taken apart by the methods that its own `call` uses, so that its skip
connections and heads can be seen, or one skip connection left out.
"""

import contextlib
import dataclasses

import numpy as np
from keras import ops

from keras_nmt import kernels
from keras_nmt.layers.transformer import causal_mask, seen_by_all
from keras_nmt.models.feeding import TeacherForcing


@dataclasses.dataclass
class BlockOutputs:
    """What a transformer block computes for one batch, as tensors.

    Attributes:
        output: float (B, T, D).
        skips: sublayer -> (skip, branch), float (B, T, D) each: what goes past the
            sublayer and what the sublayer adds to it.
        weights: attention sublayer -> attention weights, float (B, H, T, S).
    """

    output: object
    skips: dict
    weights: dict


def block_outputs(block, x, memory=None, source_mask=None, without=None):
    """The `BlockOutputs` of an encoder block, or with `memory` of a decoder block.

    Args:
        block: `TransformerEncoderBlock` or `TransformerDecoderBlock`, built.
        x: float (B, T, D).
        memory: float (B, S, D), for a decoder block.
        source_mask: bool (B, S) or None.
        without: the sublayer whose skip connection is left out: of
            `block.attentions`, or "feedforward". None for none.

    Raises:
        ValueError: the block has no such sublayer.
    """
    names = (*block.attentions, "feedforward")
    if without is not None and without not in names:
        raise ValueError(
            f"without must be one of {', '.join(names)}. Received: without={without!r}"
        )
    skips, weights = {}, {}
    for index, name in enumerate(names):
        read = block.sublayer_input(index, x)
        if name == "feedforward":
            branch = kernels.dense(block.contract, kernels.dense(block.expand, read))
        else:
            looked_at = memory if name == "cross_attention" else read
            mask = seen_by_all(source_mask)
            if memory is not None and name == "self_attention":
                mask = causal_mask(x)
            branch, weights[name] = block.attend(name, read, looked_at, mask, False)
        skips[name] = x, branch
        skip = ops.zeros_like(x) if name == without else x
        x = block.residual(index, skip, branch, False)
    return BlockOutputs(x, skips, weights)


def encoder_outputs(model, source, without=None):
    """The outputs of the encoder's layers.

    Args:
        model: `TransformerTranslator` or `EncoderOnlyTranslator`, built.
        source: int (B, S).
        without: (name of a block, sublayer), whose skip connection is left out.

    Returns:
        `{"embedding" or name of a block: BlockOutputs}`, in order.
    """
    source = ops.convert_to_tensor(source)
    is_whole = hasattr(model, "encoder_blocks")
    embedding = model.source_embedding if is_whole else model.embedding
    blocks = model.encoder_blocks if is_whole else model.blocks
    return through(blocks, embedding(source), without, model.source_mask(source))


def decoder_outputs(model, inputs, without=None):
    """The outputs of the decoder's layers, which read the reference.

    Args:
        model: `TransformerTranslator`, built.
        inputs: dict with `source: int (B, S)` and `target_in: int (B, T)`.
        without: as in `encoder_outputs`.

    Returns:
        As `encoder_outputs`.
    """
    inputs = {name: ops.convert_to_tensor(ids) for name, ids in inputs.items()}
    encoded = model.encode(inputs["source"])
    embedded = model.target_embedding(inputs["target_in"])
    mask, memory = encoded["source_mask"], encoded["memory"]
    return through(model.decoder_blocks, embedded, without, mask, memory)


def through(blocks, x, without=None, mask=None, memory=None):
    """The outputs of blocks on top of one another, `{name: BlockOutputs}`.

    Args:
        blocks: transformer blocks with different names.
        x: float (B, T, D), what the first one reads; "embedding" in the result.
        without: as in `encoder_outputs`.
        mask: bool (B, S) or None.
        memory: float (B, S, D), for decoder blocks.
    """
    name, sublayer = without or (None, None)
    known = [block.name for block in blocks]
    if name is not None and name not in known:
        raise ValueError(
            f"without must name one of {', '.join(known)}. Received: {name!r}"
        )
    found = {"embedding": BlockOutputs(x, {}, {})}
    for block in blocks:
        left_out = sublayer if block.name == name else None
        found[block.name] = block_outputs(block, x, memory, mask, left_out)
        x = found[block.name].output
    return found


def recurrent_outputs(model, inputs):
    """The outputs of a recurrent translator's encoder and decoder.

    The decoder reads the reference, as that of a transformer does, whatever it reads in
    training.

    Args:
        model: `RecurrentTranslator` or `InputFeedingTranslator`, built.
        inputs: dict with `source: int (B, S)` and `target_in: int (B, T)`.

    Returns:
        `{"memory": float (B, S, D), "hidden": float (B, T, D)}`.
    """
    inputs = {name: ops.convert_to_tensor(ids) for name, ids in inputs.items()}
    memory = model.encode(inputs["source"])["memory"]
    with reading_the_reference(model):
        return {"memory": memory, "hidden": model.hidden_states(inputs)}


@contextlib.contextmanager
def reading_the_reference(model):
    """While it lasts, a recurrent decoder reads the reference's tokens."""
    before = getattr(model, "feeding", None)
    if before is None:  # an `InputFeedingTranslator` always does
        yield
        return
    model.feeding = TeacherForcing()
    try:
        yield
    finally:
        model.feeding = before


def arrays(outputs):
    """`{name: NumPy array}` of `BlockOutputs` or tensors by name."""
    return {
        name: ops.convert_to_numpy(getattr(x, "output", x))
        for name, x in outputs.items()
    }


def sentence_means(outputs, is_real):
    """The mean vector of each sentence, (B, D): sides of other lengths compare by it.

    Args:
        outputs: float (B, T, D), NumPy.
        is_real: bool (B, T), at least one position a sentence.
    """
    real = np.asarray(is_real)[:, :, None]
    return np.where(real, outputs, 0).sum(axis=1) / real.sum(axis=1)
