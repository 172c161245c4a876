"""Many sentences: sorted by length, translated in batches, put back into order."""

from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from keras_nmt import kernels
from keras_nmt.search.loop import Decoder
from keras_nmt.specials import EOS, PAD

SHAPE_STEP = 8
"""Sources are padded to multiples of it: few shapes, each compiled once. Above
`ORDINARY` positions, to one of four lengths an octave."""

ORDINARY = 64
"""Positions a sentence for which a batch has room. A batch of longer ones has fewer."""


class Hypothesis(NamedTuple):
    """A translation: its ids up to `EOS`, and what it was ranked by, if it was."""

    token_ids: list[int]
    score: float | None


class CorpusDecoder:
    """Translates any number of sentences; compiled once, used for all of them.

    Args:
        translator: a `Translator`.
        search: a `Search`.
        batch_size: most sentences at once. They take at most `batch_size * ORDINARY`
            positions, padding counted, unless one sentence alone takes more: one
            document in a line does not make all beside it as long.
    """

    def __init__(self, translator, search, batch_size=128):
        self.translator = translator
        self.batch_size = batch_size
        self._decoder = Decoder(translator, search)

    def __call__(self, sentences, progress=None, numbers=None):
        """Translates sentences of any length.

        Padding beyond what a system sees is hidden from it, so that a translation
        does not depend on the sentences beside it. A sentence beyond the positions
        that a system knows is cut.

        Args:
            sentences: lists of ids with `SOS` and `EOS`.
            progress: whether to show a bar on stderr; if None, at a terminal.
            numbers: of the sentences, where the search depends on chance; their
                places if None.

        Returns:
            for each sentence, in their order, a list of `Hypothesis`, best first.
        """
        sentences = [cut(ids, self.translator.max_length) for ids in sentences]
        numbers = range(len(sentences)) if numbers is None else numbers
        order = sorted(range(len(sentences)), key=lambda index: len(sentences[index]))
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
        """The indices of `order`, by increasing length, cut where a batch is full."""
        room, batches = self.batch_size * ORDINARY, []
        for index in order:
            padded = self._padded_length(len(sentences[index]))
            full = not batches or len(batches[-1]) == self.batch_size
            if full or (len(batches[-1]) + 1) * padded > room:
                batches.append([])
            batches[-1].append(index)
        return batches

    def _batch(self, sentences, numbers, members):
        chosen = [sentences[index] for index in members]
        source = _padded(chosen, self._padded_length(max(map(len, chosen))))
        token_ids, scores = self.translator.translate(
            source, self._decoder, [numbers[index] for index in members]
        )
        return [
            [
                Hypothesis(_said(row), None if scores is None else float(scores[b, k]))
                for k, row in enumerate(rows)
            ]
            for b, rows in enumerate(token_ids)
        ]

    def _padded_length(self, longest):
        visible = self.translator.visible_padding
        if longest <= visible:
            return visible
        octave = 1 << (longest - 1).bit_length()
        step = octave // 8 if longest > ORDINARY else SHAPE_STEP
        rounded = -(-longest // step) * step
        return min(rounded, self.translator.max_length or rounded)


def translate_ids(translator, sentences, search, *, batch_size=128):
    """`CorpusDecoder` for a single call."""
    return CorpusDecoder(translator, search, batch_size)(sentences)


def _padded(sentences, length):
    source = np.full((len(sentences), length), PAD, "int32")
    for row, ids in zip(source, sentences, strict=True):
        row[: len(ids)] = ids
    return source


def _said(row):
    """The ids of a row up to its `EOS`, or up to where it was cut off."""
    ids = row.tolist()
    if EOS in ids:
        return ids[: ids.index(EOS) + 1]
    while ids and ids[-1] == PAD:
        ids.pop()
    return ids


def cut(ids, max_length):
    """A sentence of at most `max_length` ids that still ends; None for no limit."""
    if max_length is None or len(ids) <= max_length:
        return ids
    return [*ids[: max_length - 1], EOS]
