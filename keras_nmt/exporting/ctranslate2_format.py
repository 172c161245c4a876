"""CTranslate2: a fast engine for transformers on CPUs and GPUs.

The folder has the engine's files and translate.py, which reads text and writes text.
"""

import numpy as np

from keras_nmt.errors import InputError
from keras_nmt.exporting.arrays import check_transformer, transformer_arrays
from keras_nmt.exporting.standalone_text import write_text
from keras_nmt.specials import EOS, SOS, SPECIALS, UNK

SCRIPT = "ctranslate2_script.py"

QUANTIZATIONS = ("float32", "int8")


def check(trained, mend="use --format saved_model"):
    """Refuses what the engine has no layers for.

    Raises:
        InputError: naming the reason and the mend.
    """
    model = trained.model
    check_transformer(model, "CTranslate2", mend)
    if model.positions == "rotary":
        raise InputError(
            f"CTranslate2's translator has no rotary positions; {mend}, or train with "
            "learned or sinusoidal positions"
        )


def write(trained, folder, quantization="float32"):
    """Writes model.bin, its vocabularies and translate.py.

    Args:
        trained: `TrainedTranslator` that `check` accepts.
        folder: an empty folder.
        quantization: one of `QUANTIZATIONS`: of the weights, and of the products where
            the processor has the instructions.
    """
    spec = _spec(trained)
    spec.validate()
    spec.optimize(quantization="int8_float32" if quantization == "int8" else None)
    spec.save(str(folder))
    write_text(trained, folder, SCRIPT)


def _spec(trained):
    from ctranslate2.specs import TransformerSpec

    model, arrays = trained.model, transformer_arrays(trained.model)
    spec = TransformerSpec.from_config(
        (len(model.encoder_blocks), len(model.decoder_blocks)),
        model.decoder_blocks[0].num_heads,
        pre_norm=model.norm == "pre",
    )
    spec.config.unk_token = SPECIALS[UNK]
    spec.config.bos_token = spec.config.decoder_start_token = SPECIALS[SOS]
    spec.config.eos_token = SPECIALS[EOS]
    spec.register_source_vocabulary(list(trained.source.vocabulary.tokens))
    spec.register_target_vocabulary(list(trained.target.vocabulary.tokens))
    spec.encoder.embeddings[0].weight = arrays.encoder.embedding.tokens
    spec.decoder.embeddings.weight = arrays.decoder.embedding.tokens
    _set_side(spec.encoder, arrays.encoder)
    _set_side(spec.decoder, arrays.decoder)
    _set_linear(spec.decoder.projection, arrays.projection)
    return spec


def _set_side(spec, side):
    spec.scale_embeddings = side.embedding.scale != 1.0
    spec.position_encodings.encodings = side.embedding.positions
    if side.norm is not None:
        _set_norm(spec.layer_norm, side.norm)
    for layer, block in zip(spec.layer, side.blocks, strict=True):
        _set_block(layer, block)


def _set_block(layer, block):
    attention = block.self_attention
    joint = [attention.query, attention.key, attention.value]
    _set_linear(layer.self_attention.linear[0], *joint)
    _set_linear(layer.self_attention.linear[1], attention.output)
    _set_norm(layer.self_attention.layer_norm, attention.norm)
    if block.cross_attention is not None:
        attention = block.cross_attention
        _set_linear(layer.attention.linear[0], attention.query)
        _set_linear(layer.attention.linear[1], attention.key, attention.value)
        _set_linear(layer.attention.linear[2], attention.output)
        _set_norm(layer.attention.layer_norm, attention.norm)
    _set_linear(layer.ffn.linear_0, block.expand)
    _set_linear(layer.ffn.linear_1, block.contract)
    _set_norm(layer.ffn.layer_norm, block.norm)


def _set_linear(spec, *linears):
    """Sets one product for several linear maps of the same vectors."""
    kernel = np.concatenate([linear.kernel for linear in linears], axis=1)
    spec.weight = np.ascontiguousarray(kernel.T)
    spec.bias = np.concatenate([linear.bias for linear in linears])


def _set_norm(spec, norm):
    spec.gamma, spec.beta = norm
