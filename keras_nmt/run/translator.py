"""A trained model with its two text processors: text in, text out."""

import collections
import itertools
import threading
from typing import NamedTuple

from keras_nmt import kernels
from keras_nmt.errors import InputError
from keras_nmt.files import write_json
from keras_nmt.run.aligning import align, join_alignments
from keras_nmt.run.forking import hold_model
from keras_nmt.run.given_lines import given_lines, whole_number
from keras_nmt.run.long_lines import in_pieces, warn_of_cut
from keras_nmt.run.runs import Run
from keras_nmt.run.sentences import join_sentences
from keras_nmt.run.systems import make
from keras_nmt.run.translator_file import (
    describe,
    digest_of,
    read_description,
    read_side,
)
from keras_nmt.search.corpus_decoder import CorpusDecoder
from keras_nmt.search.greedy import Greedy
from keras_nmt.search.loop import Search
from keras_nmt.text.processing import TextProcessor
from keras_nmt.training.weights import check_weights, load_checked

GREEDY = Greedy()

SEARCHES_KEPT = 8
"""Pairs of a search and a batch size that a translator keeps compiled."""

PIECE = 1 << 40
"""Added to a line's number for its second sentence, and so on: samples of the sentences
of one line differ, and a line that is read whole has its own number."""


class Translation(NamedTuple):
    """A line of the target language, and what it was ranked by, if it was."""

    text: str
    score: float | None


class TrainedTranslator:
    """Translates raw lines, as it learned to.

        >>> run = keras_nmt.load("results/runs/multi30k/full_transformer/jax-seed0")
        >>> run.translate(["Zwei Hunde spielen im Schnee."])
        ['Two dogs are playing in the snow.']

    Lines come in any iterable of strings: a list, a generator, an open text file, a
    pandas Series. A line that the model cannot read whole is translated sentence by
    sentence; a sentence that it cannot read whole is cut, with a warning.

    Several threads may use one translator; their calls take turns. It can be pickled
    and copied, without what its model needs for training. A process that is forked
    from one with a translator cannot use any.

    Args:
        model: a `Translator`.
        source, target: the `TextProcessor` of each side.

    Raises:
        InputError: in a process that was forked from one that held a model.
    """

    def __init__(self, model, source, target):
        hold_model()
        self.model = model
        self.source = source
        self.target = target
        self._decoders = collections.OrderedDict()
        self._one_at_a_time = threading.Lock()

    def translate(self, lines, search=GREEDY, *, batch_size=128, progress=False):
        """The best translation of each line, in their order; "" for a blank one."""
        found = self.candidates(lines, search, batch_size=batch_size, progress=progress)
        return [best.text for best, *_ in found]

    def candidates(
        self, lines, search=GREEDY, *, batch_size=128, progress=False, first=0
    ):
        """For each line `search.n_best` translations, the best first.

        A system that says all words at once has one translation, whatever the search.
        Of a line that is translated sentence by sentence the k-th candidate joins the
        k-th of each sentence, and its score is their sum.

        Args:
            lines: an iterable of lines of the source language, in any length.
            search: `Greedy()`, `BeamSearch(...)` or `Sampling(...)`. It is compiled
                once: use the same object for many calls.
            batch_size: most sentences at once; fewer if they are long.
            progress: whether a bar is shown on stderr; None for "at a terminal".
            first: how many lines came before these: samples depend on seed and
                number, so that a text may be given piece by piece, and messages tell
                the number.

        Returns:
            a list of lists of `Translation`.

        Raises:
            InputError: naming the line that is no text, or what else is wrong.
        """
        _, found = self._translated(lines, search, batch_size, progress, first)
        n_best = 1 if self.model.one_pass else search.n_best
        return [
            [self._joined(kth) for kth in zip(*sentences, strict=True)]
            or [Translation("", None)] * n_best
            for sentences in found
        ]

    def alignments(self, lines, search=GREEDY):
        """What the system says for each line that is not blank, and where it looks.

        Returns:
            a list of `Alignment`.
        """
        pieces, found = self._translated(lines, search, 128, False, 0)
        with self._one_at_a_time:
            return [
                join_alignments(
                    [
                        align(self.model, self.source, self.target, ids, best.token_ids)
                        for ids, (best, *_) in zip(line, sentences, strict=True)
                    ]
                )
                for line, sentences in zip(pieces, found, strict=True)
                if sentences
            ]

    def _translated(self, lines, search, batch_size, progress, first):
        """For each line its sentences as ids, and the hypotheses of each sentence.

        A blank line has none. All lines come in here.
        """
        hold_model()
        first = whole_number("first", first, 0)
        batch_size = whole_number("batch_size", batch_size, 1)
        if not isinstance(search, Search):
            raise InputError(
                "search must be Greedy(), BeamSearch(...) or Sampling(...). "
                f"Received: {search!r:.40}"
            )
        source, max_length = self.source, self.model.max_length
        pieces = [
            in_pieces(line, source, max_length) if line.strip() else []
            for line in given_lines(lines, first)
        ]
        warn_of_cut(pieces, first, source.vocabulary, max_length)
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

    def _decoder(self, search, batch_size):
        """Compiled for this search; the `SEARCHES_KEPT` last used ones are kept."""
        key = search, batch_size
        if key not in self._decoders:
            self._decoders[key] = CorpusDecoder(self.model, search, batch_size)
        self._decoders.move_to_end(key)
        if len(self._decoders) > SEARCHES_KEPT:
            self._decoders.popitem(last=False)
        return self._decoders[key]

    def _joined(self, hypotheses):
        """The `Translation` of a line from a hypothesis for each of its sentences."""
        text = join_sentences(self.target.decode(h.token_ids) for h in hypotheses)
        scores = [h.score for h in hypotheses]
        return Translation(text, None if None in scores else sum(scores))

    def __getstate__(self):
        """What makes the translator again; what is compiled is not kept."""
        return {
            "model": (type(self.model), self.model.get_config()),
            "weights": self.model.get_weights(),
            "source": self.source.get_config(),
            "target": self.target.get_config(),
        }

    def __setstate__(self, state):
        hold_model()
        system, config = state["model"]
        model = system.from_config(config)
        kernels.build_to_load(model)
        model.set_weights(state["weights"])
        sides = (
            TextProcessor.from_config(state[side]) for side in ("source", "target")
        )
        self.__init__(model, *sides)


def save(folder, trained):
    """Writes all but the weights, so that `load` can make the translator again."""
    content = describe(trained)
    content["sha256"] = digest_of(content)
    write_json(Run(folder).translator_file, content)


def digest(trained):
    """The SHA-256 of all but the weights: what the weights belong to."""
    return digest_of(describe(trained))


def load(folder):
    """The best model of a run, ready to translate on whatever backend is in use.

    Args:
        folder: a run folder with its `checkpoints`.

    Raises:
        InputError: naming the file that is missing or does not fit.
    """
    hold_model()
    run = Run(folder)
    path, weights = run.translator_file, run.weights_file
    content = read_description(path)
    owner = content.get("sha256", "")
    size = check_weights(weights, owner)
    source, target = (read_side(content, side, path) for side in ("source", "target"))
    model = make(content, path, size)
    load_checked(model, weights, size)
    return TrainedTranslator(model, source, target)
