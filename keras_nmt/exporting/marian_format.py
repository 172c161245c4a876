"""Hugging Face's Marian: what `transformers` loads as `MarianMTModel`.

Marian's decoder has sinusoidal positions and post-norm. Its positions hold all sines
before all cosines, ours take turns; so the vectors' columns are reordered, which no
layer notices.
"""

import numpy as np

from keras_nmt.errors import InputError
from keras_nmt.exporting.arrays import check_transformer, transformer_arrays
from keras_nmt.exporting.pieces_tokenizer import fast_tokenizer, piece_ids
from keras_nmt.exporting.standalone_text import write_script, write_settings
from keras_nmt.files import write_json, write_whole
from keras_nmt.specials import EOS, PAD, SOS, SPECIALS, UNK
from keras_nmt.text.tokenizer import SubwordTokenizer

SCRIPT = "marian_script.py"

TARGET = "target_tokenizer"
"""The folder of the target's tokenizer, where it is not the source's."""

NEVER = -1e9
"""The logit of ids that are not in the vocabulary."""


def check(trained):
    """Refuses what Marian's architecture cannot express.

    Raises:
        InputError: naming the reason and another format.
    """
    model = trained.model
    check_transformer(model, "Marian")
    reasons = {
        f"{model.positions} positions": model.positions != "sinusoidal",
        f"{model.norm}-norm": model.norm != "post",
        "visible padding": model.visible_padding > 0,
        "word tokens": not all(
            isinstance(side.tokenizer, SubwordTokenizer)
            for side in (trained.source, trained.target)
        ),
    }
    found = [reason for reason, is_so in reasons.items() if is_so]
    if found:
        instead = "saved_model" if model.positions == "rotary" else "ctranslate2"
        raise InputError(
            f"Marian has no {' and no '.join(found)}; use --format {instead}"
        )


def write(trained, folder):
    """Writes weights, configs, tokenizers and translate.py.

    Args:
        trained: `TrainedTranslator` that `check` accepts.
        folder: an empty folder.
    """
    from safetensors.numpy import save

    weights = _weights(trained)
    contiguous = {name: np.ascontiguousarray(x) for name, x in weights.items()}
    content = save(contiguous, metadata={"format": "pt"})
    write_whole(folder / "model.safetensors", content)
    write_json(folder / "config.json", _config(trained))
    length = trained.model.max_length
    write_json(folder / "generation_config.json", {**_ids(), "max_length": length})
    _write_tokenizer(trained.source, folder, length)
    if not _is_joint(trained):
        _write_tokenizer(trained.target, folder / TARGET, length)
    write_settings(trained, folder)
    write_script(folder, SCRIPT)


def _is_joint(trained):
    """Whether both sides have the same tokenizer and vocabulary."""
    return trained.source.get_config() == trained.target.get_config()


def _ids():
    return {
        "pad_token_id": PAD,
        "bos_token_id": SOS,
        "eos_token_id": EOS,
        "decoder_start_token_id": SOS,
        "forced_eos_token_id": None,
    }


def _config(trained):
    model = trained.model
    block, shared = model.decoder_blocks[0], model.tied == "all"
    source, target = (piece_ids(side) for side in (trained.source, trained.target))
    return {
        "architectures": ["MarianMTModel"],
        "model_type": "marian",
        "vocab_size": len(source),
        "decoder_vocab_size": len(target),
        "max_position_embeddings": model.max_length,
        "d_model": block.model_dim,
        "encoder_layers": len(model.encoder_blocks),
        "decoder_layers": len(model.decoder_blocks),
        "encoder_attention_heads": block.num_heads,
        "decoder_attention_heads": block.num_heads,
        "encoder_ffn_dim": block.intermediate_dim,
        "decoder_ffn_dim": block.intermediate_dim,
        "activation_function": "relu",
        "dropout": block.dropout_rate,
        "scale_embedding": model.target_embedding.tokens.scale != 1.0,
        "share_encoder_decoder_embeddings": shared,
        "tie_word_embeddings": model.tied != "none",
        "is_encoder_decoder": True,
        "use_cache": True,
        "dtype": "float32",
        **_ids(),
    }


def _write_tokenizer(processor, folder, length):
    text = fast_tokenizer(processor).to_str(pretty=True)
    write_whole(folder / "tokenizer.json", text)
    names = {"unk_token": UNK, "pad_token": PAD, "bos_token": SOS, "eos_token": EOS}
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": length,
        "clean_up_tokenization_spaces": False,
        **{name: SPECIALS[i] for name, i in names.items()},
    }
    write_json(folder / "tokenizer_config.json", config)


def _weights(trained):
    """`{name: array}` as `MarianMTModel` names them."""
    model, arrays = trained.model, transformer_arrays(trained.model)
    columns = np.arange(arrays.decoder.embedding.tokens.shape[1])
    order = np.concatenate([columns[0::2], columns[1::2]])
    source, target = (len(piece_ids(x)) for x in (trained.source, trained.target))
    # One setting scales both embeddings, so the source's scale goes into its weights.
    scale = arrays.encoder.embedding.scale / arrays.decoder.embedding.scale
    encoder = _extended(arrays.encoder.embedding.tokens[:, order] * scale, source)
    decoder = _extended(arrays.decoder.embedding.tokens[:, order], target)
    bias = np.full((1, target), NEVER, "float32")
    bias[0, : len(arrays.projection.bias)] = arrays.projection.bias
    weights = {"final_logits_bias": bias}
    if model.tied == "all":
        weights["model.shared.weight"] = decoder
    else:
        weights["model.encoder.embed_tokens.weight"] = encoder.astype("float32")
        weights["model.decoder.embed_tokens.weight"] = decoder
    if model.tied == "none":
        kernel = arrays.projection.kernel[order].T
        weights["lm_head.weight"] = _extended(kernel, target)
    for name, side in (("encoder", arrays.encoder), ("decoder", arrays.decoder)):
        for depth, block in enumerate(side.blocks):
            for path, array in _block(block, order).items():
                weights[f"model.{name}.layers.{depth}.{path}"] = array
    return weights


def _extended(rows, size):
    """Rows of an embedding, with copies of that of `UNK` up to a number of rows."""
    return np.concatenate([rows, np.repeat(rows[UNK : UNK + 1], size - len(rows), 0)])


def _block(block, order):
    weights = {
        **_attention("self_attn", block.self_attention, order),
        **_linear("fc1", block.expand, read=order),
        **_linear("fc2", block.contract, write=order),
        **_norm("final_layer_norm", block.norm, order),
    }
    if block.cross_attention is not None:
        weights |= _attention("encoder_attn", block.cross_attention, order)
    return weights


def _attention(name, attention, order):
    return {
        **_linear(f"{name}.q_proj", attention.query, read=order),
        **_linear(f"{name}.k_proj", attention.key, read=order),
        **_linear(f"{name}.v_proj", attention.value, read=order),
        **_linear(f"{name}.out_proj", attention.output, write=order),
        **_norm(f"{name}_layer_norm", attention.norm, order),
    }


def _linear(name, linear, read=slice(None), write=slice(None)):
    """A linear map that reads or writes vectors with reordered columns."""
    weight = linear.kernel[read][:, write].T
    return {f"{name}.weight": weight, f"{name}.bias": linear.bias[write]}


def _norm(name, norm, order):
    return {f"{name}.weight": norm.gamma[order], f"{name}.bias": norm.beta[order]}
