"""Neural machine translation on Keras 3, on TensorFlow, JAX or torch.

All translation systems, recurrent and transformer, fulfil one contract
(`models/translator.py`). Training, search and scoring use that contract and no system
by name. So each file shows one idea, and systems compare under equal conditions. Public
names are loaded when they are first used: importing the package or its text modules
imports neither Keras nor a backend.

Shapes in docstrings (`memory: float (B, S, D)`):

    B  sentences of a batch             H  heads
    S  source positions                 K  size of a head
    T  target positions                 V  tokens of a vocabulary
    E  size of a token's embedding      W  hypotheses a sentence (beam)
    D  size of a hidden vector          R  rows of a decoding step, B * W
    N  scored target positions of a batch, then filling

Words:

    source, target          the sentence to translate; its translation
    target_in, target_out   the tokens that the decoder reads; those to predict
    source_mask             bool, True at a real token and False at padding
    memory                  the encoder's outputs, one vector a source position
    attention_scores        how well query and memory match, before the softmax
    attention_weights       attention_scores after the softmax: they sum to 1
    context                 the average of memory, weighted by attention_weights
    state                   what one decoding step passes to the next
    logits, log_probs       scores of all tokens; the logarithm of their softmax
    hypothesis, reference   a system's translation; a person's translation
    score                   of a hypothesis: the number by which a search ranks it
    finished, complete      a hypothesis that ended with `EOS`; a run with all results
    candidate               a hypothesis as text, with its score
    alignment               a hypothesis with the attention_weights of each token
    beam_size               hypotheses kept for each sentence, W
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
    "InputFeedingTranslator": "keras_nmt.models.input_feeding",
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
    "load_ensemble": "keras_nmt.run.ensemble",
    "prepare": "keras_nmt.preparation.in_memory",
    "read_corpus": "keras_nmt.corpora.corpus",
}
"""The module of each public name; see PEP 562."""

__all__ = [*_HOMES, "__version__"]


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with without_tensorflow_log():
        home = importlib.import_module(_HOMES[name])
    return getattr(home, name)


def __dir__():
    return sorted({*globals(), *__all__})
