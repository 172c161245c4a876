"""The alignments that attention is compared with: IBM model 1 of train pairs."""

import numpy as np

from experiments.explanations.ibm_model1 import Model1, sure_alignments
from keras_nmt.recipes.from_text import recorded
from keras_nmt.specials import SPECIALS
from keras_nmt.text.processing import encode_pairs, tokenize_pairs


class References:
    """Alignments of sentence pairs by models that are trained once for each text.

    Runs share them if they have one corpus and the same options of text, as those of
    the writeup's systems do.
    """

    def __init__(self):
        self._models = {}

    def models(self, run, translator, corpus):
        """`Model1` of both directions, of the train pairs that the run kept.

        Args:
            run, translator: a `Run` and its `TrainedTranslator`.
            corpus: the `Corpus` that it was trained on.
        """
        recipe = recorded(run.config)
        key = corpus.name, *sorted(map(str, recipe.text_options().items()))
        if key not in self._models:
            sides = translator.source, translator.target
            tokens = tokenize_pairs(corpus.train, *(side.tokenizer for side in sides))
            pairs = []
            for pair in encode_pairs(tokens, *sides, recipe.max_length):
                chosen = [
                    [int(ids[n]) for n in word_places(side, ids)]
                    for side, ids in zip(sides, pair, strict=True)
                ]
                if all(chosen):
                    pairs.append(chosen)
            backward = [pair[::-1] for pair in pairs]
            self._models[key] = Model1(pairs), Model1(backward)
        return self._models[key]


def word_places(side, ids):
    """The places of words among ids: no special tokens, unknown words or line ends.

    Args:
        side: `TextProcessor`.
        ids: a list of int.
    """
    tokens = side.vocabulary.tokens
    return [
        place
        for place, token in enumerate(ids)
        if token >= len(SPECIALS) and tokens[token].strip()
    ]


def sentence_counts(models, source, target, weights):
    """How many aligned words a sentence has, and how many are found.

    Args:
        models: `Model1` of both directions.
        source, target: words, lists of int.
        weights: float (T, S), the attention of each target word to each source word.

    Returns:
        float (4,): aligned words, those whose most attended word is the aligned one,
        those that the diagonal finds, those that chance is expected to find.
    """
    if not source or not target:
        return np.zeros(4)
    sure = sure_alignments(*models, source, target)
    hits = sum(int(weights[t].argmax()) == s for t, s in sure)
    diagonal = sum(diagonal_place(t, len(target), len(source)) == s for t, s in sure)
    return np.array([len(sure), hits, diagonal, len(sure) / len(source)])


def diagonal_place(t, words, source_words):
    """The place in the source of word t, if the sentence were stretched to it."""
    return int((t + 0.5) / words * source_words)
