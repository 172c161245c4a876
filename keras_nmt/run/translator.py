"""A trained model with its text processors, which translates lines of text."""

import collections
import functools
import itertools
import threading
from typing import NamedTuple

from keras_nmt import kernels
from keras_nmt.run.aligning import align, join_alignments
from keras_nmt.run.given_lines import check_search, given_lines, whole_number
from keras_nmt.run.long_lines import LONGEST_SENTENCE, in_pieces, warn_of_cut
from keras_nmt.run.model_folder import files_to_load
from keras_nmt.run.respelled_lines import respelled
from keras_nmt.run.respelling import Respeller
from keras_nmt.run.sentences import join_sentences
from keras_nmt.run.systems import make
from keras_nmt.run.translator_file import (
    GREEDY,
    read_description,
    read_respelling,
    read_search,
    read_side,
)
from keras_nmt.search.corpus_decoder import CorpusDecoder, cut
from keras_nmt.text.processing import TextProcessor
from keras_nmt.training.weights import check_weights, load_checked

SEARCHES_KEPT = 8
"""Pairs of a search and a batch size that a translator keeps compiled."""

PIECE = 1 << 40
"""Sentence k of line n, both from 0, has the number n + k * PIECE in sampling."""


class Candidate(NamedTuple):
    """A translated line, and its score, if the search scores."""

    text: str
    score: float | None


