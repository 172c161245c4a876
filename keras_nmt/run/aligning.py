"""The attention weights of a system for each token of its translations."""

import numpy as np
from keras import ops

from keras_nmt.evaluation.alignments import Alignment
from keras_nmt.search.corpus_decoder import SHAPE_STEP, cut, padded, padded_length
from keras_nmt.specials import PAD, SOS


def align(model, attention, source, target, ids, hypothesis):
    """The `Alignment` of one sentence.

    Args:
        model: a `Translator`.
        attention: `model.attention`, compiled or not.
        source, target: the `TextProcessor` of each side.
        ids: of the sentence, `SOS` and `EOS` included.
        hypothesis: ids of its translation.
    """
    hypothesis = hypothesis or [PAD]  # empty if it was all padding
    ids = cut(ids, model.max_length)
    source_ids = padded([ids], padded_length(len(ids), model))
    # Padding behind the target changes nothing before it.
    steps = -(-len(hypothesis) // SHAPE_STEP) * SHAPE_STEP
    steps = max(len(hypothesis), min(steps, model.max_length or steps))
    target_in = padded([[SOS, *hypothesis[:-1]]], steps)
    weights = attention({"source": source_ids, "target_in": target_in})
    # Some systems predict `SOS` as their first token; it is not shown.
    first = int(hypothesis[0] == SOS and len(hypothesis) > 1)
    return Alignment(
        _shown(source, ids),
        _shown(target, hypothesis[first:]),
        {
            name: ops.convert_to_numpy(x)[0, :, first : len(hypothesis), : len(ids)]
            for name, x in weights.items()
        },
    )


def join_alignments(alignments):
    """Joins the `Alignment`s of the sentences of a line.

    The weights between tokens of different sentences are 0.
    """
    if len(alignments) == 1:
        return alignments[0]
    return Alignment(
        [token for one in alignments for token in one.source_tokens],
        [token for one in alignments for token in one.target_tokens],
        {
            name: _block_diagonal([one.weights[name] for one in alignments])
            for name in alignments[0].weights
        },
    )


def _block_diagonal(blocks):
    """One array with (H, T, S) arrays along its diagonal."""
    sizes = np.array([block.shape[1:] for block in blocks])
    joined = np.zeros((len(blocks[0]), *sizes.sum(axis=0)), blocks[0].dtype)
    for block, (row, column) in zip(blocks, sizes.cumsum(axis=0) - sizes, strict=True):
        joined[:, row : row + block.shape[1], column : column + block.shape[2]] = block
    return joined


def _shown(processor, ids):
    """The tokens of ids, specials included; a newline is shown as ↵."""
    tokens = processor.vocabulary.tokens
    return ["↵" if tokens[i] == "\n" else tokens[i] for i in ids]
