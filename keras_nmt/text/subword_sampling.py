"""Train pairs whose words are split into other subwords in every epoch."""

import collections.abc
import logging

import numpy as np

from keras_nmt.specials import UNK
from keras_nmt.text.lines import normalize

SEEDS = 2**32 - 1
"""Number of seeds of SentencePiece, which takes the last 32-bit number for none."""

_LOG = logging.getLogger("keras_nmt")


class SampledPairs(collections.abc.Sequence):
    """Pairs of ids with subwords that are drawn anew for every epoch.

    A model that sees the same words in other pieces learns what the pieces have in
    common (`SubwordTokenizer.sample` names the papers). The pieces of an epoch follow
    from `(seed, epoch)`, so that an interrupted training continues with the same ones.

    As a sequence it gives the pairs as they are without sampling. A pair that becomes
    longer than `max_length` in an epoch stays as it is in that epoch.

    Args:
        plain: `EncodedPairs`, not sampled.
        text: `ParallelText` of the pairs, `text.source[n]` of pair n.
        source: `TextProcessor` of the source side, with a `SubwordTokenizer`.
        target: `TextProcessor` of the target side, likewise.
        alpha: as in `SubwordTokenizer.sample`.
        max_length: most ids on either side, `SOS` and `EOS` counted.
        seed: of the sampling.
    """

    def __init__(self, plain, text, source, target, alpha, max_length, seed):
        self._plain = plain
        self._unknown = _unknown(plain)
        self._lines = [
            [normalize(x) for x in side] for side in (text.source, text.target)
        ]
        self._processors = source, target
        self._alpha = alpha
        self._max_length = max_length
        self._seed = seed
        self._epoch = self._pairs = None

    def __len__(self):
        return len(self._plain)

    def __getitem__(self, index):
        return self._plain[index]

    def of_epoch(self, epoch):
        """The pairs of an epoch, from 0: a list of `(source_ids, target_ids)`."""
        if epoch != self._epoch:
            self._epoch, self._pairs = epoch, self._drawn(epoch)
        return self._pairs

    def _drawn(self, epoch):
        seeds = np.random.default_rng((self._seed, epoch)).integers(SEEDS, size=2)
        sides = [
            _sampled(processor, lines, self._alpha, int(seed))
            for processor, lines, seed in zip(
                self._processors, self._lines, seeds, strict=True
            )
        ]
        pairs = [
            pair if max(map(len, pair)) <= self._max_length else plain
            for pair, plain in zip(zip(*sides, strict=True), self._plain, strict=True)
        ]
        self._tell_unknown(epoch, pairs)
        return pairs

    def _tell_unknown(self, epoch, pairs):
        """Warns of pieces outside the vocabulary, apart from those without sampling."""
        drawn = _unknown(pairs)
        if drawn > self._unknown:
            _LOG.warning(
                "epoch %d: %d sampled subwords are unknown, %d without sampling; "
                "the vocabulary lacks pieces of the tokenizer",
                *(epoch + 1, drawn, self._unknown),
            )


def _sampled(processor, lines, alpha, seed):
    encode = processor.vocabulary.encode
    return [encode(x) for x in processor.tokenizer.sample(lines, alpha, seed)]


def _unknown(pairs):
    return sum(ids.count(UNK) for pair in pairs for ids in pair)