class TrainedTranslator:
    """Translates raw lines with a trained model.

        >>> run = keras_nmt.load("results/runs/multi30k/full_transformer/jax-seed0")
        >>> run.translate(["Zwei Hunde spielen im Schnee."])
        ['Two dogs are playing in the snow.']

    Lines come in any iterable of strings: a list, a generator, an open text file, a
    pandas Series. A line that is too long for the model is translated sentence by
    sentence; a sentence that is too long is cut, with a warning.

    Several threads may use one translator; their calls run one after the other. It can
    be pickled and copied, without its optimizer. A process that was forked from one
    with a translator cannot use any translator.

    Args:
        model: a `Translator`.
        source, target: the `TextProcessor` of each side.
        search: the one that is used where a call names none.
        respelling: whether lines in capitals, or with ae for ä, are read in the
            spelling that the subwords know, with a warning; see `Respeller`.

    Raises:
        InputError: in a process that was forked from one that held a model.
    """

    decoder_class = CorpusDecoder

    def __init__(self, model, source, target, search=GREEDY, respelling=False):
        kernels.hold_model()
        self.model = model
        self.source = source
        self.target = target
        self.search = search
        self.respell = Respeller(source.tokenizer) if respelling else None
        self._decoders = collections.OrderedDict()
        self._one_at_a_time = threading.Lock()

    def translate(self, lines, search=None, *, batch_size=128, progress=False):
        """The best translation of each line, in their order; "" for a blank line."""
        found = self.candidates(lines, search, batch_size=batch_size, progress=progress)
        return [best.text for best, *_ in found]

    def candidates(
        self, lines, search=None, *, batch_size=128, progress=False, first=0
    ):
        """The `search.n_best` best translations of each line, best first.

        A system that predicts all positions in one pass gives one translation, whatever
        the search. If a line is translated sentence by sentence, its k-th candidate
        joins the k-th candidates of the sentences and its score is the sum of theirs.

        Args:
            lines: an iterable of lines of the source language, of any length.
            search: `Greedy()`, `BeamSearch(...)` or `Sampling(...)`. Each object is
                compiled once, so use the same one for many calls. None is what the
                translator prefers: greedy search for a run, mostly beam for a model.
            batch_size: most sentences of a batch; fewer if they are long.
            progress: whether to show a bar on stderr; None shows it at a terminal.
            first: number of lines before these, for a text that is passed in parts.
                Samples and messages depend on a line's number.

        Returns:
            a list of lists of `Candidate`.

        Raises:
            InputError: a line is not a string, or an argument is wrong.
        """
        _, found = self._translated(lines, search, batch_size, progress, first)
        n_best = 1 if self.model.one_pass else (search or self.search).n_best
        return [
            [self._joined(kth) for kth in zip(*sentences, strict=True)]
            or [Candidate("", None)] * n_best
            for sentences in found
        ]

    @functools.cached_property
    def _attention(self):
        return kernels.compiled_by_size(self.model.attention, self.model)

    def alignments(self, lines, search=None):
        """The hypothesis and attention weights of each line that is not blank.

        Returns:
            a list of `Alignment`.
        """
        pieces, found = self._translated(lines, search, 128, False, 0)
        with self._one_at_a_time:
            return [
                join_alignments(
                    [
                        align(
                            *(self.model, self._attention, self.source, self.target),
                            *(ids, best.token_ids),
                        )
                        for ids, (best, *_) in zip(line, sentences, strict=True)
                    ]
                )
                for line, sentences in zip(pieces, found, strict=True)
                if sentences
            ]

    def _translated(self, lines, search, batch_size, progress, first):
        """The sentences of each line as ids, and the hypotheses of each sentence.

        A blank line has none.
        """
        kernels.hold_model()
        first = whole_number("first", first, 0)
        batch_size = whole_number("batch_size", batch_size, 1)
        search = self.search if search is None else search
        check_search(search)
        pieces = self._pieces(given_lines(lines, first), first)
        numbers = [
            number + place * PIECE
            for number, line in enumerate(pieces, first)
            for place in range(len(line))
        ]
        sentences = [ids for line in pieces for ids in line]
        with self._one_at_a_time:
            decoder = self._decoder(search, batch_size)
            found = iter(decoder(sentences, progress, numbers))
        return pieces, [list(itertools.islice(found, len(line))) for line in pieces]

    def _pieces(self, lines, first):
        """For each line its sentences, lists of ids; none for a blank line."""
        if self.respell:
            lines = respelled(lines, self.respell, first)
        pieces = [in_pieces(line, self.source, self.model.max_length) for line in lines]
        return self.without_excess(pieces, first)

    def without_excess(self, pieces, first):
        """Cuts sentences that are too long for the model, and warns of them.

        Args:
            pieces: for each line its sentences, lists of ids.
            first: number of lines before these.
        """
        longest = self.model.max_length or LONGEST_SENTENCE
        warn_of_cut(pieces, first, self.source.vocabulary, longest)
        return [[cut(ids, longest) for ids in line] for line in pieces]

    def _decoder(self, search, batch_size):
        """The decoder for a search; the last `SEARCHES_KEPT` are kept."""
        key = search, batch_size
        if key not in self._decoders:
            self._decoders[key] = self.decoder_class(self.model, search, batch_size)
        self._decoders.move_to_end(key)
        if len(self._decoders) > SEARCHES_KEPT:
            self._decoders.popitem(last=False)
        return self._decoders[key]

    def _joined(self, hypotheses):
        """The `Candidate` of a line, from a hypothesis for each sentence."""
        text = join_sentences(self.target.decode(h.token_ids) for h in hypotheses)
        scores = [h.score for h in hypotheses]
        return Candidate(text, None if None in scores else sum(scores))

    def __getstate__(self):
        """The translator without its optimizer and compiled searches."""
        return {
            "model": (type(self.model), self.model.get_config()),
            "weights": self.model.get_weights(),
            "source": self.source.get_config(),
            "target": self.target.get_config(),
            "search": self.search,
            "respelling": self.respell is not None,
        }

    def __setstate__(self, state):
        kernels.hold_model()
        system, config = state["model"]
        model = system.from_config(config)
        kernels.build_to_load(model)
        model.set_weights(state["weights"])
        sides = [TextProcessor.from_config(state[x]) for x in ("source", "target")]
        self.__init__(model, *sides, state["search"], state["respelling"])


def load(folder):
    """Loads the model of a run, which any backend may have trained.

    Its weights are those of the best epoch, or the average that the run ended with.

    Args:
        folder: a run folder with its `checkpoints`, or a model folder.

    Returns:
        `TrainedTranslator`.

    Raises:
        InputError: a file is missing, damaged or of another run; the message names it.
    """
    kernels.hold_model()
    path, weights = files_to_load(folder)
    content = read_description(path)
    owner = content.get("sha256", "")
    size = check_weights(weights, owner)
    source, target = (read_side(content, side, path) for side in ("source", "target"))
    model = make(content, path, size)
    load_checked(model, weights, size)
    search, respelling = read_search(content, path), read_respelling(content, path)
    return TrainedTranslator(model, source, target, search, respelling)
