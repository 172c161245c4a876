"""Sentences as a trained translator reads them, and its layers' vectors for them."""

import numpy as np

from experiments.representations.layer_outputs import (
    arrays,
    decoder_outputs,
    encoder_outputs,
    recurrent_outputs,
    sentence_means,
)
from keras_nmt.specials import PAD


def as_read(translator, lines, references, longest, score_sos=False):
    """Inputs of the model, for the pairs that have at most `longest` tokens a side.

    Args:
        translator: `TrainedTranslator`.
        lines, references: texts of equal number.
        longest: most tokens of a side, `<sos>` and `<eos>` included.
        score_sos: whether the decoder was trained to predict `<sos>` first, as in the
            writeup; it then reads `<sos>` twice.

    Returns:
        dict with `source` and `target_in`, int (n, longest), and the indices of the
        pairs.
    """
    pairs = [
        (translator.source.encode(line), translator.target.encode(reference))
        for line, reference in zip(lines, references, strict=True)
    ]
    kept = [n for n, pair in enumerate(pairs) if max(map(len, pair)) <= longest]
    sides = (
        [pairs[n][0] for n in kept],
        # The decoder does not read <eos>.
        [pairs[n][1][:1] * bool(score_sos) + pairs[n][1][:-1] for n in kept],
    )
    source, target_in = (_padded(side, longest) for side in sides)
    return {"source": source, "target_in": target_in}, kept


def block_layers(model, inputs):
    """`{name: BlockOutputs}` of a transformer's encoder, and of its decoder if any.

    Returns:
        A pair of dicts; the second is empty for an encoder alone. Both are empty for a
        recurrent system.
    """
    if hasattr(model, "decoder_blocks"):
        return encoder_outputs(model, inputs["source"]), decoder_outputs(model, inputs)
    if hasattr(model, "blocks"):
        return encoder_outputs(model, inputs["source"]), {}
    return {}, {}


def sentence_vectors(model, inputs):
    """One vector a sentence for each layer: the mean over its tokens.

    Returns:
        `{"encoder: encoder_0": float (B, D), ...}`, the source's layers first.
    """
    encoder, decoder = map(arrays, block_layers(model, inputs))
    if not encoder:
        outputs = arrays(recurrent_outputs(model, inputs))
        sides = (("source", "memory"), ("target_in", "hidden"))
        embeddings = (model.source_embedding, model.target_embedding)
        encoder, decoder = (
            {"embedding": arrays({"": embed(inputs[side])})[""], name: outputs[name]}
            for embed, (side, name) in zip(embeddings, sides, strict=True)
        )
    found = {}
    for side, ids, layers in (
        ("encoder", inputs["source"], encoder),
        ("decoder", inputs["target_in"], decoder),
    ):
        for name, outputs in layers.items():
            name = name.removeprefix(f"{side}_")
            found[f"{side} {name}"] = sentence_means(outputs, ids != PAD)
    return found


def _padded(rows, width):
    ids = np.full((len(rows), width), PAD, "int32")
    for place, row in enumerate(rows):
        ids[place, : len(row)] = row
    return ids
