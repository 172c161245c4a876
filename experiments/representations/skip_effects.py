"""What becomes of a translator's last layer if one skip connection is left out."""

from keras import ops

from experiments.representations.layer_outputs import (
    decoder_outputs,
    encoder_outputs,
    sentence_means,
)
from experiments.representations.measures import cka_of
from keras_nmt.specials import PAD


def skip_effects(model, inputs, batch):
    """CKA of the last layer with every skip connection, and with one left out.

    Near 1 the network does without this connection, near 0 nothing of its
    representation is left. Nothing is trained again, unlike in Raghu et al. 2021
    (section 5), who train networks without the connection. A sentence is the mean of
    its tokens' vectors. A connection of the decoder is left out of the decoder alone,
    which then reads the same memory.

    Args:
        model: a `Translator`, built; one without blocks has no skip connection.
        inputs: dict with `source: int (B, S)` and `target_in: int (B, T)`.
        batch: sentences of a minibatch of CKA; B is a multiple of it.

    Returns:
        `{"block sublayer": cka}`.
    """

    def encoder(without=None):
        return encoder_outputs(model, inputs["source"], without)

    def decoder(without=None):
        return decoder_outputs(model, inputs, without)

    sides = []
    if hasattr(model, "decoder_blocks"):
        sides = [("source", encoder), ("target_in", decoder)]
    elif hasattr(model, "blocks"):
        sides = [("source", encoder)]
    found = {}
    for ids, outputs in sides:
        whole = outputs()
        expected = _last(whole, inputs[ids], batch)
        for name, block in whole.items():
            for sublayer in block.skips:
                changed = _last(outputs((name, sublayer)), inputs[ids], batch)
                ((cka,),) = cka_of(expected, changed)["cka"]
                found[f"{name} {sublayer}"] = cka
    return found


def _last(outputs, ids, batch):
    """The last layer's vector of each sentence, as minibatches of one layer."""
    last = ops.convert_to_numpy([*outputs.values()][-1].output)
    vectors = sentence_means(last, ids != PAD)
    return [[vectors[n : n + batch]] for n in range(0, len(vectors), batch)]
