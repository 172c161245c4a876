"""Neural machine translation on Keras 3, on TensorFlow, JAX or torch.

Eight translation systems, recurrent and transformer, fulfil one contract
(`models/translator.py`). Whatever trains, searches or scores knows that contract
and no system by name, so a reader can study one idea a file and compare systems
under equal conditions. Public names load when they are first used: importing the
package, its text side or its reports brings in neither Keras nor a backend.

Shapes, as docstrings write them (`memory: float (B, S, D)`):

    B  sentences of a batch             H  heads
    S  source positions                 K  size of a head
    T  target positions                 V  tokens of a vocabulary
    E  size of a token's embedding      W  hypotheses a sentence (beam)
    D  size of a hidden vector          R  rows of a decoding step, B * W
    N  scored target positions of a batch, then filling

Words:

    source, target          the sentence given; the sentence wanted
    target_in, target_out   what the decoder reads; what it should say there
    source_mask             bool, True at a real token and False at padding
    memory                  the encoder's outputs, one vector a source position
    attention_scores        how well query and memory fit, before the softmax
    attention_weights       the same after the softmax: they sum to 1
    context                 the memory averaged by attention_weights
    state                   what a decoding step hands to the next one
    logits, log_probs       scores of all tokens; their logarithm of softmax
    hypothesis, reference   what a system says; what a person said
    score                   of a hypothesis: what a search ranks it by
    alignment               a hypothesis with its attention_weights, token by token
    beam_size               hypotheses kept a sentence, W
    length_penalty          how much a search favours long hypotheses
    teacher forcing         the decoder reads the reference's previous token
    free running            the decoder reads its own previous token
    token, token_id         a word or piece of one; its number
    tokenizer               cuts a line into tokens and joins them again
    vocabulary              the tokens that are known, and their ids
    train, validation, test the parts of a corpus; never "dev"
    recipe                  a named configuration: system, sizes, training
    run                     a recipe on one corpus, with one backend and one seed

Sizes: `vocabulary_size`, `embedding_dim` (E), `hidden_dim` and `model_dim` (D),
`intermediate_dim`, `num_heads` (H), `key_dim` (K), `num_layers`, `dropout`.
"""

import importlib

from keras_nmt.stderr_lines import without_tensorflow_log

__version__ = "0.1.0"

_HOMES = {
    "BeamSearch": "keras_nmt.search.beam",
    "EncoderOnlyTranslator": "keras_nmt.models.encoder_only",
    "Greedy": "keras_nmt.search.greedy",
    "RecurrentTranslator": "keras_nmt.models.recurrent",
    "Sampling": "keras_nmt.search.sampling",
    "SubwordTokenizer": "keras_nmt.text.tokenizer",
    "TextProcessor": "keras_nmt.text.processing",
    "TrainedTranslator": "keras_nmt.run.translator",
    "TransformerTranslator": "keras_nmt.models.transformer",
    "TranslationBatches": "keras_nmt.text.batching",
    "Translator": "keras_nmt.models.translator",
    "Vocabulary": "keras_nmt.text.vocabulary",
    "WordTokenizer": "keras_nmt.text.tokenizer",
    "load": "keras_nmt.run.translator",
}
"""Where each public name lives; see PEP 562."""

__all__ = [*_HOMES, "__version__"]


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with without_tensorflow_log():
        home = importlib.import_module(_HOMES[name])
    return getattr(home, name)


def __dir__():
    return sorted({*globals(), *__all__})
