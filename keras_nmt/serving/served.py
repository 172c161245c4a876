"""One system as the server holds it: its languages, its searches, its score."""

import functools

import numpy as np

from keras_nmt.errors import InputError
from keras_nmt.run.language_pairs import pair_of, usual
from keras_nmt.run.long_lines import LONGEST_SENTENCE
from keras_nmt.run.model_folder import is_model
from keras_nmt.run.respelled_lines import without_warnings
from keras_nmt.run.runs import Run
from keras_nmt.run.translator import load
from keras_nmt.run.translator_file import GREEDY
from keras_nmt.search.beam import BeamSearch
from keras_nmt.specials import SPECIALS

WARM_UP = "."
"""Is translated before the first request, so that it need not wait for compiling."""


class Served:
    """A translator with all that the server says of it.

    Sentences are translated without the warnings that quote them: they are clients'.

    Args:
        name: of the run or the model, for the page.
        pair: codes of the source and the target language.
        translator: `TrainedTranslator`.
        search: for translations.
        every: search that returns all hypotheses, for alternatives.
        score: `{"measure": ..., "score": ...}` of its test set, or None.
        batch_size: most sentences of a batch.
    """

    def __init__(self, name, pair, translator, search, every, score, batch_size):
        self.name = name
        self.source, self.target = pair
        self.translator = translator
        self.score = score
        self._searches = {False: search, True: every}
        self._batch_size = batch_size

    @property
    def longest(self):
        """Most ids of a sentence that is translated whole."""
        return self.translator.model.max_length or LONGEST_SENTENCE

    def length(self, sentence):
        """The ids of a sentence."""
        return len(self.translator.source.encode(sentence))

    def candidates(self, sentences, alternatives=False):
        """For each sentence, a list of `Candidate`, best first.

        Args:
            sentences: list of str.
            alternatives: whether all hypotheses are wanted, not only the best.
        """
        with without_warnings():
            return self.translator.candidates(
                sentences, self._searches[alternatives], batch_size=self._batch_size
            )

    def attention(self, sentences):
        """Where the system looked for each word of its translation.

        Returns:
            for each sentence a dict: `source` and `target`, lists of tokens, and
            `weights`, for each target token those of the source tokens, the mean over
            heads and layers.
        """
        with without_warnings():
            found = self.translator.alignments(sentences, self._searches[True])
        return [_shown(alignment) for alignment in found]

    @functools.cached_property
    def has_attention(self):
        """Whether the system has attention to show. The first call translates."""
        (found,) = self.translator.alignments([WARM_UP]) or [None]
        return bool(found and found.weights)

    def warm_up(self):
        """Compiles the searches, so that the first requests are answered quickly."""
        self.candidates([WARM_UP])
        self.candidates([WARM_UP], alternatives=True)
        return self.has_attention

    def about(self):
        """What the page shows of the system, as JSON."""
        return {
            "name": self.name,
            "source": self.source,
            "target": self.target,
            "system": type(self.translator.model).__name__,
            "parameters": self.translator.model.count_params(),
            "attention": self.has_attention,
            "score": self.score,
        }


def load_served(folder, pair, beam, batch_size):
    """Loads a run or a model folder to serve it.

    Args:
        folder: its path.
        pair: codes of its languages, in any usual form; None reads them from the
            folder.
        beam: function that gives the arguments of `BeamSearch`, of those that the
            translator prefers.
        batch_size: most sentences of a batch.

    Raises:
        InputError: it cannot be loaded, or its languages are unknown.
    """
    if folder.is_file():
        raise InputError(f"{folder}: is a file; give the folder of a run or a model")
    translator = load(folder)
    arguments = beam(translator.search.get_config())
    search = every = BeamSearch(**arguments, n_best=arguments["beam_size"])
    if every.width == 1:
        search = GREEDY
    elif not translator.model.one_pass:
        search = BeamSearch(**arguments)
    return Served(
        folder.resolve().name if is_model(folder) else Run(folder).name,
        tuple(map(usual, pair or pair_of(folder, translator))),
        translator,
        search,
        every,
        _score(folder),
        batch_size,
    )


def _score(folder):
    """BLEU of the test set, where the folder holds it."""
    found = Run(folder).scores.get("test")
    try:
        bleu = found["all"]["cased"]["bleu"]
        return {"measure": "BLEU", "score": bleu["score"], "by": bleu["signature"]}
    except (KeyError, TypeError):
        return None


def _shown(alignment):
    """An `Alignment` without specials, its weights a mean of all heads."""
    rows = _words(alignment.target_tokens)
    columns = _words(alignment.source_tokens)
    heads = np.concatenate([x.astype(float) for x in alignment.weights.values()])
    mean = np.round(heads.mean(axis=0)[np.ix_(rows, columns)], 4)
    return {
        "source": [alignment.source_tokens[i] for i in columns],
        "target": [alignment.target_tokens[i] for i in rows],
        "weights": mean.tolist(),
    }


def _words(tokens):
    hidden = {*SPECIALS[1:], "↵"}  # an unknown word is shown
    return [i for i, token in enumerate(tokens) if token not in hidden]
