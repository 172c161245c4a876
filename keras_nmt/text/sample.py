"""A sample of train, from which tokenizers are learned where there is more text."""

from typing import NamedTuple

import numpy as np

from keras_nmt.text.lines import normalize
from keras_nmt.text.spaces import learn_spaces

SAMPLE = 100_000
"""Most pairs of train from which tokenizers are learned; of a smaller corpus all."""

SEED = 0
"""Of the sample; fixed, so that the same text gives the same vocabulary."""

SPACES_SAMPLE = 50_000
"""Most lines from which is learned where spaces stand."""


class Lines(NamedTuple):
    """The two sides of a sample; `target[n]` translates `source[n]`."""

    source: tuple[str, ...]
    target: tuple[str, ...]


class Sample:
    """Pairs drawn evenly from all that are added (Vitter 1985, algorithm R).

    The same pairs give the same sample on every machine: NumPy keeps what `RandomState`
    draws, and with this seed it draws what Python's `random.Random(SEED).random` does.
    """

    def __init__(self, size):
        self._size, self._seen, self._held = size, 0, []
        self._random = np.random.RandomState([SEED])

    def add(self, pairs):
        """Adds a sequence of pairs."""
        room = min(self._size - len(self._held), len(pairs))
        self._held += ((self._seen + k, pairs[k]) for k in range(room))
        counts = np.arange(self._seen + room, self._seen + len(pairs)) + 1
        drawn = (self._random.random_sample(len(counts)) * counts).astype("int64")
        chosen = np.flatnonzero(drawn < self._size)
        both = zip(drawn[chosen].tolist(), (room + chosen).tolist(), strict=True)
        for held, place in both:
            self._held[held] = self._seen + place, pairs[place]
        self._seen += len(pairs)

    def sides(self):
        """The two sides of the sample, in the order of the text."""
        drawn = sorted(self._held, key=lambda held: held[0])
        return Lines(*(tuple(pair[side] for _, pair in drawn) for side in (0, 1)))


def sample_of(text):
    """The `Lines` of the sample of a text with `source` and `target`."""
    sample = Sample(SAMPLE)
    sample.add([*zip(text.source, text.target, strict=True)])
    return sample.sides()


def with_spaces(tokenizer, lines):
    """The `WordTokenizer` that has learned from lines where spaces stand."""
    some = lines[:: len(lines) // SPACES_SAMPLE + 1]
    tokens = [tokenizer.tokenize(normalize(line)) for line in some]
    return learn_spaces(tokenizer, some, tokens)
