"""Translates many sentences: sorts them by length, batches them, restores the order."""

from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from keras_nmt import kernels
from keras_nmt.search.loop import Decoder
from keras_nmt.specials import EOS, PAD

SHAPE_STEP = 8
"""Sources are padded to multiples of it, so that few shapes are compiled. Above
`ORDINARY` positions they are padded to one of four lengths between powers of two."""

ORDINARY = 64
"""A batch has room for `batch_size` sentences of this length, or fewer longer ones."""


class Hypothesis(NamedTuple):
    """A translation: its ids up to `EOS`, and its score, if the search scores."""

    token_ids: list[int]
    score: float | None


class CorpusDecoder:
    """Translates any number of sentences with a search that is compiled once.

    Args:
        translator: a `Translator`.
        search: a `Search`.
        batch_size: most sentences of a batch. A batch also has at most
            `batch_size * ORDINARY` positions, padding included, unless a single
            sentence has more: a very long line then gets a small batch.
    """

    def __init__(self, translator, search, batch_size=128):
        self.translator = translator
        self.batch_size = batch_size
        self._decoder = Decoder(translator, search)

    def __call__(self, sentences, progress=None, numbers=None):
        """Translates sentences of any length.

        Padding beyond `translator.visible_padding` is masked, so a translation does not
        depend on the other sentences of its batch. A sentence longer than
        `translator.max_length` is cut.

        Args:
            sentences: lists of ids with `SOS` and `EOS`.
            progress: whether to show a bar on stderr; None shows it at a terminal.
            numbers: of the sentences, to seed the random numbers of a search; their
                places if None.

        Returns:
            for each sentence, in their order, a list of `Hypothesis`, best first.
        """
        sentences = [self._cut(sentence) for sentence in sentences]
        numbers = range(len(sentences)) if numbers is None else numbers
        order = sorted(
            range(len(sentences)), key=lambda index: self._length(sentences[index])
        )
        batches = self._batches(order, sentences)
        found = [None] * len(sentences)
        hidden = None if progress is None else not progress
        with tqdm(total=len(order), desc="translating", disable=hidden) as bar:
            translated = kernels.mapped(
                lambda members: self._batch(sentences, numbers, members), batches
            )
            for members, hypotheses in zip(batches, translated, strict=True):
                for index, best_first in zip(members, hypotheses, strict=True):
                    found[index] = best_first
                bar.update(len(members))
        return found

    def _batches(self, order, sentences):
        """Splits `order`, indices by increasing length, into batches."""
        room, batches = self.batch_size * ORDINARY, []
        for index in order:
            positions = self._positions(sentences[index])
            full = not batches or len(batches[-1]) == self.batch_size
            if full or (len(batches[-1]) + 1) * positions > room:
                batches.append([])
            batches[-1].append(index)
        if len(batches) == 1 and kernels.pays_in_two(len(order)):
            half = len(order) // 2
            batches = [order[:half], order[half:]]
        return batches

    def _batch(self, sentences, numbers, members):
        source = self._source([sentences[index] for index in members])
        token_ids, scores = self.translator.translate(
            source, self._decoder, [numbers[index] for index in members]
        )
        return [
            [
                Hypothesis(_ended(row), None if scores is None else float(scores[b, k]))
                for k, row in enumerate(rows)
            ]
            for b, rows in enumerate(token_ids)
        ]

    def _cut(self, sentence):
        return cut(sentence, self.translator.max_length)

    def _length(self, sentence):
        return len(sentence)

    def _positions(self, sentence):
        """The source positions of a sentence in a batch of its like."""
        return padded_length(len(sentence), self.translator)

    def _source(self, sentences):
        """What the translator reads: the ids of a batch, padded."""
        longest = max(map(len, sentences))
        return padded(sentences, padded_length(longest, self.translator))


def padded_length(longest, translator):
    """The source positions of a batch, from the length of its longest sentence."""
    visible = translator.visible_padding
    if translator.max_length:
        visible = min(visible, translator.max_length)
    if longest <= visible:
        return visible
    octave = 1 << (longest - 1).bit_length()
    step = octave // 8 if longest > ORDINARY else SHAPE_STEP
    rounded = -(-longest // step) * step
    return min(rounded, translator.max_length or rounded)


def padded(sentences, length):
    """Sentences, lists of ids, as an array int (B, `length`)."""
    source = np.full((len(sentences), length), PAD, "int32")
    for row, ids in zip(source, sentences, strict=True):
        row[: len(ids)] = ids
    return source


def _ended(row):
    """The ids of a row up to its `EOS`, or without trailing padding if it has none."""
    ids = row.tolist()
    if EOS in ids:
        return ids[: ids.index(EOS) + 1]
    while ids and ids[-1] == PAD:
        ids.pop()
    return ids


def cut(ids, max_length):
    """Cuts a sentence to `max_length` ids, the last being `EOS`; None does not cut."""
    if max_length is None or len(ids) <= max_length:
        return ids
    return [*ids[: max_length - 1], EOS]
